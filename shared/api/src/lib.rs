//! What HTTP functions share. It knows both what people see (`web`) and the stores (`aws`), which know nothing of each
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
