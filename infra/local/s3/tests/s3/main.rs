//! The store as the AWS SDK, a browser and a crash meet it.

mod browsers;
mod crashes;
mod linked_folder;
mod objects;
mod running;
mod shortfalls;
