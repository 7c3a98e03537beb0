//! The site under faults of its stores: one test for each. `tests/faults/run` also runs all stories under faults.
#![expect(clippy::unwrap_used, reason = "a test fails at the first unexpected value")]

mod bundles;
mod conflicts;
mod flood;
mod late_indexes;
mod layer;
mod lost_answers;
mod messages;
mod table;
