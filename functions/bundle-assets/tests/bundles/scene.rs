//! The scene of the tests: a library, and requested bundles.

use std::path::Path;
use std::process::Command;

use aws::Cloud;
use aws::rows::bundles::PutBundle;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsMessage};
use bundle_assets::handle;
use domain::bundle::zip::{Limits, Part, layout, partition};
use domain::bundle::{Bundle, BundleStatus, Manifest, ManifestEntry};
use domain::event::BuildBundle;
use domain::id::{BundleId, LinkId};
use domain::object::Bucket;
use stage::{Stores, UNREACHABLE, samples};

pub const MIB: usize = 1 << 20;

pub struct Scene {
    stores: Stores,
}

stage::on_stores!(Scene);

pub async fn scene() -> Scene {
    Scene { stores: Stores::open().await }
}

/// Bytes that differ from one `seed` to the next.
pub fn bytes(seed: u8, length: usize) -> Vec<u8> {
    let mut state = u64::from(seed) * 2 + 1;
    let step = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..length).map(step).collect()
}

impl Scene {
    /// The same table, with an S3 that does not answer.
    pub fn without_store(&self) -> Cloud {
        self.cloud_with(|settings| settings.s3_url = Some(UNREACHABLE.into()))
    }

    /// Puts a file into the library.
    pub async fn file(&self, name: &str, bytes: &[u8]) -> ManifestEntry {
        let key = format!("library/{name}");
        let crc32 = crc32fast::hash(bytes);
        let put = self.cloud.objects(Bucket::Assets).put(
            &key,
            "application/octet-stream",
            bytes.to_vec().into(),
            Some(crc32),
        );
        let (etag, size) = (put.await.unwrap(), bytes.len() as u64);
        let modified = "2026-11-24T12:34:56Z".parse().unwrap();
        ManifestEntry { name: name.to_owned(), key, etag, size, crc32, modified }
    }

    /// Puts files into the library and requests a bundle of them.
    pub async fn ask_for(&self, files: &[(&str, &[u8])]) -> (Manifest, Bundle) {
        let mut manifest = Manifest { entries: Vec::new() };
        for (name, bytes) in files {
            manifest.entries.push(self.file(name, bytes).await);
        }
        let bundle = self.ask(&manifest).await;
        (manifest, bundle)
    }

    /// Requests a bundle, as `download-assets` does.
    pub async fn ask(&self, manifest: &Manifest) -> Bundle {
        let frozen = manifest.freeze();
        let bundle = Bundle {
            id: BundleId::of(&frozen),
            files: manifest.entries.len() as u64,
            bytes: layout(&manifest.zip_entries()).unwrap().size,
            done_bytes: 0,
            ..samples::bundle(&LinkId::of("token"), "")
        };
        let (key, json) = (bundle.manifest_key(), "application/json");
        self.cloud.objects(Bucket::Bundles).put(&key, json, frozen.into(), None).await.unwrap();
        assert_eq!(self.cloud.bundles().put(&bundle, None).await.unwrap(), PutBundle::New);
        bundle
    }

    /// The bundle's row as it is now.
    pub async fn row(&self, bundle: &Bundle) -> Bundle {
        self.cloud.bundles().find(&bundle.link, &bundle.id).await.unwrap().unwrap()
    }

    /// Delivers a bundle's message for the first time.
    pub async fn deliver(&self, bundle: &Bundle) -> SqsBatchResponse {
        deliver(&self.cloud, bundle, 1).await
    }

    /// How many requests of a kind went out since the last reset.
    pub fn calls_of(&self, kind: &str) -> u64 {
        self.calls(|name| name.ends_with(kind))
    }

    pub async fn nothing_is_left_over(&self) {
        assert_eq!(self.cloud.uploads().list(Bucket::Bundles, "", None).await.unwrap().uploads, []);
    }

    /// The zip of a bundle that is ready, as a file.
    pub async fn zip(&self, bundle: &Bundle) -> std::path::PathBuf {
        let row = self.row(bundle).await;
        assert_eq!((row.status, row.reason.clone()), (BundleStatus::Ready, None));
        assert_eq!((row.done_bytes, row.upload_id), (bundle.bytes, None));
        let zip = self.cloud.objects(Bucket::Bundles).bytes(&bundle.zip_key(), None, None).await.unwrap();
        assert_eq!(zip.len() as u64, bundle.bytes);
        let path = self.folder().join(format!("{}.zip", bundle.id));
        std::fs::write(&path, zip).unwrap();
        path
    }
}

/// The parts a worker will plan.
pub fn parts(manifest: &Manifest) -> Vec<Part<usize>> {
    partition(layout(&manifest.zip_entries()).unwrap().segments, &Limits::default()).unwrap()
}

pub fn message(bundle: &Bundle, receives: u32) -> SqsMessage {
    let body = BuildBundle { link: bundle.link.clone(), bundle: bundle.id.clone() };
    stage::delivered(serde_json::to_string(&body).unwrap(), receives)
}

pub async fn deliver(cloud: &Cloud, bundle: &Bundle, receives: u32) -> SqsBatchResponse {
    handle(stage::batch([message(bundle, receives)]), cloud).await.unwrap()
}

/// Compares a zip with its files by Python's zipfile, and tests it with Info-ZIP's unzip.
pub fn holds(zip: &Path, files: &[(&str, &[u8])]) {
    let script = "import sys, zipfile, zlib\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\n\
                  for i in z.infolist(): print(i.filename, len(z.read(i)), zlib.crc32(z.read(i)), *i.date_time)";
    let python = Command::new("python3").args(["-X", "utf8", "-c", script]).arg(zip).output().unwrap();
    assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
    let expected: Vec<String> = files
        .iter()
        .map(|(name, bytes)| format!("{name} {} {} 2026 11 24 12 34 56", bytes.len(), crc32fast::hash(bytes)))
        .collect();
    assert_eq!(String::from_utf8(python.stdout).unwrap().lines().collect::<Vec<_>>(), expected);
    let unzip = Command::new("unzip").arg("-tq").arg(zip).output().unwrap();
    assert!(unzip.status.success(), "{}", String::from_utf8_lossy(&unzip.stdout));
}
