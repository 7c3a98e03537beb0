use super::*;

use std::collections::BTreeSet;

use aws_lambda_events::s3::S3Event;
use jiff::SignedDuration;
use tempfile::TempDir;

use crate::queue::Rules;

struct Fixture {
    folder: TempDir,
    data: TempDir,
    queues: Queues,
    library: Library,
    scanner: Option<Scanner>,
}

fn fixture() -> Fixture {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let rules =
        Rules { name: "ingest", visibility: SignedDuration::from_secs(300), max_receives: 3, batched: false };
    let queues = Queues::open(&data.path().join("queue.sqlite"), &[rules]).unwrap();
    let root = fs::canonicalize(folder.path()).unwrap();
    let library = Library::new(root, data.path(), "vitrine-assets", "ingest");
    Fixture { folder, data, queues, library, scanner: None }
}

impl Fixture {
    /// Writes a file, and sets the time of its change a minute back.
    fn write(&self, name: &str, content: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        self.age(name, 60);
    }

    fn age(&self, name: &str, seconds: u64) {
        let file = fs::File::options().write(true).open(self.folder.path().join(name)).unwrap();
        let then = file.metadata().unwrap().modified().unwrap() - Duration::from_secs(seconds);
        file.set_modified(then).unwrap();
    }

    /// Scans once, and gives the events as `+key` and `-key`.
    async fn scan(&mut self) -> BTreeSet<String> {
        self.library.send_changes(&mut self.scanner, &self.queues).await.unwrap();
        self.receive_events().await
    }

    async fn receive_events(&self) -> BTreeSet<String> {
        let mut events = BTreeSet::new();
        loop {
            let messages = self.queues.receive("ingest", 100, None, aws::clock::now()).await.unwrap();
            if messages.is_empty() {
                return events;
            }
            for message in messages {
                let event: S3Event = serde_json::from_str(&message.body).unwrap();
                let record = &event.records[0];
                let sign = if record.event_name.as_deref() == Some("ObjectCreated:Put") { '+' } else { '-' };
                events.insert(format!("{sign}{}", record.s3.object.key.as_deref().unwrap()));
                self.queues.delete("ingest", &message.receipt).await.unwrap();
            }
        }
    }
}

fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(|i| (*i).to_owned()).collect()
}

#[tokio::test]
async fn new_changed_and_removed_files_have_one_event_each() {
    let mut fixture = fixture();
    fixture.write("a.jpg", "1");
    fixture.write("Été 1/ü 日.jpg", "1");
    assert_eq!(
        fixture.scan().await,
        set(&["+library/a.jpg", "+library/%C3%89t%C3%A9+1/%C3%BC+%E6%97%A5.jpg"])
    );
    assert_eq!(fixture.scan().await, set(&[]));
    fixture.write("a.jpg", "22");
    fs::remove_dir_all(fixture.folder.path().join("Été 1")).unwrap();
    assert_eq!(
        fixture.scan().await,
        set(&["+library/a.jpg", "-library/%C3%89t%C3%A9+1/%C3%BC+%E6%97%A5.jpg"])
    );
    fixture.age("a.jpg", 5);
    assert_eq!(fixture.scan().await, set(&["+library/a.jpg"]), "another time is a change too");
}

#[tokio::test]
async fn reported_files_are_remembered_over_a_restart() {
    let mut fixture = fixture();
    fixture.write("a.jpg", "1");
    fixture.write("b.jpg", "1");
    assert_eq!(fixture.scan().await.len(), 2);
    fixture.scanner = None;
    fs::remove_file(fixture.folder.path().join("a.jpg")).unwrap();
    fixture.write("c.jpg", "1");
    assert_eq!(fixture.scan().await, set(&["-library/a.jpg", "+library/c.jpg"]));
}

#[tokio::test]
async fn a_file_that_is_being_written_is_reported_later_and_not_as_removed() {
    let mut fixture = fixture();
    fixture.write("a.jpg", "1");
    assert_eq!(fixture.scan().await, set(&["+library/a.jpg"]));
    fs::write(fixture.folder.path().join("a.jpg"), "half").unwrap();
    fs::write(fixture.folder.path().join("b.jpg"), "half").unwrap();
    assert!(
        fixture.library.send_changes(&mut fixture.scanner, &fixture.queues).await.unwrap(),
        "it scans again soon"
    );
    assert_eq!(fixture.receive_events().await, set(&[]));
    fixture.write("a.jpg", "whole");
    fixture.write("b.jpg", "whole");
    assert_eq!(fixture.scan().await, set(&["+library/a.jpg", "+library/b.jpg"]));
}

