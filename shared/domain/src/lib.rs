#![doc = include_str!("../README.md")]

pub mod asset;
pub mod bundle;
pub mod event;
pub mod field_error;
pub mod file_type;
pub mod gate;
pub mod id;
pub mod invisible;
pub mod library;
pub mod link;
pub mod mail;
pub mod name;
pub mod object;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod password;
#[cfg(any(test, feature = "samples"))]
pub mod samples;
pub mod set;
pub mod token;
pub mod user;
pub mod visit;
