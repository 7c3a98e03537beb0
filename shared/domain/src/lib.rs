//! What is true of links, assets and bundles, without IO.
//!
//! Nothing here reads a clock, a random generator, a store or the network: times and random bytes are
//! arguments. That makes each rule a function one can test, and lets every crate agree on it.

pub mod asset;
pub mod bundle;
pub mod event;
pub mod field_error;
pub mod file_type;
pub mod gate;
pub mod id;
pub mod invisible;
pub mod link;
pub mod mail;
pub mod object;
pub mod set;
pub mod token;
pub mod user;
