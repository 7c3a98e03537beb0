//! An owner edits, ends and deletes a link that many people open at the same time. Transactions hold their rows for 4 to
//! 8 ms, and conflict if they overlap.
//!
//! `cargo test -p e2e --test faults flood -- --nocapture` prints how long each took.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use e2e::faults::{Kind, Rates};
use e2e::site::Scratch;
use e2e::{Answer, Recipient, story};
use futures_util::future::join_all;
use serde_json::json;

use crate::start_site;

/// Recipients who open the link again and again.
const OPENERS: usize = 60;

fn print(line: &str) {
    // Written directly, because cargo hides the output of a successful test.
    _ = writeln!(std::io::stderr(), "{line}");
}

async fn timed(what: &str, answer: impl Future<Output = Answer>) -> u16 {
    let began = Instant::now();
    let answer = answer.await;
    print(&format!("{what}: {} after {} ms", answer.status, began.elapsed().as_millis()));
    answer.status
}

#[test]
fn an_owner_edits_ends_and_deletes_a_link_under_a_flood_of_openings() {
    story(async {
        let scratch = Scratch::new();
        scratch.library();
        let (site, faults) = start_site(scratch).await;
        let carl = site.user("carl").await;
        for password in [None, Some("correct horse")] {
            faults.set_rates(Rates::NONE);
            let link = carl.share_folder("Product", json!({"max_uses": 100_000, "password": password})).await;
            let quiet = faults.count(Kind::Conflict);
            faults.set_rates(Rates { hold: Rates::MODERATE.hold, ..Rates::NONE });
            let (ended, opened, busy, refused) =
                (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
            let openers = join_all((0..OPENERS).map(|_| async {
                while !ended.load(Ordering::Relaxed) {
                    let recipient = Recipient::new();
                    let page = recipient.page(&link).await;
                    let text = page.text();
                    let Some((_, rest)) = text.split_once(r#"name="visit" value=""#) else { break };
                    let nonce = rest.split('"').next().unwrap();
                    let answer = recipient.post(&link, nonce, password.unwrap_or_default()).await;
                    let count = match answer.status {
                        303 => &opened,
                        503 => &busy,
                        _ => &refused,
                    };
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }));
            let owner = async {
                tokio::time::sleep(Duration::from_secs(2)).await;
                let began = Instant::now();
                print(&format!("\npassword: {}; {OPENERS} openers for 2 s", password.is_some()));
                print(&format!(
                    "opened {}, busy {}, refused {}, conflicts {}",
                    opened.load(Ordering::Relaxed),
                    busy.load(Ordering::Relaxed),
                    refused.load(Ordering::Relaxed),
                    faults.count(Kind::Conflict) - quiet
                ));
                for n in 0..3 {
                    let title = json!({"title": format!("Title {n}")});
                    assert_eq!(timed("  another title", carl.edit(&link, title)).await, 200);
                }
                let answer = carl.edit(&link, json!({"password": "another one"}));
                assert_eq!(timed("  another password", answer).await, 200);
                assert_eq!(
                    timed("  another end", carl.edit(&link, json!({"expires": "2099-12-04"}))).await,
                    200
                );
                assert_eq!(timed("  deleted", carl.delete_link(&link)).await, 204);
                print(&format!("  all of it: {} ms", began.elapsed().as_millis()));
                ended.store(true, Ordering::Relaxed);
            };
            futures_util::future::join(openers, owner).await;
        }
    });
}
