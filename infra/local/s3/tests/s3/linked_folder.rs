//! A local folder shown under a prefix.

use std::fs;
use std::os::unix::fs::symlink;

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedPart, Delete, ObjectIdentifier};
use local_s3::Linked;
use tempfile::TempDir;

use crate::running::{BUCKET, MIB, Running, body, bytes, code, completed, crc32};

async fn linked() -> (Running, TempDir) {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("sommer ü/日本")).unwrap();
    fs::write(root.path().join("top.jpg"), "top").unwrap();
    fs::write(root.path().join("sommer ü/a.jpg"), "a").unwrap();
    fs::write(root.path().join("sommer ü/日本/b.jpg"), bytes(7 * MIB, 1)).unwrap();
    fs::write(root.path().join(".secret"), "s").unwrap();
    symlink("/etc/hostname", root.path().join("out")).unwrap();
    let linked = Linked { bucket: BUCKET.into(), prefix: "library/".into(), root: root.path().to_owned() };
    (Running::on(tempfile::tempdir().unwrap(), Some(linked)).await, root)
}

#[tokio::test]
async fn files_are_listed_and_read_in_place() {
    let (s3, root) = linked().await;
    s3.put("a-before", b"").await;
    s3.put("renditions/x", b"").await;
    assert_eq!(
        s3.keys().await,
        [
            "a-before",
            "library/sommer ü/a.jpg",
            "library/sommer ü/日本/b.jpg",
            "library/top.jpg",
            "renditions/x"
        ]
    );
    let mut pages = s3.client.list_objects_v2().bucket(BUCKET).max_keys(1).into_paginator().send();
    let mut seen = Vec::new();
    while let Some(page) = pages.next().await {
        seen.extend(page.unwrap().contents().iter().map(|object| object.key().unwrap().to_owned()));
    }
    assert_eq!(seen, s3.keys().await);
    let top =
        s3.client.list_objects_v2().bucket(BUCKET).prefix("library/").delimiter("/").send().await.unwrap();
    assert_eq!(top.common_prefixes()[0].prefix(), Some("library/sommer ü/"));
    assert_eq!(top.contents()[0].key(), Some("library/top.jpg"));
    let all = s3.client.list_objects_v2().bucket(BUCKET).delimiter("/").send().await.unwrap();
    let all: Vec<_> = all.common_prefixes().iter().map(|common| common.prefix().unwrap()).collect();
    assert_eq!(all, ["library/", "renditions/"]);

    assert_eq!(s3.get("library/sommer ü/日本/b.jpg").await, bytes(7 * MIB, 1));
    let get = || s3.client.get_object().bucket(BUCKET).key("library/top.jpg");
    let got = get().range("bytes=-2").send().await.unwrap();
    let etag = got.e_tag().unwrap().to_owned();
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"op");
    assert_eq!(top.contents()[0].e_tag(), Some(etag.as_str()));
    get().if_match(&etag).send().await.unwrap();
    fs::write(root.path().join("top.jpg"), "changed").unwrap();
    assert_eq!(code(get().if_match(&etag).send().await), "PreconditionFailed");
    assert_eq!(s3.get("library/top.jpg").await, b"changed");
    for hidden in ["library/.secret", "library/out", "library/../library/top.jpg", "library/"] {
        assert!(!s3.exists(hidden).await, "{hidden}");
    }
    assert_eq!(s3.blobs(), 0);
}

#[tokio::test]
async fn the_folder_can_not_be_written() {
    let (s3, root) = linked().await;
    let c = &s3.client;
    let key = "library/top.jpg";
    assert_eq!(code(c.put_object().bucket(BUCKET).key(key).body(body(b"x")).send().await), "AccessDenied");
    assert_eq!(code(c.delete_object().bucket(BUCKET).key(key).send().await), "AccessDenied");
    assert_eq!(code(c.create_multipart_upload().bucket(BUCKET).key(key).send().await), "AccessDenied");
    let copy = c.copy_object().bucket(BUCKET).key("library/new").copy_source(format!("{BUCKET}/{key}"));
    assert_eq!(code(copy.send().await), "AccessDenied");
    let one = ObjectIdentifier::builder().key(key).build().unwrap();
    let delete = Delete::builder().objects(one).build().unwrap();
    let deleted = c.delete_objects().bucket(BUCKET).delete(delete).send().await.unwrap();
    assert_eq!(deleted.errors()[0].code(), Some("AccessDenied"));
    assert_eq!(fs::read(root.path().join("top.jpg")).unwrap(), b"top");
}

#[tokio::test]
async fn files_can_be_copied_from() {
    let (s3, root) = linked().await;
    let file = bytes(7 * MIB, 1);
    let source = format!("{BUCKET}/library/sommer%20%C3%BC/%E6%97%A5%E6%9C%AC/b.jpg");
    let upload = s3.client.create_multipart_upload().bucket(BUCKET).key("zip");
    let upload = upload.checksum_algorithm(ChecksumAlgorithm::Crc32).checksum_type(ChecksumType::FullObject);
    let upload = upload.send().await.unwrap().upload_id.unwrap();
    let etag =
        s3.client.head_object().bucket(BUCKET).key("library/sommer ü/日本/b.jpg").send().await.unwrap();
    let copy = || {
        let part = s3.client.upload_part_copy().bucket(BUCKET).key("zip").upload_id(&upload).part_number(1);
        let part = part.copy_source(&source).copy_source_if_match(etag.e_tag().unwrap());
        part.copy_source_range(format!("bytes=1000-{}", 7 * MIB - 1)).send()
    };
    let part = copy().await.unwrap().copy_part_result.unwrap();
    assert_eq!(part.checksum_crc32(), Some(crc32(&file[1000..]).as_str()));
    assert_eq!(
        copy().await.unwrap().copy_part_result.unwrap().e_tag(),
        part.e_tag(),
        "a repeated copy has the same ETag"
    );
    let beyond = s3.client.upload_part_copy().bucket(BUCKET).key("zip").upload_id(&upload).part_number(2);
    let beyond = beyond.copy_source(&source).copy_source_range(format!("bytes=0-{}", 7 * MIB));
    assert_eq!(code(beyond.send().await), "InvalidArgument");

    let done = s3.client.complete_multipart_upload().bucket(BUCKET).key("zip").upload_id(&upload);
    let chosen = CompletedPart::builder().part_number(1).e_tag(part.e_tag().unwrap()).build();
    done.multipart_upload(completed([chosen])).checksum_crc32(crc32(&file[1000..])).send().await.unwrap();
    fs::write(root.path().join("sommer ü/日本/b.jpg"), "changed").unwrap();
    assert_eq!(s3.get("zip").await, &file[1000..], "a copy does not change with its file");
    assert_eq!(code(copy().await), "NoSuchUpload");
    assert_eq!(s3.blobs(), 1);
}
