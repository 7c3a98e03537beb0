//! Bundles built on embedded stores, and held against independent unzip programs.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected fails there and then")]

mod stage;

use aws::objects::multipart::{CopySource, Upload};
use aws_lambda_events::sqs::SqsEvent;
use bundle_assets::handle;
use domain::bundle::zip::Part;
use domain::bundle::{BundleStatus, Manifest};
use domain::object::Bucket;

use stage::{MIB, bytes, deliver, holds, message, parts, stage};

#[tokio::test(flavor = "multi_thread")]
async fn large_files_are_copied_inside_s3_and_small_ones_fill_the_gaps() {
    let stage = stage().await;
    let (a, b, c) = (bytes(1, 3_000), bytes(2, 12 * MIB), bytes(3, 0));
    let (d, e) = (bytes(4, 700_000), bytes(5, 9 * MIB));
    let files: [(&str, &[u8]); 5] =
        [("a.jpg", &a), ("Müller 日本/b +100%?.tif", &b), ("empty.txt", &c), ("d.jpg", &d), ("e.bin", &e)];
    let mut manifest = Manifest { entries: Vec::new() };
    for (name, bytes) in files {
        manifest.entries.push(stage.file(name, bytes).await);
    }
    let bundle = stage.ask(&manifest).await;
    stage.cloud.calls().reset();
    assert_eq!(stage.deliver(&bundle).await.batch_item_failures, []);

    let copies = parts(&manifest).iter().filter(|part| matches!(part, Part::Copy { .. })).count();
    assert_eq!(copies, 1);
    assert_eq!(stage.calls(".UploadPartCopy"), 1);
    assert_eq!(stage.calls(".UploadPart") as usize, parts(&manifest).len() - copies);
    holds(&stage.zip(&bundle).await, &files);
    stage.nothing_is_left_over().await;

    // The same message again, late: nothing is done.
    stage.cloud.calls().reset();
    assert_eq!(stage.deliver(&bundle).await.batch_item_failures, []);
    assert_eq!(stage.cloud.calls().snapshot().into_values().sum::<u64>(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_zip_is_one_object_put_at_once() {
    let stage = stage().await;
    let content = bytes(7, 5_000);
    let names: Vec<String> = (0..150).map(|n| format!("Ordner {}/{n}.txt", n % 7)).collect();
    let mut manifest = Manifest { entries: Vec::new() };
    for name in &names {
        manifest.entries.push(stage.file(name, &content).await);
    }
    let bundle = stage.ask(&manifest).await;
    stage.cloud.calls().reset();
    assert_eq!(stage.deliver(&bundle).await.batch_item_failures, []);
    assert_eq!((stage.calls(".PutObject"), stage.calls("MultipartUpload")), (1, 0));
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), content.as_slice())).collect();
    holds(&stage.zip(&bundle).await, &files);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_comes_again_goes_on_with_the_parts_that_are_missing() {
    let stage = stage().await;
    let (a, b) = (bytes(1, 3_000), bytes(2, 12 * MIB));
    let manifest = Manifest { entries: vec![stage.file("a.jpg", &a).await, stage.file("b.tif", &b).await] };
    let bundle = stage.ask(&manifest).await;

    // What a worker did before it was killed: the copy stands, and a part of the wrong size.
    let cloud = &stage.cloud;
    let upload = cloud.uploads().start(Bucket::Bundles, &bundle.zip_key(), "application/zip").await.unwrap();
    let noted = cloud.bundles().note_upload(&bundle, None, &upload.id, bundle.updated).await.unwrap();
    assert_eq!(noted.as_ref(), Some(&upload.id));
    let planned = parts(&manifest);
    let [Part::Upload(_), Part::Copy { object, range }, Part::Upload(_)] = &planned[..] else {
        panic!("{planned:?}");
    };
    let entry = &manifest.entries[*object];
    let source =
        CopySource { bucket: Bucket::Assets, key: &entry.key, etag: &entry.etag, range: range.clone() };
    cloud.uploads().copy_part(&upload, 2, source).await.unwrap();
    cloud.uploads().upload_part(&upload, 1, vec![0; 5].into()).await.unwrap();

    cloud.calls().reset();
    assert_eq!(stage.deliver(&bundle).await.batch_item_failures, []);
    assert_eq!((stage.calls(".ListParts"), stage.calls(".CreateMultipartUpload")), (1, 0));
    assert_eq!((stage.calls(".UploadPartCopy"), stage.calls(".UploadPart")), (0, 2));
    holds(&stage.zip(&bundle).await, &[("a.jpg", &a), ("b.tif", &b)]);
    stage.nothing_is_left_over().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_gone_is_begun_anew() {
    let stage = stage().await;
    let (a, b) = (bytes(1, 3_000), bytes(2, 12 * MIB));
    let manifest = Manifest { entries: vec![stage.file("a.jpg", &a).await, stage.file("b.tif", &b).await] };
    let bundle = stage.ask(&manifest).await;
    let upload =
        stage.cloud.uploads().start(Bucket::Bundles, &bundle.zip_key(), "application/zip").await.unwrap();
    stage.cloud.bundles().note_upload(&bundle, None, &upload.id, bundle.updated).await.unwrap();
    stage.cloud.uploads().abort(&upload).await.unwrap();
    stage.cloud.uploads().abort(&upload).await.unwrap();
    assert_eq!(stage.deliver(&bundle).await.batch_item_failures, []);
    holds(&stage.zip(&bundle).await, &[("a.jpg", &a), ("b.tif", &b)]);
    stage.nothing_is_left_over().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zip_completed_before_the_word_of_it_was_lost_is_not_made_again() {
    let stage = stage().await;
    let (a, b) = (bytes(1, 3_000), bytes(2, 12 * MIB));
    let manifest = Manifest { entries: vec![stage.file("a.jpg", &a).await, stage.file("b.tif", &b).await] };
    let bundle = stage.ask(&manifest).await;
    // The worker read the row before the first one finished.
    let (first, second) = tokio::join!(stage.deliver(&bundle), stage.deliver(&bundle));
    assert_eq!((first.batch_item_failures, second.batch_item_failures), (vec![], vec![]));
    holds(&stage.zip(&bundle).await, &[("a.jpg", &a), ("b.tif", &b)]);
    stage.nothing_is_left_over().await;

    // Failed by hand and asked for anew, it finds the zip standing.
    let mut row = stage.row(&bundle).await;
    row.status = BundleStatus::Failed;
    let other = domain::bundle::Bundle { link: domain::id::LinkId::of("other"), ..row };
    let standing = stage.cloud.objects(Bucket::Bundles).bytes(&bundle.zip_key(), None, None).await.unwrap();
    let frozen = manifest.freeze();
    let crc32 = Some(crc32fast::hash(&standing));
    for (key, bytes, crc32) in
        [(other.zip_key(), standing, crc32), (other.manifest_key(), frozen.into(), None)]
    {
        stage.cloud.objects(Bucket::Bundles).put(&key, "application/zip", bytes, crc32).await.unwrap();
    }
    stage.cloud.bundles().put(&other, None).await.unwrap();
    let anew = domain::bundle::Bundle { status: BundleStatus::Preparing, done_bytes: 0, ..other };
    assert_eq!(stage.cloud.bundles().put(&anew, None).await.unwrap(), aws::rows::bundles::PutBundle::New);
    stage.cloud.calls().reset();
    assert_eq!(stage.deliver(&anew).await.batch_item_failures, []);
    assert_eq!(stage.row(&anew).await.status, BundleStatus::Ready);
    assert_eq!((stage.calls(".CreateMultipartUpload"), stage.calls(".UploadPart")), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_replaced_meanwhile_fails_the_bundle_in_words_and_leaves_nothing() {
    for (changed, size) in [("Fotos/x.jpg", 12 * MIB), ("Fotos/y.jpg", 900), ("Fotos/gone.jpg", 12 * MIB)] {
        let stage = stage().await;
        let mut manifest = Manifest { entries: Vec::new() };
        manifest.entries.push(stage.file("first.tif", &bytes(1, 11 * MIB)).await);
        manifest.entries.push(stage.file(changed, &bytes(2, size)).await);
        if changed == "Fotos/gone.jpg" {
            stage.cloud.objects(Bucket::Assets).delete(&manifest.entries[1].key).await.unwrap();
        } else {
            stage.file(changed, &bytes(3, size)).await;
        }
        let bundle = stage.ask(&manifest).await;
        assert_eq!(stage.deliver(&bundle).await.batch_item_failures, [], "it need not come again");
        let row = stage.row(&bundle).await;
        let name = changed.rsplit('/').next().unwrap();
        let words = format!("“{name}” was replaced while the zip was being made. Start the download again.");
        assert_eq!((row.status, row.reason), (BundleStatus::Failed, Some(words)));
        assert_eq!(stage.cloud.objects(Bucket::Bundles).head(&bundle.zip_key()).await.unwrap(), None);
        stage.nothing_is_left_over().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checksum_that_is_not_the_files_is_never_offered() {
    let stage = stage().await;
    let small = stage.file("a.jpg", &bytes(1, 3_000)).await;
    for large in [100, 12 * MIB] {
        let mut wrong = stage.file("b.tif", &bytes(2, large)).await;
        wrong.crc32 ^= 1;
        let bundle = stage.ask(&Manifest { entries: vec![small.clone(), wrong] }).await;
        stage.deliver(&bundle).await;
        assert_ne!(stage.row(&bundle).await.status, BundleStatus::Ready);
        assert_eq!(stage.cloud.objects(Bucket::Bundles).head(&bundle.zip_key()).await.unwrap(), None);
        if large > MIB {
            assert_eq!(stage.row(&bundle).await.status, BundleStatus::Failed);
            stage.nothing_is_left_over().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_brings_the_message_back_until_the_last_time() {
    let stage = stage().await;
    let manifest = Manifest { entries: vec![stage.file("a.jpg", &bytes(1, 3_000)).await] };
    let bundle = stage.ask(&manifest).await;
    let away = stage.without_store();
    let failures = |answer: aws_lambda_events::sqs::SqsBatchResponse| {
        answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect::<Vec<_>>()
    };
    assert_eq!(failures(deliver(&away, &bundle, 1).await), ["m1"]);
    assert_eq!(stage.row(&bundle).await.status, BundleStatus::Preparing);
    assert_eq!(failures(deliver(&away, &bundle, 5).await), ["m1"], "it goes to the dead letters");
    let row = stage.row(&bundle).await;
    assert_eq!(row.status, BundleStatus::Failed);
    assert!(row.reason.unwrap().starts_with("The zip could not be made."));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_wanted_is_not_built_and_what_is_not_ours_comes_again() {
    let stage = stage().await;
    let manifest = Manifest { entries: vec![stage.file("a.jpg", &bytes(1, 3_000)).await] };
    let bundle = stage.ask(&manifest).await;
    let deleted = domain::bundle::Bundle { link: domain::id::LinkId::of("deleted"), ..bundle.clone() };
    let mut stranger = message(&bundle, 1);
    stranger.message_id = Some("m2".into());
    stranger.body = Some("{\"bundle\": \"../../etc\"}".into());
    let mut event = SqsEvent::default();
    event.records = vec![message(&deleted, 1), stranger, message(&bundle, 1)];
    let cloud = stage.cloud.clone();
    // In a task of its own, as on Lambda: what `handle` gives may move between threads.
    let answer = tokio::spawn(async move { handle(event, &cloud).await }).await.unwrap().unwrap();
    let failed: Vec<&str> =
        answer.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
    assert_eq!(failed, ["m2"]);
    assert_eq!(stage.row(&bundle).await.status, BundleStatus::Ready);
    assert_eq!(stage.cloud.objects(Bucket::Bundles).head(&deleted.zip_key()).await.unwrap(), None);
    let stray = Upload { bucket: Bucket::Bundles, key: bundle.zip_key(), id: "never".into() };
    assert_eq!(stage.cloud.uploads().list_parts(&stray).await.unwrap(), None);
}
