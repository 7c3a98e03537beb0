//! The one room that knows the AWS SDK.
//!
//! [`Cloud`] is the door: functions ask it for links, sets, visits, objects and queues in the words of `domain`, and
//! never see a client, a table's key or an SDK error. Locally and in tests the same code talks to embedded stores:
//! the wire protocol is the port, so there is no second adapter.

pub mod clock;
pub mod cloud;
pub mod error;
pub mod mailer;
pub mod objects;
pub mod queues;
pub mod random;
pub mod rows;
#[cfg(test)]
mod served;
pub mod telemetry;
pub mod user_pool;

pub use cloud::{Cloud, Credentials, Settings, SignIn};
pub use error::Error;
pub use telemetry::metrics::Metric;
