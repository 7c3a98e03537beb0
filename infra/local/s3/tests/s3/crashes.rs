//! kill -9 under load: whatever was acknowledged is there after the next start, and nothing else.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use local_s3::{Store, StoreConfig, serve};
use tokio::net::TcpListener;

use crate::running::{BUCKET, Running, body, bytes, client, credentials};

fn config(data: &Path) -> StoreConfig {
    StoreConfig { data: data.to_owned(), buckets: vec![BUCKET.into()], linked: None }
}

/// Not a test by itself: the process that the test below kills. Told its folder on standard input,
/// it tells its address on standard output.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "is started by whatever_was_acknowledged_survives_kill_9"]
async fn serves_until_killed() {
    let mut folder = String::new();
    std::io::stdin().read_line(&mut folder).unwrap();
    let store = Store::open(config(Path::new(folder.trim()))).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut out = std::io::stdout();
    writeln!(out, "serving http://{}", listener.local_addr().unwrap()).unwrap();
    serve(listener, store, credentials(), std::future::pending()).await.unwrap();
}

fn start(data: &Path) -> (Child, String) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "crashes::serves_until_killed", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.as_mut().unwrap(), "{}", data.display()).unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines.map(Result::unwrap).find_map(|line| Some(line.split_once("serving ")?.1.to_owned()));
    (child, address.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_acknowledged_survives_kill_9() {
    let data = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..3u64 {
        let (mut child, address) = start(data.path());
        let writers: Vec<_> = (0..8u64)
            .map(|writer| {
                let client = client(&address);
                tokio::spawn(async move {
                    let mut done = Vec::new();
                    for n in 0.. {
                        let seed = round * 1_000_000 + writer * 10_000 + n;
                        let size = 100 + (seed * 7919 % 300_000) as usize;
                        let key = format!("{round}/{writer}/{n}");
                        let put = client.put_object().bucket(BUCKET).key(&key);
                        match put.body(body(&bytes(size, seed))).send().await {
                            Ok(_) => done.push((key, size, seed)),
                            Err(_) => break,
                        }
                    }
                    done
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(700)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        for writer in writers {
            acknowledged.extend(writer.await.unwrap());
        }
    }
    assert!(acknowledged.len() > 50, "only {} were put before the kill", acknowledged.len());

    let s3 = Running::on(data, None).await;
    for (key, size, seed) in &acknowledged {
        assert_eq!(s3.get(key).await, bytes(*size, *seed), "{key}");
    }
    let told = s3.store.pending_events(usize::MAX >> 1).await.unwrap();
    let told: Vec<_> = told.into_iter().map(|event| event.key).collect();
    for (key, ..) in &acknowledged {
        assert!(told.contains(key), "no event for {key}");
    }
    // Each object and each event is one that was stored, and each file belongs to one.
    assert_eq!(s3.blobs(), told.len());
}
