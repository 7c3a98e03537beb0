//! The one room that knows the AWS SDK.
//!
//! [`Cloud`] is the door: functions ask it for links, sets, visits, objects and queues in the words of `domain`, and
//! never see a client, a table's key or an SDK error. Locally and in tests the same code talks to embedded stores:
//! the wire protocol is the port, so there is no second adapter.

pub mod bucket;
pub mod bundles;
pub mod calls;
pub mod clock;
pub mod cloud;
pub mod entry;
pub mod environment;
pub mod error;
mod http_client;
pub mod library;
pub mod links;
mod log_lines;
pub mod mailer;
pub mod mails;
pub mod metrics;
pub mod multipart;
pub mod presign;
mod put;
pub mod queue;
pub mod random;
pub mod selections;
#[cfg(test)]
mod served;
pub mod sets;
mod signature;
pub mod standing;
mod store_address;
pub mod sweeping;
pub mod table;
pub mod tables;
pub mod telemetry;
pub mod tries;
pub mod user_pool;
pub mod users;
pub mod uses;
pub mod windows;

pub use cloud::{Cloud, Settings, SignIn};
pub use error::Error;
pub use metrics::Metric;
