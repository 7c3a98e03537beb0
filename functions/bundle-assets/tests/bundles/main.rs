//! Bundles built on embedded stores, and held against independent unzip programs.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected fails there and then")]

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

    // The same message again, late: nothing is done.
    scene.cloud.calls().reset();
    assert_eq!(scene.deliver(&bundle).await.batch_item_failures, []);
    assert_eq!(scene.calls(|_| true), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_zip_is_one_object_put_at_once() {
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
async fn a_message_that_comes_again_goes_on_with_the_parts_that_are_missing() {
    let scene = scene().await;
    let (a, b) = (bytes(1, 3_000), bytes(2, 12 * MIB));
    let files: [(&str, &[u8]); 2] = [("a.jpg", &a), ("b.tif", &b)];
    let (manifest, bundle) = scene.ask_for(&files).await;

    // What a worker did before it was killed: the copy stands, and a part of the wrong size.
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
async fn an_upload_that_is_gone_is_begun_anew() {
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
async fn a_zip_completed_before_the_word_of_it_was_lost_is_not_made_again() {
    let scene = scene().await;
    let (a, b) = (bytes(1, 3_000), bytes(2, 12 * MIB));
    let files: [(&str, &[u8]); 2] = [("a.jpg", &a), ("b.tif", &b)];
    let (manifest, bundle) = scene.ask_for(&files).await;
    // The worker read the row before the first one finished.
    let (first, second) = tokio::join!(scene.deliver(&bundle), scene.deliver(&bundle));
    assert_eq!((first.batch_item_failures, second.batch_item_failures), (vec![], vec![]));
    holds(&scene.zip(&bundle).await, &files);
    scene.nothing_is_left_over().await;

    // Failed by hand and asked for anew, it finds the zip standing.
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
async fn a_file_replaced_meanwhile_fails_the_bundle_in_words_and_leaves_nothing() {
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
        assert_eq!(scene.deliver(&bundle).await.batch_item_failures, [], "it need not come again");
        let row = scene.row(&bundle).await;
        let name = changed.rsplit('/').next().unwrap();
        let words = format!("“{name}” was replaced while the zip was being made. Start the download again.");
        assert_eq!((row.status, row.reason), (BundleStatus::Failed, Some(words)));
        assert_eq!(scene.cloud.objects(Bucket::Bundles).head(&bundle.zip_key()).await.unwrap(), None);
        scene.nothing_is_left_over().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checksum_that_is_not_the_files_is_never_offered() {
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
async fn a_store_that_is_away_brings_the_message_back_until_the_last_time() {
    let scene = scene().await;
    let (_, bundle) = scene.ask_for(&[("a.jpg", &bytes(1, 3_000))]).await;
    let away = scene.without_store();
    let failures = |answer: aws_lambda_events::sqs::SqsBatchResponse| {
        answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect::<Vec<_>>()
    };
    assert_eq!(failures(deliver(&away, &bundle, 1).await), ["m-1"]);
    assert_eq!(scene.row(&bundle).await.status, BundleStatus::Preparing);
    assert_eq!(failures(deliver(&away, &bundle, 5).await), ["m-1"], "it goes to the dead letters");
    let row = scene.row(&bundle).await;
    assert_eq!(row.status, BundleStatus::Failed);
    assert!(row.reason.unwrap().starts_with("The zip could not be made."));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_wanted_is_not_built_and_what_is_not_ours_comes_again() {
    let scene = scene().await;
    let (_, bundle) = scene.ask_for(&[("a.jpg", &bytes(1, 3_000))]).await;
    let deleted = Bundle { link: LinkId::of("deleted"), ..bundle.clone() };
    let mut stranger = message(&bundle, 1);
    stranger.message_id = Some("m-2".into());
    stranger.body = Some("{\"bundle\": \"../../etc\"}".into());
    let event = stage::batch([message(&deleted, 1), stranger, message(&bundle, 1)]);
    let cloud = scene.cloud.clone();
    // In a task of its own, as on Lambda: what `handle` gives may move between threads.
    let answer = tokio::spawn(async move { handle(event, &cloud).await }).await.unwrap().unwrap();
    let failed: Vec<&str> =
        answer.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
    assert_eq!(failed, ["m-2"]);
    assert_eq!(scene.row(&bundle).await.status, BundleStatus::Ready);
    assert_eq!(scene.cloud.objects(Bucket::Bundles).head(&deleted.zip_key()).await.unwrap(), None);
    let stray = Upload { bucket: Bucket::Bundles, key: bundle.zip_key(), id: "never".into() };
    assert_eq!(scene.cloud.uploads().list_parts(&stray).await.unwrap(), None);
}
