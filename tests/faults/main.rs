//! What the site makes of faults of its stores: each as one test, and a whole run of the stories by `tests/faults/run`.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected fails there and then")]

mod bundles;
mod conflicts;
mod flood;
mod late_indexes;
mod layer;
mod lost_answers;
mod messages;
mod table;
