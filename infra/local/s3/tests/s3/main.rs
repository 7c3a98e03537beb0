//! The store as the AWS SDK, a browser and a crash meet it.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail the test as its body does")]

mod browsers;
mod crashes;
mod linked_folder;
mod objects;
mod running;
mod shortfalls;
