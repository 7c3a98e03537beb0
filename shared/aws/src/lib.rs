//! The one room that knows the AWS SDK.
//!
//! [`Cloud`] holds settings and clients, and leads to every store: `cloud.links()`, `.visits()`, `.bundles()`, `.sets()`,
//! `.assets()`, `.mails()`, `.users()`, `.sweeps()`, `.objects(bucket)`, `.uploads()`, `.urls()`, `.queues()`, `.mailer()`,
//! `.user_pool()`. Each of these is a reference with a name, costs nothing, and lies in the file that it is called after.
//! Functions speak to them in the words of `domain`, and never see a client, a table's key or an SDK error. Locally and in tests the same code talks to embedded stores:
//! the wire protocol is the port, so there is no second adapter.

pub mod clock;
pub mod cloud;
pub mod environment;
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
