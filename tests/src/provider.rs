//! An independent identity provider: npm's `oidc-provider`, configured by `tests/oidc`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use crate::needs::{NODE, NPM, needs};

/// A running provider with one site as its client.
pub struct Provider {
    child: Option<Child>,
    port: u16,
    site: String,
}

impl Provider {
    /// Starts a provider for the site at this address, which signs by `algorithm`.
    pub fn start(site: &str, algorithm: &str) -> Self {
        let mut provider = Self { child: None, port: free_port(), site: site.to_owned() };
        provider.start_again(algorithm);
        provider
    }

    /// Its issuer URL.
    pub fn issuer(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Ends it.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts it again with the same issuer URL and another key.
    pub fn start_again(&mut self, algorithm: &str) {
        self.kill();
        let mut child = Command::new("node")
            .arg("provider.mjs")
            .args([&self.port.to_string(), &self.site, algorithm])
            .current_dir(folder())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line == "ready"), "the provider did not start");
        // Reads to the end: the provider would stop if its output had no reader.
        std::thread::spawn(move || lines.for_each(drop));
        self.child = Some(child);
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that is free at the moment.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The folder with the provider and the packages it needs. Its lock file pins them, and another lock file is another
/// folder.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        needs(&[NODE, NPM]);
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc");
        let lock = fs::read(source.join("package-lock.json")).unwrap();
        let folder = std::env::temp_dir().join(format!("vitrine-oidc-{:08x}", crc32fast::hash(&lock)));
        fs::create_dir_all(&folder).unwrap();
        let turn = fs::File::create(folder.join("turn")).unwrap();
        turn.lock().unwrap();
        for file in ["package.json", "package-lock.json", "provider.mjs"] {
            fs::copy(source.join(file), folder.join(file)).unwrap();
        }
        if !folder.join("complete").exists() {
            let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
            let installed = Command::new("npm").args(install).current_dir(&folder).status().unwrap();
            assert!(installed.success(), "npm could not install the packages of tests/oidc");
            fs::write(folder.join("complete"), "").unwrap();
        }
        folder
    })
}
