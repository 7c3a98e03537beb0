//! Every file of `events/` is sent to the program of its function.

use std::collections::BTreeMap;

use e2e::{Site, bootstrap, samples, story};

use crate::{start, wait_for_ends};

#[test]
fn every_sample_event_runs_through_its_bootstrap() {
    story(async {
        let site = Site::shared().await;
        let mut running = BTreeMap::new();
        for sample in samples::all() {
            let function = sample.function().to_owned();
            if !running.contains_key(&function) {
                running.insert(function.clone(), start(&function, site, &[]).await);
            }
            let answer = running[&function].invoke(&sample.event).await;
            sample.is_answered_by(&answer.unwrap_or_else(|error| panic!("{}: {error}", sample.name)));
        }
        let functions: Vec<String> = running.keys().cloned().collect();
        assert_eq!(functions, bootstrap::functions(), "each function has a sample event");

        for (function, bootstrap) in &running {
            let events = samples::all().iter().filter(|sample| sample.function() == function).count();
            let logs = wait_for_ends(bootstrap, events).await;
            assert!(logs.iter().all(|line| line["function"] == function.as_str()), "{logs:?}");
        }
    });
}
