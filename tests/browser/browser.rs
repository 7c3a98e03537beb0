//! A browser with a clean profile, used as a person does: reading, clicking and typing.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use e2e::site::Scratch;
use e2e::wait_for;
use serde_json::{Value, json};

use crate::webdriver::{ELEMENT, Session};

/// The longest time to wait for something on a page.
const PATIENCE: Duration = Duration::from_secs(30);

/// Every visible control of a page, or of its modal dialog.
const CONTROLS: &str = "
    const open = [...document.querySelectorAll('dialog[open]')].at(-1);
    return [...(open ?? document).querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex=\"0\"]')]
        .filter(element => element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && !element.closest('[inert]'));";

/// Keys without text (<https://www.w3.org/TR/webdriver2/#keyboard-actions>).
pub mod key {
    pub const TAB: &str = "\u{e004}";
    pub const ENTER: &str = "\u{e007}";
    pub const CONTROL: &str = "\u{e009}";
    pub const ESCAPE: &str = "\u{e00c}";
    pub const SPACE: &str = " ";
    pub const LEFT: &str = "\u{e012}";
    pub const RIGHT: &str = "\u{e014}";
}

/// A running browser. A `place` is a CSS selector or, if it begins with `//`, an XPath.
pub struct Browser {
    session: Session,
    name: &'static str,
    pictures: AtomicUsize,
    screenshots: PathBuf,
    scratch: Scratch,
    has_javascript: bool,
}

impl Browser {
    /// Starts a browser; `name` is its user. Screenshots go to `screenshots`.
    pub async fn start(name: &'static str, screenshots: PathBuf) -> Self {
        Self::with(name, screenshots, json!({})).await
    }

    /// Starts a browser in which pages' scripts don't run.
    pub async fn without_javascript(name: &'static str, screenshots: PathBuf) -> Self {
        let preference = json!({"profile.managed_default_content_settings.javascript": 2});
        Self { has_javascript: false, ..Self::with(name, screenshots, preference).await }
    }

    async fn with(name: &'static str, screenshots: PathBuf, preferences: Value) -> Self {
        let scratch = Scratch::new();
        let preferences = e2e::with(
            json!({
                "download.default_directory": scratch.folder("downloads"),
                "download.prompt_for_download": false,
                // Allows several downloads in a row without a question.
                "profile.default_content_setting_values.automatic_downloads": 1,
            }),
            preferences,
        );
        let profile = format!("--user-data-dir={}", scratch.folder("profile").display());
        let session = Session::start(json!({"prefs": preferences, "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--window-size=1280,860", "--lang=en", profile,
        ]}))
        .await;
        Self { session, name, pictures: AtomicUsize::new(0), screenshots, scratch, has_javascript: true }
    }

    /// Opens an address.
    pub async fn open(&self, url: &str) {
        self.session.post("/url", json!({"url": url})).await.unwrap();
    }

    /// Reloads the page.
    pub async fn reload(&self) {
        self.session.post("/refresh", json!({})).await.unwrap();
    }

    /// The page's address.
    pub async fn url(&self) -> String {
        self.session.get("/url").await.unwrap().as_str().unwrap().to_owned()
    }

    /// Runs the body of a function in the page; returns its result.
    pub async fn run(&self, script: &str) -> Value {
        self.session.post("/execute/sync", json!({"script": script, "args": []})).await.unwrap()
    }

    /// Runs a script in the page; returns what it passes to the function that is its last argument.
    pub async fn run_async(&self, script: &str, arguments: Value) -> Value {
        self.session.post("/execute/async", json!({"script": script, "args": arguments})).await.unwrap()
    }

    /// The value of an expression in the page.
    pub async fn value(&self, expression: &str) -> Value {
        self.run(&format!("return {expression}")).await
    }

    /// Repeats an attempt until it succeeds; after [`PATIENCE`] takes a screenshot and panics.
    async fn retry<T, F: Future<Output = Result<T, String>>>(
        &self,
        what: &str,
        mut attempt: impl FnMut() -> F,
    ) -> T {
        let start = Instant::now();
        loop {
            let error = match attempt().await {
                Ok(done) => return done,
                Err(error) => error,
            };
            if start.elapsed() > PATIENCE {
                let picture = self.screenshot("failed").await;
                panic!("{}: {what}: {error} (at {}, see {})", self.name, self.url().await, picture.display());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until an expression is true in the page.
    pub async fn becomes(&self, expression: &str) {
        let script = json!({"script": format!("return Boolean({expression})"), "args": []});
        self.retry(expression, || async {
            let value = self.session.post("/execute/sync", script.clone()).await?;
            if value == true { Ok(()) } else { Err("it is false".to_owned()) }
        })
        .await;
    }

    async fn element(&self, place: &str) -> Result<String, String> {
        let using = if place.starts_with("//") { "xpath" } else { "css selector" };
        let found = self.session.post("/element", json!({"using": using, "value": place})).await?;
        Ok(found[ELEMENT].as_str().unwrap().to_owned())
    }

    /// Waits until an element exists, and returns its visible text.
    pub async fn text(&self, place: &str) -> String {
        self.retry(place, || async {
            let element = self.element(place).await?;
            let text = self.session.get(&format!("/element/{element}/text")).await?;
            Ok(text.as_str().unwrap().to_owned())
        })
        .await
    }

    /// Waits until an element's visible text, without line breaks, is `text`.
    pub async fn reads(&self, place: &str, text: &str) {
        self.retry(&format!("{place} reads {text:?}"), || async {
            let found = self.text(place).await;
            if found.replace('\n', "") == text { Ok(()) } else { Err(format!("it reads {found:?}")) }
        })
        .await;
    }

    /// Clicks an element as soon as it can be clicked.
    pub async fn click(&self, place: &str) {
        self.retry(&format!("click on {place}"), || async {
            let element = self.element(place).await?;
            self.session.post(&format!("/element/{element}/click"), json!({})).await
        })
        .await;
    }

    /// Clicks an element while a key is held.
    pub async fn click_holding(&self, key: &str, place: &str) {
        self.retry(&format!("click on {place}"), || async {
            let element = self.element(place).await?;
            let pause = json!({"type": "pause"});
            self.session
                .post(
                    "/actions",
                    json!({"actions": [
                        {"type": "key", "id": "keyboard", "actions": [
                            {"type": "keyDown", "value": key}, pause, pause, pause, {"type": "keyUp", "value": key},
                        ]},
                        {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [
                            pause,
                            {"type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": {ELEMENT: element}},
                            {"type": "pointerDown", "button": 0},
                            {"type": "pointerUp", "button": 0},
                            pause,
                        ]},
                    ]}),
                )
                .await
        })
        .await;
    }

    /// Replaces the text of a field.
    pub async fn fill(&self, place: &str, text: &str) {
        self.retry(&format!("fill {place}"), || async {
            let element = self.element(place).await?;
            self.session.post(&format!("/element/{element}/clear"), json!({})).await?;
            self.session.post(&format!("/element/{element}/value"), json!({"text": text})).await
        })
        .await;
    }

    /// Presses a key at the current focus.
    pub async fn press(&self, key: &str) {
        let actions = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        let keyboard = json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]});
        self.session.post("/actions", keyboard).await.unwrap();
    }

    /// Sends a command of the Chrome DevTools Protocol, for example to behave like a phone.
    pub async fn devtools(&self, command: &str, params: Value) {
        self.session.devtools(command, params).await;
    }

    /// Takes a screenshot and returns its path.
    async fn screenshot(&self, step: &str) -> PathBuf {
        let png = self.session.get("/screenshot").await.unwrap();
        let number = self.pictures.fetch_add(1, Ordering::Relaxed) + 1;
        let path = self.screenshots.join(format!("{} {number:02} {step}.png", self.name));
        fs::write(&path, BASE64_STANDARD.decode(png.as_str().unwrap()).unwrap()).unwrap();
        path
    }

    /// Takes a screenshot and checks the page: each control needs a name for screen readers, and the page must not
    /// scroll sideways.
    pub async fn check_page(&self, step: &str) {
        // Waits for animations, which take up to 160 ms.
        tokio::time::sleep(Duration::from_millis(250)).await;
        let picture = self.screenshot(step).await;
        let controls = self.run(CONTROLS).await;
        for control in controls.as_array().unwrap() {
            let element = control[ELEMENT].as_str().unwrap();
            let name = match self.session.get(&format!("/element/{element}/computedlabel")).await {
                Ok(name) => name,
                // The page has replaced the element since.
                Err(error) if error.starts_with("stale element") => continue,
                Err(error) => panic!("{error}"),
            };
            if name.as_str().unwrap().trim().is_empty() {
                let html = self.session.get(&format!("/element/{element}/property/outerHTML")).await.unwrap();
                panic!("{step}: a control without a name: {html} ({})", picture.display());
            }
        }
        if self.has_javascript {
            let [page, window] = ["document.documentElement.scrollWidth", "Math.min(innerWidth, outerWidth)"];
            let (page, window) = (self.value(page).await, self.value(window).await);
            let fits = page.as_f64() <= window.as_f64();
            assert!(fits, "{step}: a page {page} px wide in {window} px ({})", picture.display());
        }
    }

    /// Waits until a download with this name is complete, and returns its content.
    pub async fn read_download(&self, name: &str) -> Vec<u8> {
        let folder = self.scratch.folder("downloads");
        wait_for(&format!("the download of {name}"), || async {
            // An unfinished download is renamed at any moment, so only names are read until all are finished.
            let names: Vec<_> =
                fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            if names.iter().any(|name| name.to_string_lossy().ends_with(".crdownload")) {
                return None;
            }
            // The browser creates an empty file with this name before the download begins.
            fs::read(folder.join(name)).ok().filter(|content| !content.is_empty())
        })
        .await
    }

    /// Checks that the console has no new error, except answers with these statuses, which the browser logs by itself.
    /// Violations of a content security policy are errors too.
    pub async fn check_console(&self, statuses: &[u16]) {
        let entries = self.session.post("/se/log", json!({"type": "browser"})).await.unwrap();
        for entry in entries.as_array().unwrap() {
            let message = entry["message"].as_str().unwrap();
            let expected =
                statuses.iter().any(|status| message.contains(&format!("with a status of {status} ")));
            let is_bad = entry["level"] == "SEVERE" || message.contains("Content Security Policy");
            assert!(expected || !is_bad, "{}: {message}", self.name);
        }
    }
}
