//! Tests of the whole site: it starts, answers, refuses a second start, stops, and continues after a restart.
#![expect(clippy::unwrap_used, reason = "an unexpected value fails the test at once")]

use std::{fs, path::Path, time::Duration};

use local::carrier::MailSetting;
use local::stack::{Settings, Stack, StartError};
use tempfile::TempDir;

struct Folders {
    library: TempDir,
    data: TempDir,
}

fn folders() -> Folders {
    let folders = Folders { library: tempfile::tempdir().unwrap(), data: tempfile::tempdir().unwrap() };
    fs::write(folders.library.path().join("read me.txt"), "hello").unwrap();
    folders
}

fn settings(library: &Path, data: &Path, port: u16) -> Settings {
    Settings {
        library: Some(library.to_owned()),
        data: data.to_owned(),
        port,
        public_url: None,
        store_url: None,
        proxies: 1,
        provider: None,
        groups_claim: aws::cloud::COGNITO_GROUPS.to_owned(),
        mail: MailSetting::Kept,
    }
}

async fn start(folders: &Folders, port: u16) -> Result<Stack, StartError> {
    Stack::start(settings(folders.library.path(), folders.data.path(), port)).await
}

async fn status(stack: &Stack, path: &str) -> u16 {
    reqwest::get(format!("{}{path}", stack.url())).await.unwrap().status().as_u16()
}

fn port(stack: &Stack) -> u16 {
    stack.url().rsplit(':').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_answers_and_continues_after_a_restart() {
    let folders = folders();
    let stack = start(&folders, 0).await.unwrap();
    assert_eq!(status(&stack, "/").await, 200);
    assert_eq!(status(&stack, "/api/me").await, 401);
    assert_eq!(status(&stack, "/auth/jwks.json").await, 200);
    let (token, before) = (stack.access_token("cora").unwrap(), port(&stack));
    let started = std::time::Instant::now();
    stack.stop().await;
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());

    let again = start(&folders, before).await.unwrap();
    assert_eq!(port(&again), before);
    let me = reqwest::Client::new().get(format!("{}/api/me", again.url())).bearer_auth(token);
    assert_ne!(me.send().await.unwrap().status().as_u16(), 401, "the key is kept, so tokens are still valid");
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_can_not_start_says_why() {
    let (one, two) = (folders(), folders());
    let stack = start(&one, 0).await.unwrap();
    assert!(matches!(start(&one, 0).await, Err(StartError::Data(_))));
    let taken = start(&two, port(&stack)).await.err().unwrap();
    assert!(taken.to_string().contains("--port"), "{taken}");
    let empty = tempfile::tempdir().unwrap();
    let settings = settings(empty.path(), two.data.path(), 0);
    assert!(matches!(Stack::start(settings).await, Err(StartError::Library(_))));
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_library_is_never_written() {
    let folders = folders();
    let before = fs::metadata(folders.library.path().join("read me.txt")).unwrap();
    let stack = start(&folders, 0).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    stack.stop().await;
    let names: Vec<_> =
        fs::read_dir(folders.library.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["read me.txt"]);
    let after = fs::metadata(folders.library.path().join("read me.txt")).unwrap();
    assert_eq!(after.modified().unwrap(), before.modified().unwrap());
    assert_eq!(fs::read_to_string(folders.library.path().join("read me.txt")).unwrap(), "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_try_is_made_once() {
    let folders = folders();
    let stack = start(&folders, 0).await.unwrap();
    let url = stack.link_to_try().await.unwrap();
    let site = port(&stack);
    let client = reqwest::Client::new();
    let page = client.get(&url).header("accept", "application/json").send().await.unwrap();
    let page: serde_json::Value = page.json().await.unwrap();
    assert_eq!((&page["state"], &page["asset_count"]), (&"open".into(), &1.into()));
    stack.stop().await;

    let again = start(&folders, site).await.unwrap();
    assert_eq!(again.link_to_try().await.as_ref(), Some(&url));
    let ada = again.access_token("ada").unwrap();
    let links = client.get(format!("{}/api/links", again.url())).bearer_auth(&ada).send().await.unwrap();
    let links: serde_json::Value = links.json().await.unwrap();
    assert_eq!(links["items"].as_array().unwrap().len(), 1);
    let id = links["items"][0]["id"].as_str().unwrap();
    let deleted =
        client.delete(format!("{}/api/links/{id}", again.url())).bearer_auth(&ada).send().await.unwrap();
    assert_eq!(deleted.status().as_u16(), 204);
    assert_eq!(again.link_to_try().await, None, "a deleted link is not made again");
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_put_into_the_folder_can_be_downloaded() {
    let folders = folders();
    let stack = start(&folders, 0).await.unwrap();
    let url = stack.link_to_try().await.unwrap();
    fs::write(folders.library.path().join("Gr\u{fc}\u{df}e 日本.txt"), "from far").unwrap();
    let client = reqwest::Client::new();
    let mut found = None;
    for _ in 0..200 {
        let page: serde_json::Value =
            client.get(format!("{url}/assets")).send().await.unwrap().json().await.unwrap();
        let assets = page["items"].as_array().unwrap();
        found = assets.iter().find(|a| a["name"] == "Gr\u{fc}\u{df}e 日本.txt").cloned();
        if found.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let asset = found.expect("the folder is followed");
    let file = format!("{}{}", stack.url(), asset["downloads"][0]["url"].as_str().unwrap());
    let file = client.get(file).send().await.unwrap();
    assert_eq!(file.status().as_u16(), 200);
    assert_eq!(file.text().await.unwrap(), "from far");
    stack.stop().await;
}
