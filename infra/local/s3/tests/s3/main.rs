//! Tests the store by the AWS SDK, by a browser's requests, and by crashes.
#![allow(clippy::unwrap_used, reason = "a failed helper fails its test")]

mod browsers;
mod crashes;
mod linked_folder;
mod objects;
mod running;
mod shortfalls;
