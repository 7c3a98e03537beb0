//! kill -9 under load, and a full disk: after the next start all acknowledged objects are there, and nothing else.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aws_sdk_s3::types::CompletedMultipartUpload;
use local_s3::{SMALLEST_PART, Store, StoreConfig, serve};
use tokio::net::TcpListener;

use crate::running::{BUCKET, MIB, Running, body, bytes, client, code, credentials};

fn config(data: &Path) -> StoreConfig {
    StoreConfig {
        data: data.to_owned(),
        buckets: vec![BUCKET.into()],
        linked: None,
        smallest_part: SMALLEST_PART,
    }
}

/// Not a test, but the process that the tests below start and kill. It reads its folder from standard input, and writes
/// its address to standard output.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "is started by the tests below"]
async fn serves_until_killed() {
    let mut folder = String::new();
    std::io::stdin().read_line(&mut folder).unwrap();
    let store = Store::open(config(Path::new(folder.trim()))).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut out = std::io::stdout();
    writeln!(out, "serving http://{}", listener.local_addr().unwrap()).unwrap();
    serve(listener, store, credentials(), std::future::pending()).await.unwrap();
}

fn start(data: &Path, limit: &str) -> (Child, String) {
    // With SIGXFSZ ignored, a write over the size limit gives an error and does not end the process.
    let mut child = Command::new("sh")
        .args(["-c", &format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe().unwrap())
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
async fn acknowledged_objects_survive_kill_9() {
    let data = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..3u64 {
        let (mut child, address) = start(data.path(), "unlimited");
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
    let events = s3.store.pending_events(usize::MAX >> 1).await.unwrap();
    let events: Vec<_> = events.into_iter().map(|event| event.key).collect();
    for (key, ..) in &acknowledged {
        assert!(events.contains(key), "no event for {key}");
    }
    // Each event is of a stored object, and each file is the blob of one.
    assert_eq!(s3.blobs(), events.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_a_put_is_refused_and_no_stored_object_is_lost() {
    let data = tempfile::tempdir().unwrap();
    // The limit of 8 MiB a file simulates a full disk; blob.rs has a test with the kernel's ENOSPC.
    let (mut child, address) = start(data.path(), "16384");
    let client = client(&address);
    let put = |key: &str, len| client.put_object().bucket(BUCKET).key(key).body(body(&bytes(len, 1)));
    put("kept", MIB).send().await.unwrap();
    for key in ["kept", "new"] {
        let refused = put(key, 20 * MIB).send().await;
        assert_eq!(refused.as_ref().unwrap_err().raw_response().unwrap().status().as_u16(), 507);
        assert_eq!(code(refused), "InsufficientStorage");
    }
    put("small", MIB).send().await.unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(std::fs::read_dir(data.path().join("s3/blobs")).unwrap().count(), 2, "no leftovers");

    let s3 = Running::on(data, None).await;
    assert_eq!(s3.keys().await, ["kept", "small"]);
    assert_eq!(s3.get("kept").await, bytes(MIB, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_the_disk_lost_is_gone_after_the_start_and_the_others_are_kept() {
    let s3 = Running::new().await;
    let start = s3.client.create_multipart_upload().bucket(BUCKET).key("big").send().await.unwrap();
    let upload = start.upload_id().unwrap().to_owned();
    let kept = s3.upload_part("big", &upload, 1, &bytes(MIB, 1)).await;
    let old = files(s3.data.path());
    s3.upload_part("big", &upload, 2, &bytes(MIB, 2)).await;
    let data = s3.stop().await;
    // What a power failure leaves: the file has its length but not its bytes.
    let lost = files(data.path()).into_iter().find(|file| !old.contains(file)).unwrap();
    std::fs::write(&lost, vec![0; MIB]).unwrap();

    let s3 = Running::on(data, None).await;
    let listed = s3.client.list_parts().bucket(BUCKET).key("big").upload_id(&upload).send().await.unwrap();
    assert_eq!(listed.parts().iter().map(|part| part.part_number()).collect::<Vec<_>>(), [Some(1)]);
    assert!(!lost.exists());
    let parts = CompletedMultipartUpload::builder().parts(kept).build();
    let complete = s3.client.complete_multipart_upload().bucket(BUCKET).key("big").upload_id(&upload);
    complete.multipart_upload(parts).send().await.unwrap();
    assert_eq!(s3.get("big").await, bytes(MIB, 1));
}

fn files(data: &Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(data.join("s3/blobs")).unwrap().map(|entry| entry.unwrap().path()).collect()
}
