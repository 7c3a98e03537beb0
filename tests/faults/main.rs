//! The site under faults of its stores: one test for each. `tests/faults/run` also runs all stories under faults.
#![expect(clippy::unwrap_used, reason = "a test fails at the first unexpected value")]

mod bundles;
mod conflicts;
mod flood;
mod gate;
mod layer;
mod lost_answers;
mod messages;
mod sweep;
mod table;
mod words;

use e2e::Site;
use e2e::faults::{Faults, Rates};
use e2e::site::Scratch;
use local::carrier::MailSetting;

/// Starts a site behind a layer that causes no faults until a test sets rates or plans one.
async fn start_site(scratch: Scratch) -> (Site, Faults) {
    let faults = Faults::new(1, Rates::NONE);
    (Site::start_under(scratch, MailSetting::Kept, Some(faults.clone())).await, faults)
}
