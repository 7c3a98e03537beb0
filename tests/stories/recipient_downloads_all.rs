//! Download all: one zip with every file unchanged, which common programs can open.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use e2e::needs::{BSDTAR, PYTHON, SEVEN_ZIP, UNZIP, needs};
use e2e::{Recipient, Site, files, story};
use serde_json::json;

/// Reads every entry to its end, which checks its CRC (`python3 -m zipfile -t` exits 0 even where one is bad).
const PYTHON_EXTRACTS: &str = "
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    for entry in z.infolist():
        assert entry.date_time >= (2026, 1, 1, 0, 0, 0), entry.date_time
    z.extractall(sys.argv[2])
";

fn run(command: &mut Command) -> Output {
    // Without a UTF-8 locale some programs change Unicode names.
    let output = command.env("LC_ALL", "C.UTF-8").output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {out}{err}");
    output
}

/// Extracts a zip with each program; returns the files by program.
fn extract_with_all(zip: &Path) -> Vec<(&'static str, BTreeMap<String, Vec<u8>>)> {
    needs(&[UNZIP, SEVEN_ZIP, BSDTAR, PYTHON]);
    let tested = run(Command::new("unzip").arg("-t").arg(zip));
    assert!(String::from_utf8_lossy(&tested.stdout).contains("No errors detected"));
    run(Command::new("7z").arg("t").arg(zip));
    let into = |name: &str| {
        let folder = zip.with_file_name(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    };
    let (unzip, seven, bsdtar, python) = (into("unzip"), into("7z"), into("bsdtar"), into("python"));
    run(Command::new("unzip").arg("-q").arg(zip).arg("-d").arg(&unzip));
    run(Command::new("7z").arg("x").arg(format!("-o{}", seven.display())).arg(zip));
    run(Command::new("python3").args(["-c", PYTHON_EXTRACTS]).arg(zip).arg(&python));
    // From a pipe, so that it can only read forwards.
    let mut cat = Command::new("cat").arg(zip).stdout(Stdio::piped()).spawn().unwrap();
    let pipe = cat.stdout.take().unwrap();
    run(Command::new("bsdtar").args(["-xf", "-", "-C"]).arg(&bsdtar).stdin(pipe));
    assert!(cat.wait().unwrap().success());
    vec![
        ("unzip", files::tree(&unzip)),
        ("7z", files::tree(&seven)),
        ("bsdtar", files::tree(&bsdtar)),
        ("python", files::tree(&python)),
    ]
}

#[test]
fn the_zip_of_a_folder_contains_every_file_unchanged() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Autumn", json!({"title": "Herbst/秋 \"2026\""})).await;
        let recipient = Recipient::new();
        let all = json!({"assets": "all", "renditions": ["original"]});
        let requested = recipient.ask_bundle(&link, all).await.is(202).json();
        let id = recipient.bundle_all(&link).await;
        assert_eq!(requested["id"], id.as_str(), "the same content is the same bundle");
        let bundle = recipient.get(&link, &format!("/bundles/{id}")).await.is(200).json();
        assert_eq!((&bundle["files"], &bundle["status"]), (&json!(7), &json!("ready")));
        assert_eq!(bundle["done_bytes"], bundle["bytes"]);
        let saved = recipient.save_bundle(&link, &id).await;
        assert_eq!(bundle["bytes"], saved.bytes.len());
        assert_eq!(saved.name, "Herbst_秋 \"2026\".zip");

        let folder = site.folder("the zip of a folder");
        let zip = folder.join("all.zip");
        fs::write(&zip, &saved.bytes).unwrap();
        let mut expected: BTreeMap<_, _> = files::tree(&site.library().join("Autumn"));
        expected.retain(|path, _| !path.contains('/'));
        for (program, mut found) in extract_with_all(&zip) {
            let folded: HashSet<_> = found.keys().map(|name| name.to_lowercase()).collect();
            assert_eq!(folded.len(), found.len(), "{program}: names are unique regardless of case");
            // Two names differ only in case, so one of them got a number.
            let renamed = found.keys().find(|name| name.contains("(2)")).cloned().unwrap();
            let content = found.remove(&renamed).unwrap();
            let own_name = renamed.replace(" (2)", "");
            assert!(found.insert(own_name, content).is_none());
            assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{program}");
            assert!(found == expected, "{program}: contents");
        }
    });
}

#[test]
fn the_zip_of_a_tree_keeps_its_folders() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let tree = json!({"kind": "folder", "id": carl.folder("Autumn").await, "include_subfolders": true});
        let link = carl.share(tree, json!({})).await;
        let recipient = Recipient::new();
        let id = recipient.bundle_all(&link).await;
        let saved = recipient.save_bundle(&link, &id).await;
        let zip = site.folder("the zip of a tree").join("all.zip");
        fs::write(&zip, &saved.bytes).unwrap();
        for (program, found) in extract_with_all(&zip) {
            assert_eq!(found.len(), 9, "{program}: {:?}", found.keys());
            let moon = found.iter().find(|(path, _)| path.ends_with("Night/moon.jpg")).unwrap();
            assert_eq!(moon.1, &site.file("Autumn/Night/moon.jpg"), "{program}");
            assert!(found.keys().any(|path| path.ends_with("forest path.jpg") && !path.contains("Night")));
        }
    });
}

#[test]
fn a_zip_can_contain_some_files_in_several_renditions() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let options = json!({"options": {"original": true, "preview": true}});
        let link = carl.share_folder("Product", options).await;
        let recipient = Recipient::new();
        let selected = [carl.asset_id("Product/back.jpg").await, carl.asset_id("Product/side 2.jpg").await];
        let body = json!({"assets": selected, "renditions": ["original", "preview"]});
        let id = recipient.bundle(&link, body.clone()).await;
        assert_eq!(recipient.bundle(&link, body).await, id);
        assert_ne!(recipient.bundle_all(&link).await, id);
        let saved = recipient.save_bundle(&link, &id).await;
        let zip = site.folder("some files").join("some.zip");
        fs::write(&zip, &saved.bytes).unwrap();
        for (program, found) in extract_with_all(&zip) {
            assert_eq!(found.len(), 4, "{program}: {:?}", found.keys());
            let originals = found.values().filter(|content| {
                **content == site.file("Product/back.jpg") || **content == site.file("Product/side 2.jpg")
            });
            assert_eq!(originals.count(), 2, "{program}");
        }
    });
}

#[test]
fn a_zip_can_be_resumed() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        let recipient = Recipient::new();
        let id = recipient.bundle_all(&link).await;
        let sent = recipient.get(&link, &format!("/bundles/{id}/file")).await.is(302);
        let whole = recipient.follow(&sent).await.bytes;
        let client = reqwest::Client::new();
        let head = client.get(sent.header("location")).header("range", "bytes=0-0").send().await.unwrap();
        let tag = head.headers()["etag"].clone();
        let half = whole.len() / 2;
        let rest = client
            .get(sent.header("location"))
            .header("range", format!("bytes={half}-"))
            .header("if-range", tag)
            .send()
            .await
            .unwrap();
        assert_eq!(rest.status().as_u16(), 206);
        assert_eq!(rest.bytes().await.unwrap(), whole[half..]);
    });
}
