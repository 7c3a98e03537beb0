//! Objects and listings, by the SDK.

use std::collections::BTreeSet;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_sdk_s3::types::{ChecksumMode, Delete, MetadataDirective, ObjectIdentifier};

use crate::running::{BUCKET, MIB, Running, body, bytes, code, crc32, status};

#[tokio::test]
async fn headers_and_metadata_come_back() {
    let s3 = Running::new().await;
    let put = s3.client.put_object().bucket(BUCKET).key("one").body(body(b"bytes"));
    put.content_type("image/jpeg")
        .cache_control("private")
        .content_disposition("attachment; filename=\"a.jpg\"")
        .content_language("de")
        .metadata("origin", "camera")
        .send()
        .await
        .unwrap();
    let copy = || s3.client.copy_object().bucket(BUCKET).copy_source(format!("{BUCKET}/one"));
    copy().key("copy").send().await.unwrap();
    for key in ["one", "copy"] {
        let head = s3.client.head_object().bucket(BUCKET).key(key).send().await.unwrap();
        assert_eq!(head.content_type(), Some("image/jpeg"));
        assert_eq!(head.cache_control(), Some("private"));
        assert_eq!(head.content_disposition(), Some("attachment; filename=\"a.jpg\""));
        assert_eq!(head.content_language(), Some("de"));
        assert_eq!(head.metadata().unwrap()["origin"], "camera");
        assert_eq!(head.content_length(), Some(5));
        assert_eq!(head.accept_ranges(), Some("bytes"));
        assert_eq!(head.checksum_crc32(), None, "shown only if the request wants it");
    }
    assert_eq!(code(copy().key("one").send().await), "InvalidRequest");
    let replaced =
        copy().key("one").metadata_directive(MetadataDirective::Replace).content_type("text/plain");
    replaced.send().await.unwrap();
    let got = s3.client.get_object().bucket(BUCKET).key("one").send().await.unwrap();
    assert_eq!(got.content_type(), Some("text/plain"));
    assert!(got.metadata().is_none_or(|metadata| metadata.is_empty()));
    assert_eq!(s3.get("one").await, b"bytes");
    assert_eq!(s3.blobs(), 1);
}

#[tokio::test]
async fn ranges_are_cut_from_either_end() {
    let s3 = Running::new().await;
    let whole = bytes(3 * MIB + 5, 1);
    s3.put("one", &whole).await;
    let size = whole.len();
    for (header, range) in [
        ("bytes=0-0", 0..1),
        ("bytes=5-9", 5..10),
        ("bytes=262143-524289", 262_143..524_290),
        ("bytes=100-", 100..size),
        ("bytes=-7", size - 7..size),
        ("bytes=-99999999", 0..size),
        ("bytes=10-99999999", 10..size),
    ] {
        let got = s3.client.get_object().bucket(BUCKET).key("one").range(header);
        let got = got.checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
        let content_range = format!("bytes {}-{}/{size}", range.start, range.end - 1);
        assert_eq!(got.content_range(), Some(content_range.as_str()));
        assert_eq!(got.content_length(), Some(range.len() as i64));
        assert_eq!(got.body.collect().await.unwrap().to_vec(), whole[range], "{header}");
        let head = s3.client.head_object().bucket(BUCKET).key("one").range(header).send().await.unwrap();
        assert_eq!(head.content_range(), Some(content_range.as_str()));
    }
    let beyond = s3.client.get_object().bucket(BUCKET).key("one").range(format!("bytes={size}-"));
    assert_eq!(status(beyond.send().await), 416);
}

#[tokio::test]
async fn an_empty_object_can_be_read_copied_and_listed() {
    let s3 = Running::new().await;
    s3.put("empty", b"").await;
    assert_eq!(s3.get("empty").await, b"");
    assert_eq!(s3.blobs(), 0);
    let copy = s3.client.copy_object().bucket(BUCKET).key("copy").copy_source(format!("{BUCKET}/empty"));
    copy.send().await.unwrap();
    assert_eq!(s3.get("copy").await, b"");
    assert_eq!(s3.keys().await, ["copy", "empty"]);
}

#[tokio::test]
async fn a_streamed_body_has_its_checksum_in_a_trailer() {
    let s3 = Running::new().await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let content = bytes(7 * MIB + 3, 9);
    std::fs::write(&path, &content).unwrap();
    // A body from a file is sent in chunks, with the checksum in a trailer.
    let stream = ByteStream::from_path(&path).await.unwrap();
    let put = s3.client.put_object().bucket(BUCKET).key("streamed").body(stream).send().await.unwrap();
    assert_eq!(put.checksum_crc32(), Some(crc32(&content).as_str()));
    assert_eq!(s3.get("streamed").await, content);
    let head = s3.client.head_object().bucket(BUCKET).key("streamed").send().await.unwrap();
    assert_eq!(head.content_encoding(), None, "aws-chunked is not kept");
}

#[tokio::test]
async fn requests_for_a_bucket_or_key_that_does_not_exist_are_404() {
    let s3 = Running::new().await;
    let c = &s3.client;
    assert_eq!(code(c.get_object().bucket("nowhere").key("k").send().await), "NoSuchBucket");
    assert_eq!(code(c.put_object().bucket("nowhere").key("k").body(body(b"b")).send().await), "NoSuchBucket");
    assert_eq!(code(c.list_objects_v2().bucket("nowhere").send().await), "NoSuchBucket");
    assert_eq!(status(c.head_bucket().bucket("nowhere").send().await), 404);
    c.head_bucket().bucket(BUCKET).send().await.unwrap();
    assert_eq!(code(c.create_bucket().bucket(BUCKET).send().await), "BucketAlreadyOwnedByYou");
    assert_eq!(code(c.get_object().bucket(BUCKET).key("k").send().await), "NoSuchKey");
    assert_eq!(s3.blobs(), 0);
}

