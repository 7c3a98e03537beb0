//! Measures a landing page and the spending of a use: `cargo bench -p e2e --bench pages`.
//!
//! Everything, the client too, runs in one process on the embedded stack, so CPU per request is an upper bound. The
//! floor is a static file through the same gateway: the ratio to it shows the cost of the page itself. The last lines
//! show what the function costs without a gateway, and what it would cost if its rows were behind a port.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures and stops at any error"
)]

use std::time::{Duration, Instant};

use aws::Cloud;
use domain::visit::Nonce;
use e2e::rows::fill;
use e2e::usage::Usage;
use e2e::{Link, Recipient, Site, story};
use futures_util::StreamExt;
use serde_json::json;

/// How long each figure is measured for.
const MEASURED: Duration = Duration::from_secs(4);
/// Concurrent requests when throughput is measured.
const AT_ONCE: usize = 8;

fn main() {
    story(async {
        let site = Site::start().await;
        for count in [1, 100, 10_000] {
            let start = Instant::now();
            fill(site.cloud(), count).await;
            println!("wrote {count} assets in {:.1} s", start.elapsed().as_secs_f64());
        }
        let carl = site.user("carl").await;
        println!("{:<28}{:>9}{:>9}{:>9}{:>9}{:>8}", "", "p50 ms", "p99 ms", "req/s", "CPU ms", "× floor");
        let floor = measure("static file (the floor)", None, |client| {
            let url = format!("{}/robots.txt", site.url());
            async move { client.fetch(&url).await.status }
        })
        .await;
        for count in [1, 100, 10_000] {
            let link = carl.share_folder(&format!("bench {count}"), json!({})).await;
            for (name, coding) in [("", "identity"), (", gzip", "gzip")] {
                measure(&format!("landing of {count}{name}"), Some(floor), |client| {
                    let link = &link;
                    async move { client.page_in(link, coding).await.status }
                })
                .await;
            }
        }
        let link = carl.share_folder("bench 1", json!({"max_uses": 1_000_000})).await;
        measure("gate page", Some(floor), |client| {
            let link = &link;
            async move { client.page(link).await.status }
        })
        .await;
        measure("spending a use", Some(floor), |client| {
            let link = &link;
            async move { spend(&client, link).await }
        })
        .await;
        let by_port = Cloud::new(site.on_ports().await.clone());
        let link = carl.share_folder("bench 100", json!({})).await;
        for (way, cloud) in [("", site.cloud()), (", rows by a port", &by_port)] {
            let function = open_link::router(cloud).unwrap();
            measure(&format!("function alone, 100{way}"), Some(floor), |_| {
                let page = stage::request("GET", &format!("/s/{}", link.token)).by_browser();
                let function = function.clone();
                async move { stage::ask(function, page.http()).await.status }
            })
            .await;
            measure(&format!("a get and a put{way}"), Some(floor), |_| async move {
                let id = u128::from_le_bytes(aws::random::bytes());
                cloud.users().record(stage::samples::user(&id.to_string())).await.unwrap();
                200
            })
            .await;
        }
    });
}

async fn spend(client: &Recipient, link: &Link) -> u16 {
    let nonce = Nonce::from_random(aws::random::bytes());
    client.post(link, nonce.as_str(), "").await.status
}

/// Repeats a request: first one at a time for the latencies, then several at once for the throughput.
async fn measure<F: Future<Output = u16>>(
    name: &str,
    floor: Option<f64>,
    request: impl Fn(std::sync::Arc<Recipient>) -> F,
) -> f64 {
    let client = std::sync::Arc::new(Recipient::new());
    let check = |status: u16| assert!((200..400).contains(&status), "{name}: {status}");
    for _ in 0..20 {
        check(request(client.clone()).await);
    }
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed() < MEASURED {
        let sent = Instant::now();
        check(request(client.clone()).await);
        times.push(sent.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];

    let (start, before) = (Instant::now(), Usage::own().cpu());
    let done: usize = futures_util::stream::iter((0..AT_ONCE).map(|_| async {
        let mut done = 0;
        while start.elapsed() < MEASURED {
            check(request(client.clone()).await);
            done += 1;
        }
        done
    }))
    .buffer_unordered(AT_ONCE)
    .collect::<Vec<usize>>()
    .await
    .into_iter()
    .sum();
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), Usage::own().cpu() - before);
    println!(
        "{name:<28}{:>9.2}{:>9.2}{:>9.0}{:>9.2}{:>8}",
        at(0.5),
        at(0.99),
        done as f64 / seconds,
        cpu.as_secs_f64() / done as f64 * 1e3,
        floor.map(|floor| format!("{:.1}", at(0.5) / floor)).unwrap_or_default(),
    );
    at(0.5)
}
