//! What tests of any crate have before them: stores of their own, ordinary rows in them, requests and events as AWS
//! hands them over, and answers. Each test adds what its function alone meets.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected fails there and then")]

mod answer;
mod event;
mod filled;
mod message;
mod raw_rows;
mod request;
mod stand_in;
mod stores;

pub use answer::{Answer, ask};
pub use domain::samples;
pub use event::scheduled;
pub use message::{batch, delivered, with_time};
pub use request::{Call, request};
pub use stand_in::{NOBODY, serve};
pub use stores::Stores;
