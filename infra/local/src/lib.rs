//! The site that `cargo run` starts: the same functions as on AWS, behind one address, with embedded stores.

pub mod carrier;
pub mod data_folder;
pub mod function;
pub mod functions;
pub mod gateway;
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

/// The allocator of the program and of the tests that link this crate, because it is fast for the many small allocations
/// of rows and pages.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
