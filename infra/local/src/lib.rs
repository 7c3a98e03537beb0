//! What `cargo run` starts: the same functions as on AWS, behind one address, on embedded stores.

pub mod carrier;
pub mod data_folder;
pub mod dynamodb;
pub mod function;
pub mod functions;
pub mod gateway;
pub mod inside;
pub mod issuer;
pub mod library;
pub mod mail_pages;
pub mod mailbox;
pub mod object_event;
mod problem;
pub mod provider;
pub mod queue;
pub mod sample;
pub mod scheduler;
pub mod ses;
pub mod sign_in;
pub mod site;
pub mod smtp;
pub mod stack;

/// Of the program, and of the tests that link this crate. It takes many small pieces at once, as rows and pages do.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
