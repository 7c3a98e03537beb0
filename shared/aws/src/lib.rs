//! The only crate that knows the AWS SDK.
//!
//! [`Cloud`] holds settings and clients. Its methods give access to the stores: `cloud.links()`, `.visits()`,
//! `.bundles()`, `.sets()`, `.assets()`, `.mails()`, `.users()`, `.sweeps()`, `.objects(bucket)`, `.uploads()`,
//! `.urls()`, `.queues()`, `.mailer()`, `.user_pool()`. Each returns a reference to the `Cloud` under a type of its
//! own, which costs nothing, and is in the file of the same name. Functions pass and get types of `domain`, and never
//! see a client, a key of the table or an error of the SDK. Locally and in tests the same code sends the same requests
//! to embedded stores, so there is no second implementation.

mod backoff;
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
mod scripted_store;
pub mod telemetry;
pub mod user_pool;

pub use cloud::{Cloud, Credentials, Queue, Settings, SignIn, StoreRules};
pub use error::Error;
pub use telemetry::metrics::Metric;
