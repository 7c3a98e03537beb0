//! Laws: what holds for every link and every moment.
#![expect(clippy::unwrap_used, reason = "a law that meets the unexpected fails there and then")]

mod spending;
