//! Laws: properties that hold for every link at every moment.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod search;
mod spending;