#[cfg(unix)]
#[tokio::test]
async fn hidden_files_and_links_outside_or_in_a_circle_are_skipped() {
    use std::os::unix::{ffi::OsStrExt, fs::symlink};
    let mut fixture = fixture();
    fixture.write("kept/a.jpg", "1");
    fixture.write(".hidden.jpg", "1");
    fixture.write(".git/config", "1");
    let (root, outside) = (fixture.folder.path().to_owned(), fixture.data.path().join("secret.jpg"));
    fs::write(&outside, "secret").unwrap();
    symlink(&outside, root.join("out.jpg")).unwrap();
    symlink(fixture.data.path(), root.join("out")).unwrap();
    symlink(&root, root.join("kept/circle")).unwrap();
    symlink("nowhere", root.join("broken.jpg")).unwrap();
    symlink("a.jpg", root.join("kept/again.jpg")).unwrap();
    symlink("../.hidden.jpg", root.join("kept/shown.jpg")).unwrap();
    fs::write(root.join(std::ffi::OsStr::from_bytes(b"bad\xff.jpg")), "1").unwrap();
    assert_eq!(fixture.scan().await, set(&["+library/kept/a.jpg", "+library/kept/again.jpg"]));
}

#[tokio::test]
async fn a_data_folder_inside_the_library_is_skipped() {
    let fixture = fixture();
    fixture.write("a.jpg", "1");
    fixture.write("store/queue.sqlite", "1");
    let root = fs::canonicalize(fixture.folder.path()).unwrap();
    let scan = Scanner::new(root.clone(), root.join("store")).scan(aws::clock::now()).unwrap();
    assert_eq!(scan.files.keys().collect::<Vec<_>>(), ["a.jpg"]);
    assert!(!is_shown(&root.join("store/queue.sqlite"), &root, &root.join("store")));
    assert!(!is_shown(&root.join("x/.git/index"), &root, &root.join("store")));
    assert!(is_shown(&root.join("x/a.jpg"), &root, &root.join("store")));
}

#[tokio::test]
async fn a_folder_that_disappears_removes_no_assets() {
    let mut fixture = fixture();
    fixture.write("sub/a.jpg", "1");
    assert_eq!(fixture.scan().await.len(), 1);
    let away = fixture.data.path().join("away");
    fs::rename(fixture.folder.path(), &away).unwrap();
    assert!(fixture.library.send_changes(&mut fixture.scanner, &fixture.queues).await.is_err());
    assert_eq!(fixture.receive_events().await, set(&[]));
    fs::rename(&away, fixture.folder.path()).unwrap();
    assert_eq!(fixture.scan().await, set(&[]));
}

#[test]
fn files_that_could_not_be_read_are_not_reported_as_removed() {
    let data = tempfile::tempdir().unwrap();
    let mut listing = Listing::open(&data.path().join("l")).unwrap();
    let file = scan::File { size: 1, etag: "e".to_owned() };
    let mut seen = Scan::default();
    for name in ["a/x", "a/y", "ab", "b", "c"] {
        seen.files.insert(name.to_owned(), file.clone());
    }
    let all = listing.differences(&seen).unwrap();
    listing.remember(&seen, &all).unwrap();
    let now = Scan { unread: vec!["a/".to_owned(), "b".to_owned()], ..Scan::default() };
    assert_eq!(listing.differences(&now).unwrap().removed, ["ab", "c"]);
}

#[test]
fn a_path_that_can_not_be_the_library_is_refused_with_its_reason() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = folder.path();
    assert!(matches!(check(&path.join("no"), data.path()), Err(BadFolder::Missing(_))));
    assert!(matches!(check(path, data.path()), Err(BadFolder::Empty(_))));
    fs::write(path.join("a.txt"), "1").unwrap();
    assert!(matches!(check(&path.join("a.txt"), data.path()), Err(BadFolder::NotAFolder(_))));
    assert_eq!(check(path, data.path()).unwrap(), fs::canonicalize(path).unwrap());
}

#[tokio::test]
async fn changes_are_followed_as_they_happen() {
    let fixture = fixture();
    fixture.write("a.jpg", "1");
    let Fixture { folder, data: _data, queues, library, .. } = fixture;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let following = tokio::spawn(library.follow(queues.clone(), async { _ = stopped.await }));
    let waiting = async |count: u64| {
        for _ in 0..800 {
            if queues.counts("ingest", aws::clock::now()).await.unwrap().waiting == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never {count} events");
    };
    waiting(1).await;
    fs::create_dir(folder.path().join("new")).unwrap();
    fs::write(folder.path().join("new/b.jpg"), "1").unwrap();
    waiting(2).await;
    fs::remove_file(folder.path().join("a.jpg")).unwrap();
    waiting(3).await;
    stop.send(()).unwrap();
    following.await.unwrap();
}
