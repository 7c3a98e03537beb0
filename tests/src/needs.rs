//! Programs that tests need: a browser, and programs that open zips. A missing program is installed if the test may do
//! that; otherwise the test fails, so that no test is skipped.

use std::fs;
use std::process::{Command, Stdio};

/// A program, and the Debian package that contains it.
pub type Program = (&'static str, &'static str);

/// Info-ZIP's unzip.
pub const UNZIP: Program = ("unzip", "unzip");
/// 7-Zip.
pub const SEVEN_ZIP: Program = ("7z", "p7zip-full");
/// libarchive's tar, which reads a zip as a stream.
pub const BSDTAR: Program = ("bsdtar", "libarchive-tools");
/// Python, for its zipfile.
pub const PYTHON: Program = ("python3", "python3");
/// Node, for an identity provider that is not ours.
pub const NODE: Program = ("node", "nodejs");
/// Installs the packages of Node.
pub const NPM: Program = ("npm", "npm");
/// The browser.
pub const CHROMIUM: Program = ("chromium", "chromium");
/// Controls the browser.
pub const CHROMEDRIVER: Program = ("chromedriver", "chromium-driver");

/// Makes sure that the programs are installed.
///
/// # Panics
/// If one is missing and can't be installed; the message names its package.
pub fn needs(programs: &[Program]) {
    if missing(programs).is_empty() {
        return;
    }
    let lock = fs::File::create(std::env::temp_dir().join("vitrine-e2e-apt.lock")).unwrap();
    lock.lock().unwrap();
    // Another test may have installed them while this one waited for the lock.
    let packages = missing(programs);
    if packages.is_empty() {
        return;
    }
    let advice = format!("these tests need programs of the Debian packages {}", packages.join(", "));
    assert!(is_root() && is_there("apt-get"), "{advice}: install them");
    let apt = |arguments: &[&str]| {
        Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(&packages);
    let installed = apt(&install) || (apt(&["update"]) && apt(&install));
    assert!(installed && missing(programs).is_empty(), "{advice}, which apt-get could not install");
}

fn missing(programs: &[Program]) -> Vec<&'static str> {
    programs.iter().filter(|(program, _)| !is_there(program)).map(|(_, package)| *package).collect()
}

fn is_there(program: &str) -> bool {
    output_of(&format!("command -v {program}")).is_some()
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    output_of("id -u").is_some_and(|id| id.trim() == "0")
}

fn output_of(command: &str) -> Option<String> {
    let output = Command::new("sh").args(["-c", command]).stderr(Stdio::null()).output().unwrap();
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
