//! The test bed of all crates: stores with ordinary rows, requests and events as AWS sends them, and answers. Tests add
//! what only their function needs.
#![expect(clippy::unwrap_used, reason = "a test fails at the first unexpected value")]

mod answer;
mod event;
mod filled;
mod listened_ports;
mod message;
mod raw_rows;
mod request;
mod stand_in;
mod stores;

pub use answer::{Answer, ask};
pub use domain::samples;
pub use event::scheduled;
pub use listened_ports::listened_ports;
pub use message::{batch, delivered, with_time};
pub use request::{Call, request};
pub use stand_in::{UNREACHABLE, serve};
pub use stores::Stores;
