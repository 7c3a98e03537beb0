//! The sweep on a table whose transactions conflict.

use aws::clock::now;
use domain::bundle::Bundle;
use e2e::faults::{Kind, Rates};
use e2e::site::Scratch;
use e2e::story;
use jiff::SignedDuration;
use stage::samples;

use crate::start_site;

#[test]
fn all_bundles_of_one_link_are_cleared_up_at_once_although_they_are_counted_in_one_row() {
    story(async {
        let scratch = Scratch::new();
        scratch.library();
        let (site, faults) = start_site(scratch).await;
        let (cloud, used) = (site.cloud(), now() - SignedDuration::from_hours(73));
        for n in 0..60 {
            let bundle = samples::bundle(&samples::link().id, &format!("zip {n}"));
            let bundle = Bundle { updated: used, last_used: used, ..bundle };
            cloud.bundles().put(&bundle, None).await.unwrap();
        }
        faults.set_rates(Rates { hold: Rates::MODERATE.hold, ..Rates::NONE });
        let event = stage::with_time(stage::scheduled(now()), SignedDuration::from_mins(5));
        assert_eq!(sweep_links::handle(event, cloud).await.unwrap().bundles, 60);
        assert!(faults.count(Kind::Conflict) > 0);
    });
}
