//! kill -9 at any moment: nothing that was confirmed is lost, and unfinished work is finished after the next start.

use std::time::Duration;

use e2e::files::{picture, put, tree};
use e2e::site::Scratch;
use e2e::{Link, Process, Recipient, story, wait_for};
use image::ImageFormat;
use serde_json::json;

use crate::VITRINE;

#[test]
fn ingest_continues_after_a_kill() {
    story(async {
        let scratch = Scratch::new();
        let library = scratch.library();
        for n in 0..60 {
            put(&library, &format!("Many/{n:02}.jpg"), &picture(1200 + n, 900, ImageFormat::Jpeg));
        }
        let before = tree(&library);
        let mut site = Process::start_on(VITRINE, scratch);
        for at in [5, 25] {
            let ada = site.user("ada").await;
            wait_for("some of the ingest", || async {
                let ingest = ada.get("/api/ingest").await.is(200).json();
                (ingest["ready"].as_u64().unwrap() >= at).then_some(())
            })
            .await;
            site.kill();
            site.start_again();
        }
        let ada = site.user("ada").await;
        ada.wait_for_ingest(before.len()).await;
        assert_eq!(ada.get("/api/ingest").await.json()["failed"], 0);
        let assets = ada.get("/api/assets?limit=200").await.is(200).json();
        assert_eq!(assets["items"].as_array().unwrap().len(), before.len());
        // Each rendition that is listed exists.
        for asset in assets["items"].as_array().unwrap() {
            if let Some(url) = asset["thumbnail_url"].as_str() {
                Recipient::new().fetch(url).await.is(200);
            }
        }
        assert!(tree(&site.library()) == before, "the library is unchanged");
        assert_eq!(site.interrupt(), Some(0), "Ctrl-C stops it cleanly");
    });
}

#[test]
fn a_kill_during_a_race_of_uses_neither_adds_nor_loses_a_use() {
    story(async {
        const USES: u64 = 60;
        let mut site = Process::start(VITRINE);
        let carl = site.user("carl").await;
        carl.wait_for_ingest(tree(&site.library()).len()).await;
        let link = carl.share_folder("Product", json!({"max_uses": USES})).await;
        let races = (0..8).map(|_| tokio::spawn(open_until_it_fails(link.clone())));
        let races: Vec<_> = races.collect();
        wait_for("the race", || async {
            (carl.read(&link).await["used"].as_u64().unwrap() >= 10).then_some(())
        })
        .await;
        site.kill();
        let mut visits = Vec::new();
        let mut unanswered = 0;
        for race in races {
            let (opened, lost) = race.await.unwrap();
            visits.extend(opened);
            unanswered += u64::from(lost);
        }
        site.start_again();

        let used = carl.read(&link).await["used"].as_u64().unwrap();
        let confirmed = u64::try_from(visits.len()).unwrap();
        // A use whose answer was lost with the process may have been spent or not.
        let possible = confirmed..=confirmed + unanswered;
        assert!(possible.contains(&used), "{confirmed} confirmed, {unanswered} lost, {used} used");
        for visitor in &visits {
            assert_eq!(visitor.names(&link).await.len(), 4, "each confirmed visit is still open");
        }
        let left = USES - used;
        for _ in 0..left {
            Recipient::new().open(&link).await.is(303);
        }
        Recipient::new().page(&link).await.is(410);
    });
}

/// Opens the link again and again; returns the recipients who got a visit, and whether the last answer was lost.
async fn open_until_it_fails(link: Link) -> (Vec<Recipient>, bool) {
    let mut opened = Vec::new();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let client = client.timeout(Duration::from_secs(20)).build().unwrap();
    loop {
        let visitor = Recipient::new();
        let Ok(gate) = client.get(&link.url).header("accept", "application/json").send().await else {
            return (opened, false);
        };
        let Ok(gate) = gate.json::<serde_json::Value>().await else { return (opened, false) };
        let Some(nonce) = gate["visit"].as_str() else { return (opened, false) };
        match visitor.try_post(&link, nonce).await {
            Some(answer) if answer.status == 303 => opened.push(visitor),
            Some(_) => return (opened, false),
            None => return (opened, true),
        }
    }
}
