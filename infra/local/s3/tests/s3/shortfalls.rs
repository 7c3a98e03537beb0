//! One test for each fault of `s3s-fs`, the file store that comes with s3s.

use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedPart};
use local_s3::ObjectEventKind;

use crate::running::{BUCKET, MIB, Running, body, bytes, code, completed, crc32, status};

#[tokio::test]
async fn wrong_checksum_is_refused_and_nothing_is_written() {
    let s3 = Running::new().await;
    s3.put("kept", b"older").await;
    let put = |key: &str| s3.client.put_object().bucket(BUCKET).key(key).body(body(b"bytes"));
    assert_eq!(code(put("new").checksum_crc32(crc32(b"others")).send().await), "BadDigest");
    assert_eq!(code(put("kept").checksum_crc32(crc32(b"others")).send().await), "BadDigest");
    assert_eq!(
        code(put("new").checksum_sha256("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").send().await),
        "BadDigest"
    );
    assert_eq!(code(put("new").checksum_crc32_c("AAAAAA==").send().await), "BadDigest");
    assert_eq!(code(put("new").content_md5("AAAAAAAAAAAAAAAAAAAAAA==").send().await), "BadDigest");
    assert_eq!(code(put("new").content_md5("short").send().await), "InvalidDigest");
    assert_eq!(s3.keys().await, ["kept"]);
    assert_eq!(s3.get("kept").await, b"older");
    assert_eq!(s3.blobs(), 1);
    assert_eq!(s3.store.pending_events(10).await.unwrap().len(), 1);

    put("new").checksum_crc32(crc32(b"bytes")).send().await.unwrap();
    assert_eq!(s3.get("new").await, b"bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_32_concurrent_puts_with_if_none_match_one_succeeds() {
    let s3 = Running::new().await;
    let racers: Vec<_> = (0..32)
        .map(|n| {
            let put = s3.client.put_object().bucket(BUCKET).key("one").if_none_match("*");
            tokio::spawn(put.body(body(format!("racer {n}").as_bytes())).send())
        })
        .collect();
    let mut winners = Vec::new();
    for (n, racer) in racers.into_iter().enumerate() {
        match racer.await.unwrap() {
            Ok(_) => winners.push(n),
            refused => assert_eq!(code(refused), "PreconditionFailed"),
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(s3.get("one").await, format!("racer {}", winners[0]).as_bytes());
    assert_eq!(s3.blobs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_32_concurrent_puts_with_if_match_one_succeeds() {
    let s3 = Running::new().await;
    let first = s3.put("one", b"first").await;
    let racers: Vec<_> = (0..32)
        .map(|n| {
            let put = s3.client.put_object().bucket(BUCKET).key("one").if_match(&first);
            tokio::spawn(put.body(body(format!("racer {n}").as_bytes())).send())
        })
        .collect();
    let mut won = 0;
    for racer in racers {
        match racer.await.unwrap() {
            Ok(_) => won += 1,
            refused => assert_eq!(code(refused), "PreconditionFailed"),
        }
    }
    assert_eq!(won, 1);
    let missing = s3.client.put_object().bucket(BUCKET).key("none").if_match(&first).body(body(b"")).send();
    assert_eq!(code(missing.await), "NoSuchKey");
}

async fn create(s3: &Running, key: &str, kind: ChecksumType) -> String {
    let upload = s3.client.create_multipart_upload().bucket(BUCKET).key(key);
    let upload =
        upload.checksum_algorithm(ChecksumAlgorithm::Crc32).checksum_type(kind).send().await.unwrap();
    upload.upload_id().unwrap().to_owned()
}

#[tokio::test]
async fn upload_part_checks_its_checksum() {
    let s3 = Running::new().await;
    let upload = create(&s3, "big", ChecksumType::FullObject).await;
    let part = |number| {
        let part = s3.client.upload_part().bucket(BUCKET).key("big").upload_id(&upload);
        part.part_number(number).body(body(b"bytes"))
    };
    assert_eq!(code(part(1).checksum_crc32(crc32(b"others")).send().await), "BadDigest");
    assert_eq!(s3.blobs(), 0);
    let kept = part(1).checksum_crc32(crc32(b"bytes")).send().await.unwrap();
    assert_eq!(kept.checksum_crc32(), Some(crc32(b"bytes").as_str()));
    for number in [0, 10_001] {
        assert_eq!(code(part(number).send().await), "InvalidArgument");
    }
}

#[tokio::test]
async fn completing_over_an_older_object_replaces_its_checksum() {
    let s3 = Running::new().await;
    s3.put("again", b"an older object with a checksum").await;
    let (one, two) = (bytes(5 * MIB, 1), bytes(1000, 2));
    let upload = create(&s3, "again", ChecksumType::FullObject).await;
    let parts =
        [s3.upload_part("again", &upload, 1, &one).await, s3.upload_part("again", &upload, 2, &two).await];
    let complete = s3.client.complete_multipart_upload().bucket(BUCKET).key("again").upload_id(&upload);
    complete.multipart_upload(completed(parts)).send().await.unwrap();
    let whole = [one, two].concat();
    // The SDK refuses a body that does not match its checksum.
    assert_eq!(s3.get("again").await, whole);
    let head = s3.client.head_object().bucket(BUCKET).key("again").checksum_mode(ChecksumMode::Enabled);
    assert_eq!(head.send().await.unwrap().checksum_crc32(), Some(crc32(&whole).as_str()));
    assert_eq!(s3.blobs(), 2, "the older object's bytes are removed");
}

#[tokio::test]
async fn whole_crc32_is_kept_through_multipart_and_copies() {
    let s3 = Running::new().await;
    let source = bytes(13 * MIB + 777, 3);
    let etag = s3.put("source", &source).await;
    let upload = create(&s3, "joined", ChecksumType::FullObject).await;
    let (from, to) = (MIB + 12_345, 12 * MIB + 54_321);
    let copied = s3.client.upload_part_copy().bucket(BUCKET).key("joined").upload_id(&upload).part_number(1);
    let copied = copied
        .copy_source(format!("{BUCKET}/source"))
        .copy_source_if_match(&etag)
        .copy_source_range(format!("bytes={from}-{}", to - 1));
    let copied = copied.send().await.unwrap().copy_part_result.unwrap();
    assert_eq!(copied.checksum_crc32(), Some(crc32(&source[from..to]).as_str()));
    let tail = bytes(4321, 4);
    let last = s3.upload_part("joined", &upload, 2, &tail).await;
    let whole = [&source[from..to], &tail].concat();

    let complete = || {
        let parts =
            [CompletedPart::builder().part_number(1).e_tag(copied.e_tag().unwrap()).build(), last.clone()];
        let complete = s3.client.complete_multipart_upload().bucket(BUCKET).key("joined").upload_id(&upload);
        complete.multipart_upload(completed(parts)).checksum_type(ChecksumType::FullObject)
    };
    assert_eq!(code(complete().checksum_crc32(crc32(b"others")).send().await), "BadDigest");
    assert_eq!(code(complete().mpu_object_size(whole.len() as i64 - 1).send().await), "InvalidRequest");
    assert_eq!(code(complete().checksum_type(ChecksumType::Composite).send().await), "InvalidRequest");
    assert!(!s3.exists("joined").await);
    let done = complete().checksum_crc32(crc32(&whole)).mpu_object_size(whole.len() as i64).send().await;
    let done = done.unwrap();
    assert_eq!(done.checksum_crc32(), Some(crc32(&whole).as_str()));
    assert_eq!(done.checksum_type(), Some(&ChecksumType::FullObject));
    assert_eq!(s3.get("joined").await, whole);
    assert_eq!(s3.blobs(), 2, "copying and completing moved no bytes");

    // Copies of a range that is in both parts, and of the whole object.
    let (from, to) = (whole.len() - 5000, whole.len() - 17);
    let upload = create(&s3, "part-of-joined", ChecksumType::FullObject).await;
    let part = s3.client.upload_part_copy().bucket(BUCKET).key("part-of-joined").upload_id(&upload);
    let part = part.part_number(7).copy_source(format!("{BUCKET}/joined"));
    let part = part.copy_source_range(format!("bytes={from}-{}", to - 1)).send().await.unwrap();
    assert_eq!(part.copy_part_result().unwrap().checksum_crc32(), Some(crc32(&whole[from..to]).as_str()));
    let copy = s3.client.copy_object().bucket(BUCKET).key("copy").copy_source(format!("{BUCKET}/joined"));
    let copy = copy.send().await.unwrap().copy_object_result.unwrap();
    assert_eq!(copy.checksum_crc32(), Some(crc32(&whole).as_str()));
    for key in ["source", "joined"] {
        s3.client.delete_object().bucket(BUCKET).key(key).send().await.unwrap();
    }
    assert_eq!(s3.get("copy").await, whole, "a copy does not need its source");
}

#[tokio::test]
async fn a_composite_checksum_is_computed_from_those_of_the_parts() {
    let s3 = Running::new().await;
    let (one, two) = (bytes(5 * MIB, 1), bytes(10, 2));
    let upload = create(&s3, "big", ChecksumType::Composite).await;
    let parts =
        [s3.upload_part("big", &upload, 1, &one).await, s3.upload_part("big", &upload, 2, &two).await];
    let complete = s3.client.complete_multipart_upload().bucket(BUCKET).key("big").upload_id(&upload);
    let done = complete.multipart_upload(completed(parts)).send().await.unwrap();
    let crcs = [crc32fast::hash(&one).to_be_bytes(), crc32fast::hash(&two).to_be_bytes()].concat();
    assert_eq!(done.checksum_crc32().unwrap(), format!("{}-2", crc32(&crcs)));
    assert_eq!(done.checksum_type(), Some(&ChecksumType::Composite));
    assert_eq!(s3.get("big").await, [one, two].concat());
}

#[tokio::test]
async fn part_etags_order_and_sizes_are_checked() {
    let s3 = Running::new().await;
    let upload = create(&s3, "big", ChecksumType::FullObject).await;
    let small = s3.upload_part("big", &upload, 1, b"small").await;
    let last = s3.upload_part("big", &upload, 2, b"last").await;
    let complete = |parts: Vec<CompletedPart>| {
        let complete = s3.client.complete_multipart_upload().bucket(BUCKET).key("big").upload_id(&upload);
        complete.multipart_upload(completed(parts)).send()
    };
    let wrong = CompletedPart::builder().part_number(1).e_tag("\"0123\"").build();
    assert_eq!(code(complete(vec![wrong]).await), "InvalidPart");
    let unknown = CompletedPart::builder().part_number(3).e_tag("\"0123\"").build();
    assert_eq!(code(complete(vec![unknown]).await), "InvalidPart");
    assert_eq!(code(complete(vec![last.clone(), small.clone()]).await), "InvalidPartOrder");
    assert_eq!(code(complete(vec![small.clone(), last]).await), "EntityTooSmall");
    assert_eq!(code(complete(vec![]).await), "MalformedXML");

    // A part with the same bytes has the same ETag; after other bytes the old ETag is refused.
    assert_eq!(s3.upload_part("big", &upload, 1, b"small").await, small);
    s3.upload_part("big", &upload, 1, b"other").await;
    assert_eq!(code(complete(vec![small]).await), "InvalidPart");
    let small = s3.upload_part("big", &upload, 1, b"small").await;
    complete(vec![small]).await.unwrap();
    assert_eq!(s3.get("big").await, b"small");
    assert_eq!(s3.blobs(), 1, "parts that the object does not use are removed");
}

#[tokio::test]
async fn a_request_for_an_unknown_upload_is_refused() {
    let s3 = Running::new().await;
    let upload = create(&s3, "big", ChecksumType::FullObject).await;
    let part = s3.upload_part("big", &upload, 1, b"part").await;
    for (key, id) in [("big", "nonsense"), ("big", "00000000000fffff"), ("other", upload.as_str())] {
        let c = &s3.client;
        let put = c.upload_part().bucket(BUCKET).key(key).upload_id(id).part_number(1);
        assert_eq!(code(put.body(body(b"part")).send().await), "NoSuchUpload");
        let complete = c.complete_multipart_upload().bucket(BUCKET).key(key).upload_id(id);
        assert_eq!(code(complete.multipart_upload(completed([part.clone()])).send().await), "NoSuchUpload");
        let abort = c.abort_multipart_upload().bucket(BUCKET).key(key).upload_id(id);
        assert_eq!(code(abort.send().await), "NoSuchUpload");
        assert_eq!(code(c.list_parts().bucket(BUCKET).key(key).upload_id(id).send().await), "NoSuchUpload");
    }
    let abort = || s3.client.abort_multipart_upload().bucket(BUCKET).key("big").upload_id(&upload).send();
    abort().await.unwrap();
    assert_eq!(code(abort().await), "NoSuchUpload");
    assert_eq!(s3.blobs(), 0, "an aborted upload leaves nothing");
}

#[tokio::test]
async fn get_and_head_check_conditions() {
    let s3 = Running::new().await;
    let etag = s3.put("one", b"bytes").await;
    let get = || s3.client.get_object().bucket(BUCKET).key("one");
    let head = || s3.client.head_object().bucket(BUCKET).key("one");
    get().if_match(&etag).send().await.unwrap();
    get().if_match("*").send().await.unwrap();
    get().if_none_match("\"other\"").send().await.unwrap();
    assert_eq!(code(get().if_match("\"other\"").send().await), "PreconditionFailed");
    assert_eq!(status(get().if_none_match(&etag).send().await), 304);
    assert_eq!(status(head().if_match("\"other\"").send().await), 412);
    assert_eq!(status(head().if_none_match(&etag).send().await), 304);

    let modified = *head().send().await.unwrap().last_modified().unwrap();
    let earlier = DateTime::from_secs(modified.secs() - 1);
    assert_eq!(status(get().if_modified_since(modified).send().await), 304);
    get().if_modified_since(earlier).send().await.unwrap();
    get().if_unmodified_since(modified).send().await.unwrap();
    assert_eq!(code(get().if_unmodified_since(earlier).send().await), "PreconditionFailed");

    let copy = || s3.client.copy_object().bucket(BUCKET).key("two").copy_source(format!("{BUCKET}/one"));
    assert_eq!(code(copy().copy_source_if_match("\"other\"").send().await), "PreconditionFailed");
    assert_eq!(code(copy().copy_source_if_none_match(&etag).send().await), "PreconditionFailed");
    copy().copy_source_if_match(&etag).send().await.unwrap();
}

#[tokio::test]
async fn parts_are_listed_in_order_and_by_pages() {
    let s3 = Running::new().await;
    let upload = create(&s3, "big", ChecksumType::FullObject).await;
    for number in [3, 10_000, 1, 20, 100] {
        s3.upload_part("big", &upload, number, format!("part {number}").as_bytes()).await;
    }
    let (mut seen, mut marker) = (Vec::new(), None);
    loop {
        let page = s3.client.list_parts().bucket(BUCKET).key("big").upload_id(&upload).max_parts(2);
        let page = page.set_part_number_marker(marker).send().await.unwrap();
        assert!(page.parts().len() <= 2);
        for part in page.parts() {
            let number = part.part_number().unwrap();
            let content = format!("part {number}");
            assert_eq!(part.size(), Some(content.len() as i64));
            assert_eq!(part.checksum_crc32(), Some(crc32(content.as_bytes()).as_str()));
            seen.push(number);
        }
        marker = page.next_part_number_marker().map(str::to_owned);
        if !page.is_truncated().unwrap() {
            break;
        }
    }
    assert_eq!(seen, [1, 3, 20, 100, 10_000]);
}

#[tokio::test]
async fn uploads_are_listed_by_pages() {
    let s3 = Running::new().await;
    for key in ["b", "a", "b", "c/d"] {
        create(&s3, key, ChecksumType::FullObject).await;
    }
    let (mut seen, mut marker) = (Vec::new(), (None, None));
    loop {
        let page = s3.client.list_multipart_uploads().bucket(BUCKET).max_uploads(1);
        let page = page.set_key_marker(marker.0).set_upload_id_marker(marker.1).send().await.unwrap();
        for upload in page.uploads() {
            assert!(upload.initiated().is_some());
            seen.push(upload.key().unwrap().to_owned());
        }
        marker = (page.next_key_marker.clone(), page.next_upload_id_marker.clone());
        if !page.is_truncated().unwrap() {
            break;
        }
    }
    assert_eq!(seen, ["a", "b", "b", "c/d"]);
    let below = s3.client.list_multipart_uploads().bucket(BUCKET).prefix("c/").send().await.unwrap();
    assert_eq!(below.uploads().len(), 1);
}

#[tokio::test]
async fn a_key_has_up_to_1024_bytes_of_any_characters() {
    let s3 = Running::new().await;
    let long = "k".repeat(1024);
    let deep = "d/".repeat(512);
    let unicode = format!("{}x", "日".repeat(341));
    let keys = [&long, &deep, &unicode, "ü/日本 & <co>+%41?#.jpg", "a//b", "trailing/", "é", "e\u{301}"];
    for key in keys {
        s3.put(key, key.as_bytes()).await;
    }
    for key in keys {
        assert_eq!(s3.get(key).await, key.as_bytes());
    }
    let mut sorted = keys.map(str::to_owned);
    sorted.sort();
    assert_eq!(s3.keys().await, sorted);
    let copy = s3.client.copy_object().bucket(BUCKET).key("copy");
    copy.copy_source(format!("{BUCKET}/%C3%BC/%E6%97%A5%E6%9C%AC%20%26%20%3Cco%3E%2B%2541%3F%23.jpg"))
        .send()
        .await
        .unwrap();
    assert_eq!(s3.get("copy").await, keys[3].as_bytes());
    let too_long = s3.client.put_object().bucket(BUCKET).key("k".repeat(1025)).body(body(b"")).send();
    assert_eq!(code(too_long.await), "KeyTooLongError");
}

#[tokio::test]
async fn no_key_leads_out_of_the_bucket() {
    let s3 = Running::new().await;
    let other = s3.client.create_bucket().bucket("other").send().await;
    other.unwrap();
    let keys =
        ["x/../../evil", "../evil", "../../../../../../../../tmp/evil", "..", ".", "x/..", "../other/evil"];
    for key in keys {
        s3.put(key, key.as_bytes()).await;
    }
    for key in keys {
        assert_eq!(s3.get(key).await, key.as_bytes());
    }
    assert!(s3.client.list_objects_v2().bucket("other").send().await.unwrap().contents().is_empty());
    for entry in std::fs::read_dir(s3.blob_folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
    }
    let mut beside: Vec<_> = std::fs::read_dir(s3.data.path())
        .unwrap()
        .chain(std::fs::read_dir(s3.data.path().join("s3")).unwrap())
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    beside.sort();
    assert_eq!(beside, ["blobs", "lock", "s3", "store.sqlite", "store.sqlite-shm", "store.sqlite-wal"]);
    assert!(!std::path::Path::new("/tmp/evil").exists());
}

#[tokio::test]
async fn each_change_has_an_event_until_it_is_acknowledged() {
    let s3 = Running::new().await;
    s3.put("ü", b"12345").await;
    tokio::time::timeout(std::time::Duration::from_secs(5), s3.store.wait_for_events()).await.unwrap();
    let copy = s3.client.copy_object().bucket(BUCKET).key("copy").copy_source(format!("{BUCKET}/%C3%BC"));
    copy.send().await.unwrap();
    let upload = create(&s3, "joined", ChecksumType::FullObject).await;
    let part = s3.upload_part("joined", &upload, 1, b"1234567").await;
    let complete = s3.client.complete_multipart_upload().bucket(BUCKET).key("joined").upload_id(&upload);
    complete.multipart_upload(completed([part])).send().await.unwrap();
    for key in ["copy", "never there"] {
        s3.client.delete_object().bucket(BUCKET).key(key).send().await.unwrap();
    }

    let events = s3.store.pending_events(10).await.unwrap();
    let seen: Vec<_> = events.iter().map(|event| (event.kind, event.key.as_str(), event.size)).collect();
    use ObjectEventKind::{Created, Removed};
    assert_eq!(seen, [(Created, "ü", 5), (Created, "copy", 5), (Created, "joined", 7), (Removed, "copy", 5)]);
    let joined = s3.client.head_object().bucket(BUCKET).key("joined").send().await.unwrap();
    assert_eq!(format!("\"{}\"", events[2].etag), joined.e_tag().unwrap());
    s3.store.ack_events(vec![events[0].id, events[2].id]).await.unwrap();

    let again = Running::on(s3.stop().await, None).await;
    let left = again.store.pending_events(10).await.unwrap();
    assert_eq!(left, [events[1].clone(), events[3].clone()]);
}
