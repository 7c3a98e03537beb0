//! A browser with a clean profile, as a person uses it: what they see, click and type.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use e2e::eventually;
use e2e::site::Scratch;
use serde_json::{Value, json};

use crate::webdriver::{ELEMENT, Session};

/// How long something on a page is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Every visible control of a page, or of its modal dialog.
const CONTROLS: &str = "
    const open = [...document.querySelectorAll('dialog[open]')].at(-1);
    return [...(open ?? document).querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex=\"0\"]')]
        .filter(element => element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && !element.closest('[inert]'));";

/// Keys that are no text (<https://www.w3.org/TR/webdriver2/#keyboard-actions>).
pub mod key {
    pub const TAB: &str = "\u{e004}";
    pub const ENTER: &str = "\u{e007}";
    pub const CONTROL: &str = "\u{e009}";
    pub const ESCAPE: &str = "\u{e00c}";
    pub const SPACE: &str = " ";
    pub const LEFT: &str = "\u{e012}";
    pub const RIGHT: &str = "\u{e014}";
}

/// A running browser. An element is named by a CSS selector or, from `//` on, by an XPath.
pub struct Browser {
    session: Session,
    name: &'static str,
    looks: AtomicUsize,
    screenshots: PathBuf,
    scratch: Scratch,
    has_javascript: bool,
}

impl Browser {
    /// Starts a browser; `name` is whose it is. Screenshots go to `screenshots`.
    pub async fn start(name: &'static str, screenshots: PathBuf) -> Self {
        Self::with(name, screenshots, json!({})).await
    }

    /// Starts a browser that runs no script of any page.
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
                // Several in a row are one person's wish here.
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
        Self { session, name, looks: AtomicUsize::new(0), screenshots, scratch, has_javascript: true }
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

    /// What a function's body returns in the page.
    pub async fn run(&self, script: &str) -> Value {
        self.session.post("/execute/sync", json!({"script": script, "args": []})).await.unwrap()
    }

    /// What a script in the page hands to the function that is its last argument.
    pub async fn run_async(&self, script: &str, arguments: Value) -> Value {
        self.session.post("/execute/async", json!({"script": script, "args": arguments})).await.unwrap()
    }

    /// What an expression is in the page.
    pub async fn value(&self, expression: &str) -> Value {
        self.run(&format!("return {expression}")).await
    }

    /// Tries until it is done.
    async fn until<T, F: Future<Output = Result<T, String>>>(
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
        self.until(expression, || async {
            let held = self.session.post("/execute/sync", script.clone()).await?;
            if held == true { Ok(()) } else { Err("not so".to_owned()) }
        })
        .await;
    }

    async fn element(&self, place: &str) -> Result<String, String> {
        let using = if place.starts_with("//") { "xpath" } else { "css selector" };
        let found = self.session.post("/element", json!({"using": using, "value": place})).await?;
        Ok(found[ELEMENT].as_str().unwrap().to_owned())
    }

    /// Waits until an element is there, and gives its visible text.
    pub async fn text(&self, place: &str) -> String {
        self.until(place, || async {
            let element = self.element(place).await?;
            let text = self.session.get(&format!("/element/{element}/text")).await?;
            Ok(text.as_str().unwrap().to_owned())
        })
        .await
    }

    /// Waits until an element's visible text is this, whatever the lines it stands in.
    pub async fn reads(&self, place: &str, text: &str) {
        self.until(&format!("{place} reads {text:?}"), || async {
            let found = self.text(place).await;
            if found.replace('\n', "") == text { Ok(()) } else { Err(format!("it reads {found:?}")) }
        })
        .await;
    }

    /// Clicks an element as soon as it can be clicked.
    pub async fn click(&self, place: &str) {
        self.until(&format!("click on {place}"), || async {
            let element = self.element(place).await?;
            self.session.post(&format!("/element/{element}/click"), json!({})).await
        })
        .await;
    }

    /// Clicks an element while a key is held.
    pub async fn click_holding(&self, key: &str, place: &str) {
        self.until(&format!("click on {place}"), || async {
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

    /// Replaces what a field holds.
    pub async fn fill(&self, place: &str, text: &str) {
        self.until(&format!("fill {place}"), || async {
            let element = self.element(place).await?;
            self.session.post(&format!("/element/{element}/clear"), json!({})).await?;
            self.session.post(&format!("/element/{element}/value"), json!({"text": text})).await
        })
        .await;
    }

    /// Presses a key, wherever the focus is.
    pub async fn press(&self, key: &str) {
        let actions = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        let keyboard = json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]});
        self.session.post("/actions", keyboard).await.unwrap();
    }

    /// A command of the Chrome DevTools Protocol: what makes a phone of this browser, for instance.
    pub async fn devtools(&self, command: &str, params: Value) {
        self.session.devtools(command, params).await;
    }

    /// Takes a screenshot and gives its file.
    async fn screenshot(&self, step: &str) -> PathBuf {
        let png = self.session.get("/screenshot").await.unwrap();
        let number = self.looks.fetch_add(1, Ordering::Relaxed) + 1;
        let path = self.screenshots.join(format!("{} {number:02} {step}.png", self.name));
        fs::write(&path, BASE64_STANDARD.decode(png.as_str().unwrap()).unwrap()).unwrap();
        path
    }

    /// Looks at the page: keeps a screenshot and checks what holds of every page, namely that a screen reader has a
    /// name for each control, and that the page does not scroll sideways.
    pub async fn look(&self, step: &str) {
        // Motion takes up to 160 ms.
        tokio::time::sleep(Duration::from_millis(250)).await;
        let picture = self.screenshot(step).await;
        let controls = self.run(CONTROLS).await;
        for control in controls.as_array().unwrap() {
            let element = control[ELEMENT].as_str().unwrap();
            let name = match self.session.get(&format!("/element/{element}/computedlabel")).await {
                Ok(name) => name,
                // The page drew it anew meanwhile.
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

    /// Waits until a file is saved whole under this name, and gives it.
    pub async fn saved(&self, name: &str) -> Vec<u8> {
        let folder = self.scratch.folder("downloads");
        eventually(&format!("the download of {name}"), || async {
            // A file under way is renamed at any moment, so only names are read until none is.
            let names: Vec<_> =
                fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            if names.iter().any(|name| name.to_string_lossy().ends_with(".crdownload")) {
                return None;
            }
            // The browser takes the name with an empty file before the download begins.
            fs::read(folder.join(name)).ok().filter(|content| !content.is_empty())
        })
        .await
    }

    /// Checks that the console has no error since it was last checked, but for answers with these statuses, which the
    /// browser itself notes. What a content security policy refuses is an error there.
    pub async fn console_is_clean(&self, statuses: &[u16]) {
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
