//! The program in a process of its own, for tests that kill it or examine the process.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::User;
use crate::site::{Scratch, Site};
use crate::usage::Usage;

/// The longest time that a start may take.
const START: Duration = Duration::from_secs(60);

/// A running program with its library and data folder.
pub struct Process {
    program: PathBuf,
    child: Child,
    url: String,
    scratch: Scratch,
    further: Vec<String>,
}

impl Process {
    /// Starts the program on the small library.
    pub fn start(program: &str) -> Self {
        let scratch = Scratch::new();
        scratch.library();
        Self::start_on(program, scratch)
    }

    /// Starts the program on a library that a folder already contains.
    pub fn start_on(program: &str, scratch: Scratch) -> Self {
        Self::start_with(program, scratch, 0, &[])
    }

    /// The same, on a port and with further arguments.
    pub fn start_with(program: &str, scratch: Scratch, port: u16, further: &[&str]) -> Self {
        let further: Vec<String> = further.iter().map(|&one| one.to_owned()).collect();
        let (child, url) = spawn(Path::new(program), &scratch, port, &further);
        Self { program: program.into(), child, url, scratch, further }
    }

    /// Its address, as it printed it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder of its library.
    pub fn library(&self) -> PathBuf {
        self.scratch.folder("library")
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.scratch.folder("data")
    }

    /// A sample user, signed in.
    pub async fn user(&self, name: &str) -> User {
        User::sign_in(&self.url, name).await
    }

    /// Kills it, which interrupts its work at any point.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends it the signal of Ctrl-C, and returns its exit code.
    pub fn interrupt(&mut self) -> Option<i32> {
        let sent = Command::new("sh").arg("-c").arg(format!("kill -INT {}", self.child.id())).status();
        assert!(sent.unwrap().success());
        self.child.wait().unwrap().code()
    }

    /// Starts it again at the same address.
    pub fn start_again(&mut self) {
        let port = self.url.rsplit(':').next().unwrap().parse().unwrap();
        (self.child, self.url) = spawn(&self.program, &self.scratch, port, &self.further);
    }

    /// What it uses.
    pub fn usage(&self) -> Usage {
        Usage::of(self.child.id())
    }

    /// The TCP ports that it listens on.
    pub fn ports(&self) -> BTreeSet<u16> {
        stage::listened_ports(self.child.id())
    }

    /// Kills it, and starts a site in this process on its library and data.
    pub async fn into_site(mut self) -> Site {
        self.kill();
        Site::start_again_on(std::mem::take(&mut self.scratch)).await
    }

    /// Everything it logged, since its first start.
    pub fn logs(&self) -> String {
        fs::read_to_string(logs(&self.scratch)).unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn logs(scratch: &Scratch) -> PathBuf {
    scratch.folder("logs").join("stderr")
}

fn spawn(program: &Path, scratch: &Scratch, port: u16, further: &[String]) -> (Child, String) {
    let log = fs::File::options().create(true).append(true).open(logs(scratch)).unwrap();
    let mut child = Command::new(program)
        .arg(scratch.folder("library"))
        .args(["--port", &port.to_string(), "--log", "info", "--data"])
        .arg(scratch.folder("data"))
        .args(further)
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (sender, receiver) = mpsc::channel();
    // Reads to the end, so that the program never waits for a reader.
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if let Some(url) = line.strip_prefix("Vitrine is at ") {
                _ = sender.send(url.to_owned());
            }
        }
    });
    let Ok(url) = receiver.recv_timeout(START) else {
        _ = child.kill();
        panic!("the program did not start: {}", fs::read_to_string(logs(scratch)).unwrap());
    };
    (child, url)
}

/// Runs the program until it ends, for starts that must fail.
pub fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).stdin(Stdio::null()).output().unwrap()
}
