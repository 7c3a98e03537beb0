use super::*;

use std::collections::BTreeSet;

use aws_lambda_events::s3::S3Event;
use jiff::SignedDuration;
use tempfile::TempDir;

use crate::queue::Rules;

struct Bench {
    folder: TempDir,
    data: TempDir,
    queues: Queues,
    library: Library,
    scanner: Option<Scanner>,
}

fn bench() -> Bench {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let rules = Rules { name: "ingest", visibility: SignedDuration::from_secs(300), max_receives: 3 };
    let queues = Queues::open(&data.path().join("queue.sqlite"), &[rules]).unwrap();
    let root = fs::canonicalize(folder.path()).unwrap();
    let library = Library::new(root, data.path(), "vitrine-assets", "ingest");
    Bench { folder, data, queues, library, scanner: None }
}

impl Bench {
    /// Writes a file that was last changed a while ago.
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

    /// Looks once; what was told, as `+key` and `-key`.
    async fn look(&mut self) -> BTreeSet<String> {
        self.library.send_changes(&mut self.scanner, &self.queues).await.unwrap();
        self.told().await
    }

    async fn told(&self) -> BTreeSet<String> {
        let mut told = BTreeSet::new();
        loop {
            let messages = self.queues.receive("ingest", 100, None, aws::clock::now()).await.unwrap();
            if messages.is_empty() {
                return told;
            }
            for message in messages {
                let event: S3Event = serde_json::from_str(&message.body).unwrap();
                let record = &event.records[0];
                let sign = if record.event_name.as_deref() == Some("ObjectCreated:Put") { '+' } else { '-' };
                told.insert(format!("{sign}{}", record.s3.object.key.as_deref().unwrap()));
                self.queues.delete("ingest", &message.receipt).await.unwrap();
            }
        }
    }
}

fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(|i| (*i).to_owned()).collect()
}

#[tokio::test]
async fn new_changed_and_removed_files_are_told_once_each() {
    let mut bench = bench();
    bench.write("a.jpg", "1");
    bench.write("Été 1/ü 日.jpg", "1");
    assert_eq!(bench.look().await, set(&["+library/a.jpg", "+library/%C3%89t%C3%A9+1/%C3%BC+%E6%97%A5.jpg"]));
    assert_eq!(bench.look().await, set(&[]));
    bench.write("a.jpg", "22");
    fs::remove_dir_all(bench.folder.path().join("Été 1")).unwrap();
    assert_eq!(bench.look().await, set(&["+library/a.jpg", "-library/%C3%89t%C3%A9+1/%C3%BC+%E6%97%A5.jpg"]));
    bench.age("a.jpg", 5);
    assert_eq!(bench.look().await, set(&["+library/a.jpg"]), "the time alone is a change too");
}

#[tokio::test]
async fn what_was_told_is_remembered_over_a_restart() {
    let mut bench = bench();
    bench.write("a.jpg", "1");
    bench.write("b.jpg", "1");
    assert_eq!(bench.look().await.len(), 2);
    bench.scanner = None;
    fs::remove_file(bench.folder.path().join("a.jpg")).unwrap();
    bench.write("c.jpg", "1");
    assert_eq!(bench.look().await, set(&["-library/a.jpg", "+library/c.jpg"]));
}

#[tokio::test]
async fn a_file_being_written_waits_and_is_not_taken_for_gone() {
    let mut bench = bench();
    bench.write("a.jpg", "1");
    assert_eq!(bench.look().await, set(&["+library/a.jpg"]));
    fs::write(bench.folder.path().join("a.jpg"), "half").unwrap();
    fs::write(bench.folder.path().join("b.jpg"), "half").unwrap();
    assert!(
        bench.library.send_changes(&mut bench.scanner, &bench.queues).await.unwrap(),
        "it looks again soon"
    );
    assert_eq!(bench.told().await, set(&[]));
    bench.write("a.jpg", "whole");
    bench.write("b.jpg", "whole");
    assert_eq!(bench.look().await, set(&["+library/a.jpg", "+library/b.jpg"]));
}

#[cfg(unix)]
#[tokio::test]
async fn hidden_foreign_and_circular_things_are_left_out() {
    use std::os::unix::{ffi::OsStrExt, fs::symlink};
    let mut bench = bench();
    bench.write("kept/a.jpg", "1");
    bench.write(".hidden.jpg", "1");
    bench.write(".git/config", "1");
    let (root, outside) = (bench.folder.path().to_owned(), bench.data.path().join("secret.jpg"));
    fs::write(&outside, "secret").unwrap();
    symlink(&outside, root.join("out.jpg")).unwrap();
    symlink(bench.data.path(), root.join("out")).unwrap();
    symlink(&root, root.join("kept/circle")).unwrap();
    symlink("nowhere", root.join("broken.jpg")).unwrap();
    symlink("a.jpg", root.join("kept/again.jpg")).unwrap();
    symlink("../.hidden.jpg", root.join("kept/shown.jpg")).unwrap();
    fs::write(root.join(std::ffi::OsStr::from_bytes(b"bad\xff.jpg")), "1").unwrap();
    assert_eq!(bench.look().await, set(&["+library/kept/a.jpg", "+library/kept/again.jpg"]));
}

#[tokio::test]
async fn a_data_folder_inside_is_left_out() {
    let bench = bench();
    bench.write("a.jpg", "1");
    bench.write("store/queue.sqlite", "1");
    let root = fs::canonicalize(bench.folder.path()).unwrap();
    let scan = Scanner::new(root.clone(), root.join("store")).scan(aws::clock::now()).unwrap();
    assert_eq!(scan.files.keys().collect::<Vec<_>>(), ["a.jpg"]);
    assert!(!is_shown(&root.join("store/queue.sqlite"), &root, &root.join("store")));
    assert!(!is_shown(&root.join("x/.git/index"), &root, &root.join("store")));
    assert!(is_shown(&root.join("x/a.jpg"), &root, &root.join("store")));
}

#[tokio::test]
async fn a_folder_that_goes_away_takes_nothing_with_it() {
    let mut bench = bench();
    bench.write("sub/a.jpg", "1");
    assert_eq!(bench.look().await.len(), 1);
    let away = bench.data.path().join("away");
    fs::rename(bench.folder.path(), &away).unwrap();
    assert!(bench.library.send_changes(&mut bench.scanner, &bench.queues).await.is_err());
    assert_eq!(bench.told().await, set(&[]));
    fs::rename(&away, bench.folder.path()).unwrap();
    assert_eq!(bench.look().await, set(&[]));
}

#[test]
fn what_could_not_be_read_is_not_gone() {
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
fn a_path_that_can_not_be_the_library_is_told_in_words() {
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
    let bench = bench();
    bench.write("a.jpg", "1");
    let Bench { folder, data: _data, queues, library, .. } = bench;
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