#[tokio::test]
async fn listings_have_common_prefixes_and_pages() {
    let s3 = Running::new().await;
    let keys = ["a", "b/1", "b/2", "b/c/3", "b0", "d/4", "e", "f/g/5", "z日"];
    for key in keys {
        s3.put(key, key.as_bytes()).await;
    }
    for page_size in [1, 2, 3, 1000] {
        for (prefix, delimiter, expected) in [
            ("", "", keys.to_vec()),
            ("", "/", vec!["a", "b/", "b0", "d/", "e", "f/", "z日"]),
            ("b/", "/", vec!["b/1", "b/2", "b/c/"]),
            ("b", "", vec!["b/1", "b/2", "b/c/3", "b0"]),
            ("f/g/", "/", vec!["f/g/5"]),
            ("none", "/", vec![]),
        ] {
            let list = s3.client.list_objects_v2().bucket(BUCKET).prefix(prefix).delimiter(delimiter);
            let mut pages = list.max_keys(page_size).into_paginator().send();
            let mut seen = BTreeSet::new();
            while let Some(page) = pages.next().await {
                let page = page.unwrap();
                assert!(page.key_count().unwrap() <= page_size);
                let prefixes = page.common_prefixes().iter().map(|common| common.prefix().unwrap());
                let objects = page.contents().iter().map(|object| {
                    assert_eq!(object.size(), Some(object.key().unwrap().len() as i64));
                    object.key().unwrap()
                });
                for key in prefixes.chain(objects) {
                    assert!(seen.insert(key.to_owned()), "{key} came twice");
                }
            }
            assert_eq!(Vec::from_iter(seen), expected, "{prefix:?} {delimiter:?} by {page_size}");
        }
    }
    let after =
        s3.client.list_objects_v2().bucket(BUCKET).start_after("b/2").max_keys(2).send().await.unwrap();
    let after: Vec<_> = after.contents().iter().map(|object| object.key().unwrap()).collect();
    assert_eq!(after, ["b/c/3", "b0"]);
    let token = s3.client.list_objects_v2().bucket(BUCKET).continuation_token("not ours!").send().await;
    assert_eq!(code(token), "InvalidArgument");
}

#[tokio::test]
async fn one_request_deletes_many_objects() {
    let s3 = Running::new().await;
    for key in ["a", "b", "c"] {
        s3.put(key, b"bytes").await;
    }
    let one = |key: &str| ObjectIdentifier::builder().key(key).build().unwrap();
    let delete = Delete::builder().objects(one("a")).objects(one("none")).objects(one("c")).build().unwrap();
    let deleted = s3.client.delete_objects().bucket(BUCKET).delete(delete).send().await.unwrap();
    assert_eq!(deleted.deleted().len(), 3);
    assert!(deleted.errors().is_empty());
    assert_eq!(s3.keys().await, ["b"]);
    assert_eq!(s3.blobs(), 1);
    let other = s3.client.delete_object().bucket(BUCKET).key("b").if_match("\"other\"").send().await;
    assert_eq!(code(other), "PreconditionFailed");
}

#[tokio::test]
async fn a_read_continues_while_its_object_is_replaced_and_deleted() {
    let s3 = Running::new().await;
    let whole = bytes(24 * MIB, 5);
    s3.put("one", &whole).await;
    let mut got = s3.client.get_object().bucket(BUCKET).key("one").send().await.unwrap();
    let mut read = got.body.next().await.unwrap().unwrap().to_vec();
    s3.put("one", b"other").await;
    s3.client.delete_object().bucket(BUCKET).key("one").send().await.unwrap();
    assert!(!s3.exists("one").await);
    while let Some(bytes) = got.body.next().await {
        read.extend(bytes.unwrap());
    }
    assert_eq!(read, whole);
    // The file is removed after the last reader has ended.
    for _ in 0..100 {
        if s3.blobs() == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the deleted object's file is still there");
}

#[tokio::test]
async fn a_store_can_be_opened_by_one_process_at_a_time() {
    let s3 = Running::new().await;
    let config = local_s3::StoreConfig {
        data: s3.data.path().into(),
        buckets: vec![],
        linked: None,
        smallest_part: local_s3::SMALLEST_PART,
    };
    assert!(matches!(local_s3::Store::open(config.clone()).await, Err(local_s3::Error::InUse(_))));
    let data = s3.stop().await;
    local_s3::Store::open(config).await.unwrap();
    drop(data);
}

#[tokio::test]
async fn an_incomplete_body_is_refused() {
    let s3 = Running::new().await;
    let put = s3.client.put_object().bucket(BUCKET).key("one").body(ByteStream::new(SdkBody::empty()));
    let ten_minutes = PresigningConfig::expires_in(std::time::Duration::from_secs(600)).unwrap();
    let url = put.presigned(ten_minutes).await.unwrap();
    let (host, path) = url.uri().strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut socket = tokio::net::TcpStream::connect(host).await.unwrap();
    let request = format!("PUT /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100\r\n\r\nonly this");
    tokio::io::AsyncWriteExt::write_all(&mut socket, request.as_bytes()).await.unwrap();
    tokio::io::AsyncWriteExt::shutdown(&mut socket).await.unwrap();
    let mut answer = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut socket, &mut answer).await.unwrap();
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
    assert!(!s3.exists("one").await);
    assert_eq!(s3.blobs(), 0);
}
