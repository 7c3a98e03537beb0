//! The program is killed at random moments while thousands of files come, change, move and go. Afterwards rows, figures
//! and objects agree. `KILLS=200 FILES=2000 cargo test -p e2e --test kills` kills it more often, `SEED` at other
//! moments.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a panic is how a test fails, and the seed is to be known"
)]

mod agreement;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use e2e::site::Scratch;
use e2e::{Process, files, story};

const VITRINE: &str = env!("CARGO_BIN_EXE_vitrine-under-test");
/// Changes between two kills.
const CHANGES: u32 = 60;

fn number(name: &str, usual: u64) -> u64 {
    aws::environment::read(name).map_or(usual, |text| text.parse().unwrap())
}

/// Numbers that look random (xorshift64*).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32;
        high % limit
    }
}

/// The paths of files, by their number.
struct Library<'a> {
    root: &'a Path,
    paths: BTreeMap<u32, String>,
    next: u32,
}

impl Library<'_> {
    fn add(&mut self, chance: &mut Chance) {
        let n = self.next;
        self.next += 1;
        let path = format!("{}/file {n}.{}", folder(chance), ["txt", "png", "pdf"][n as usize % 3]);
        files::put(self.root, &path, &content(n, 0));
        self.paths.insert(n, path);
    }

    /// Adds, replaces, moves or deletes a file.
    fn change(&mut self, chance: &mut Chance) {
        let at = chance.below(self.next);
        let what = chance.below(10);
        let Some((n, path)) = self.paths.range(at..).next().map(|(n, path)| (*n, path.clone())) else {
            return self.add(chance);
        };
        match what {
            0..3 => self.add(chance),
            3..6 => files::put(self.root, &path, &content(n, chance.below(1_000_000))),
            6..8 => {
                let to = format!(
                    "{}/moved {n} {}.{}",
                    folder(chance),
                    chance.below(1_000),
                    &path[path.len() - 3..]
                );
                fs::create_dir_all(self.root.join(&to).parent().unwrap()).unwrap();
                fs::rename(self.root.join(&path), self.root.join(&to)).unwrap();
                self.paths.insert(n, to);
            }
            _ => {
                fs::remove_file(self.root.join(&path)).unwrap();
                self.paths.remove(&n);
            }
        }
    }
}

fn folder(chance: &mut Chance) -> String {
    let depth = chance.below(4);
    let names: Vec<String> = (0..depth).map(|_| format!("f{}", chance.below(3))).collect();
    if names.is_empty() { "top".to_owned() } else { names.join("/") }
}

/// A file of this number and version; a picture for every third.
fn content(n: u32, version: u32) -> Vec<u8> {
    match n % 3 {
        1 => files::picture(20 + n % 7, 20 + version % 11, image::ImageFormat::Png),
        _ => format!("file {n}, version {version}").into_bytes(),
    }
}

#[test]
fn rows_figures_and_objects_agree_after_kills_at_any_moment() {
    let (kills, files, seed) = (number("KILLS", 15), number("FILES", 300), number("SEED", 1));
    eprintln!("KILLS={kills} FILES={files} SEED={seed}");
    story(async move {
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let scratch = Scratch::new();
        let root = scratch.folder("library");
        let mut library = Library { root: &root, paths: BTreeMap::new(), next: 0 };
        for _ in 0..files {
            library.add(&mut chance);
        }
        let mut program = Process::start_on(VITRINE, scratch);
        for _ in 0..kills {
            for _ in 0..CHANGES {
                library.change(&mut chance);
            }
            tokio::time::sleep(Duration::from_millis(u64::from(30 + chance.below(700)))).await;
            program.kill();
            program.start_again();
        }
        let site = program.into_site().await;
        // A file that was rendered by itself at five of the kills.
        let dead = site.send_dead_letters_again("render").await;
        eprintln!("{dead} dead letters of {kills} kills");
        agreement::wait(site.cloud(), &root, &library.paths).await;
    });
}
