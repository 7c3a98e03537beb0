//! The media part, from files made here by code to the JPEGs that recipients see.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected fails there and then")]

mod files;
mod formats;
mod hostile;
mod orientation;
mod svg;
