//! What HTTP functions share. This crate uses both `web` (what people see) and `aws` (the stores), which don't use each
//! other.

pub mod body;
pub mod caller;
pub mod documents;
pub mod failure;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod query;
pub mod recipient;
mod routes;

pub use failure::Failure;
pub use routes::for_users;
