//! Renders files that are made by code, and checks the JPEGs.
#![expect(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod files;
mod formats;
mod hostile;
mod orientation;
mod svg;
