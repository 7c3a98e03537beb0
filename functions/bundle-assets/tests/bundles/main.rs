//! Bundles built on embedded stores and checked with independent unzip programs.
#![expect(clippy::unwrap_used, reason = "a test fails at the first unexpected value")]

mod scene;

use aws::objects::multipart::{CopySource, Upload};
use bundle_assets::handle;
use domain::bundle::zip::Part;
use domain::bundle::{Bundle, BundleStatus, Manifest};
use domain::id::LinkId;
use domain::object::Bucket;

use scene::{MIB, bytes, deliver, holds, message, parts, scene};

#[tokio::test(flavor = "multi_thread")]
async fn large_files_are_copied_inside_s3_and_small_ones_fill_the_gaps() {
    let scene = scene().await;
    let (a, b, c) = (bytes(1, 3_000), bytes(2, 12 * MIB), bytes(3, 0));
    let (d, e) = (bytes(4, 700_000), bytes(5, 9 * MIB));
    let files: [(&str, &[u8]); 5] =
        [("a.jpg", &a), ("Müller 日本/b +100%?.tif", &b), ("empty.txt", &c), ("d.jpg", &d), ("e.bin", &e)];
    let (manifest, bundle) = scene.ask_for(&files).await;
    scene.cloud.calls().reset();
    assert_eq!(scene.deliver(&bundle).await.batch_item_failures, []);

    let copies = parts(&manifest).iter().filter(|part| matches!(part, Part::Copy { .. })).count();
    assert_eq!(copies, 1);
    assert_eq!(scene.calls_of(".UploadPartCopy"), 1);
    assert_eq!(scene.calls_of(".UploadPart") as usize, parts(&manifest).len() - copies);
    holds(&scene.zip(&bundle).await, &files);
    scene.nothing_is_left_over().await;

    // The message comes a second time, when the zip is ready: nothing is done.
    scene.cloud.calls().reset();
    assert_eq!(scene.deliver(&bundle).await.batch_item_failures, []);
    assert_eq!(scene.calls(|_| true), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_zip_is_written_in_one_request() {
    let scene = scene().await;
    let content = bytes(7, 5_000);
    let names: Vec<String> = (0..150).map(|n| format!("Ordner {}/{n}.txt", n % 7)).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), content.as_slice())).collect();
    let (_, bundle) = scene.ask_for(&files).await;
    scene.cloud.calls().reset();
    assert_eq!(scene.deliver(&bundle).await.batch_item_failures, []);
    assert_eq!((scene.calls_of(".PutObject"), scene.calls_of("MultipartUpload")), (1, 0));
    holds(&scene.zip(&bundle).await, &files);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_message_builds_only_the_missing_parts() {
    let scene = scene().await;
    let (a, b) = (bytes(1, 3_000), bytes(2, 12 * MIB));
    let files: [(&str, &[u8]); 2] = [("a.jpg", &a), ("b.tif", &b)];
    let (manifest, bundle) = scene.ask_for(&files).await;

    // A worker was killed after it had copied one part and written another with the wrong size.
    let cloud = &scene.cloud;
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
    assert_eq!(scene.deliver(&bundle).await.batch_item_failures, []);
    assert_eq!((scene.calls_of(".ListParts"), scene.calls_of(".CreateMultipartUpload")), (1, 0));
    assert_eq!((scene.calls_of(".UploadPartCopy"), scene.calls_of(".UploadPart")), (0, 2));
    holds(&scene.zip(&bundle).await, &files);
    scene.nothing_is_left_over().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_upload_is_started_again() {
    let scene = scene().await;
    let (a, b) = (bytes(1, 3_000), bytes(2, 12 * MIB));
    let files: [(&str, &[u8]); 2] = [("a.jpg", &a), ("b.tif", &b)];
    let (_, bundle) = scene.ask_for(&files).await;
    let upload =
        scene.cloud.uploads().start(Bucket::Bundles, &bundle.zip_key(), "application/zip").await.unwrap();
    scene.cloud.bundles().note_upload(&bundle, None, &upload.id, bundle.updated).await.unwrap();
    scene.cloud.uploads().abort(&upload).await.unwrap();
    scene.cloud.uploads().abort(&upload).await.unwrap();
    assert_eq!(scene.deliver(&bundle).await.batch_item_failures, []);
    holds(&scene.zip(&bundle).await, &files);
    scene.nothing_is_left_over().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completed_zip_whose_status_was_not_written_is_not_built_again() {
    let scene = scene().await;
    let (a, b) = (bytes(1, 3_000), bytes(2, 12 * MIB));
    let files: [(&str, &[u8]); 2] = [("a.jpg", &a), ("b.tif", &b)];
    let (manifest, bundle) = scene.ask_for(&files).await;
    // The worker read the row before the first one finished.
    let (first, second) = tokio::join!(scene.deliver(&bundle), scene.deliver(&bundle));
    assert_eq!((first.batch_item_failures, second.batch_item_failures), (vec![], vec![]));
    holds(&scene.zip(&bundle).await, &files);
    scene.nothing_is_left_over().await;

    // Requested again after a failure, it finds the finished zip.
    let mut row = scene.row(&bundle).await;
    row.status = BundleStatus::Failed;
    let other = Bundle { link: LinkId::of("other"), ..row };
    let standing = scene.cloud.objects(Bucket::Bundles).bytes(&bundle.zip_key(), None, None).await.unwrap();
    let frozen = manifest.freeze();
    let crc32 = Some(crc32fast::hash(&standing));
    for (key, bytes, crc32) in
        [(other.zip_key(), standing, crc32), (other.manifest_key(), frozen.into(), None)]
    {
        scene.cloud.objects(Bucket::Bundles).put(&key, "application/zip", bytes, crc32).await.unwrap();
    }
    scene.cloud.bundles().put(&other, None).await.unwrap();
    let anew = Bundle { status: BundleStatus::Preparing, done_bytes: 0, ..other };
    assert_eq!(scene.cloud.bundles().put(&anew, None).await.unwrap(), aws::rows::bundles::PutBundle::New);
    scene.cloud.calls().reset();
    assert_eq!(scene.deliver(&anew).await.batch_item_failures, []);
    assert_eq!(scene.row(&anew).await.status, BundleStatus::Ready);
    assert_eq!((scene.calls_of(".CreateMultipartUpload"), scene.calls_of(".UploadPart")), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_replaced_fails_the_bundle_with_a_reason_and_leaves_no_object() {
    for (changed, size) in [("Fotos/x.jpg", 12 * MIB), ("Fotos/y.jpg", 900), ("Fotos/gone.jpg", 12 * MIB)] {
        let scene = scene().await;
        let mut manifest = Manifest { entries: Vec::new() };
        manifest.entries.push(scene.file("first.tif", &bytes(1, 11 * MIB)).await);
        manifest.entries.push(scene.file(changed, &bytes(2, size)).await);
        if changed == "Fotos/gone.jpg" {
            scene.cloud.objects(Bucket::Assets).delete(&manifest.entries[1].key).await.unwrap();
        } else {
            scene.file(changed, &bytes(3, size)).await;
        }
        let bundle = scene.ask(&manifest).await;
        assert_eq!(scene.deliver(&bundle).await.batch_item_failures, [], "the message is done");
        let row = scene.row(&bundle).await;
        let name = changed.rsplit('/').next().unwrap();
        let words = format!("“{name}” was replaced while the zip was being made. Start the download again.");
        assert_eq!((row.status, row.reason), (BundleStatus::Failed, Some(words)));
        assert_eq!(scene.cloud.objects(Bucket::Bundles).head(&bundle.zip_key()).await.unwrap(), None);
        scene.nothing_is_left_over().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zip_with_a_wrong_checksum_is_never_ready() {
    let scene = scene().await;
    let small = scene.file("a.jpg", &bytes(1, 3_000)).await;
    for large in [100, 12 * MIB] {
        let mut wrong = scene.file("b.tif", &bytes(2, large)).await;
        wrong.crc32 ^= 1;
        let bundle = scene.ask(&Manifest { entries: vec![small.clone(), wrong] }).await;
        scene.deliver(&bundle).await;
        assert_ne!(scene.row(&bundle).await.status, BundleStatus::Ready);
        assert_eq!(scene.cloud.objects(Bucket::Bundles).head(&bundle.zip_key()).await.unwrap(), None);
        if large > MIB {
            assert_eq!(scene.row(&bundle).await.status, BundleStatus::Failed);
            scene.nothing_is_left_over().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_answers_returns_the_message_to_the_queue_until_the_last_delivery() {
    let scene = scene().await;
    let (_, bundle) = scene.ask_for(&[("a.jpg", &bytes(1, 3_000))]).await;
    let away = scene.without_store();
    let failures = |answer: aws_lambda_events::sqs::SqsBatchResponse| {
        answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect::<Vec<_>>()
    };
    assert_eq!(failures(deliver(&away, &bundle, 1).await), ["m-1"]);
    assert_eq!(scene.row(&bundle).await.status, BundleStatus::Preparing);
    assert_eq!(failures(deliver(&away, &bundle, 5).await), ["m-1"], "it goes to the dead-letter queue");
    let row = scene.row(&bundle).await;
    assert_eq!(row.status, BundleStatus::Failed);
    assert!(row.reason.unwrap().starts_with("The zip could not be made."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_bundle_is_not_built_and_an_unknown_message_stays_in_the_queue() {
    let scene = scene().await;
    let (_, bundle) = scene.ask_for(&[("a.jpg", &bytes(1, 3_000))]).await;
    let deleted = Bundle { link: LinkId::of("deleted"), ..bundle.clone() };
    let mut stranger = message(&bundle, 1);
    stranger.message_id = Some("m-2".into());
    stranger.body = Some("{\"bundle\": \"../../etc\"}".into());
    let event = stage::batch([message(&deleted, 1), stranger, message(&bundle, 1)]);
    let cloud = scene.cloud.clone();
    // In a task of its own, as on Lambda, so that the future must be `Send`.
    let answer = tokio::spawn(async move { handle(event, &cloud).await }).await.unwrap().unwrap();
    let failed: Vec<&str> =
        answer.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
    assert_eq!(failed, ["m-2"]);
    assert_eq!(scene.row(&bundle).await.status, BundleStatus::Ready);
    assert_eq!(scene.cloud.objects(Bucket::Bundles).head(&deleted.zip_key()).await.unwrap(), None);
    let stray = Upload { bucket: Bucket::Bundles, key: bundle.zip_key(), id: "never".into() };
    assert_eq!(scene.cloud.uploads().list_parts(&stray).await.unwrap(), None);
}
