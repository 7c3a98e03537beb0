//! An independent mail server (aiosmtpd, `tests/smtp/server.py`), with a certificate from its own root.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use local::smtp::options::{MailOptions, MailServer as MailSettings};
use serde_json::Value;

use crate::Issued;
use crate::needs::{PYTHON, needs};

/// The folder of its script.
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/smtp");

/// The password that it accepts.
pub const PASSWORD: &str = "very-secret";

/// A running mail server.
pub struct MailServer {
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl MailServer {
    /// Starts it. Its certificate and the file of its events are in this folder.
    pub fn start(folder: PathBuf) -> Self {
        needs(&[PYTHON]);
        let made = Command::new(Path::new(SCRIPTS).join("../python_environment"))
            .arg(Path::new(SCRIPTS).join("requirements.txt"))
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "the mail server needs Debian's python3-venv, and PyPI: {errors}");
        let python = Path::new(String::from_utf8(made.stdout).unwrap().trim()).join("python");
        let Issued { root, certificate, key } = Issued::to_localhost();
        for (name, pem) in
            [("root.pem", root), ("certificate.pem", certificate.pem()), ("key.pem", key.serialize_pem())]
        {
            fs::write(folder.join(name), pem).unwrap();
        }
        let mut child = Command::new(python)
            .arg(Path::new(SCRIPTS).join("server.py"))
            .args(["certificate.pem", "key.pem", "events"])
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(folder.join("stderr")).unwrap())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { child, port: port.trim().parse().expect("a mail server that started"), folder }
    }

    /// Its URL, with the user that it accepts.
    pub fn url(&self) -> String {
        format!("smtp://site@localhost:{}", self.port)
    }

    /// The file of its root certificate.
    pub fn root(&self) -> PathBuf {
        self.folder.join("root.pem")
    }

    /// The settings of a site that sends by this server, with a short wait between attempts.
    pub fn settings(&self, password: &str, root: Option<PathBuf>) -> MailSettings {
        let options = MailOptions {
            smtp: Some(self.url()),
            mail_from: Some("share@site.example".into()),
            smtp_ca_file: root,
            ..MailOptions::default()
        };
        let settings = options.read(Some(password.to_owned())).unwrap().unwrap();
        MailSettings { first_wait: jiff::SignedDuration::from_millis(50), ..settings }
    }

    /// The events of one kind, in order.
    pub fn events(&self, kind: &str) -> Vec<Value> {
        let events = fs::read_to_string(self.folder.join("events")).unwrap_or_default();
        let events = events.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        events.filter(|event| event["event"] == kind).collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
