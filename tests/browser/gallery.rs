//! The site that the browsers open, with the sample library and one picture more.

use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use e2e::site::Scratch;
use e2e::{Link, Site, User, files};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::browser::Browser;

/// The folder that is shared: pictures, a PDF, and two names that differ in case alone.
pub const FOLDER: &str = "Autumn press kit";

/// A picture in it whose name no code page has.
pub const PICTURE: &str = "Grüße aus 日本.jpg";

/// The site, and where screenshots of it go.
pub struct Gallery {
    pub site: Site,
    screenshots: PathBuf,
}

impl Gallery {
    async fn open() -> Self {
        let scratch = Scratch::new();
        let library = scratch.folder("library");
        local::sample::draw(&library).unwrap();
        let picture = fs::read(library.join(FOLDER).join("Evening light.jpg")).unwrap();
        files::put(&library, &format!("{FOLDER}/{PICTURE}"), &picture);
        let screenshots = scratch.folder("screenshots");
        Self { site: Site::start_on(scratch).await, screenshots }
    }

    /// A browser of somebody who has never been here.
    pub async fn browser(&self, name: &'static str) -> Browser {
        Browser::start(name, self.screenshots.clone()).await
    }

    /// The same without JavaScript.
    pub async fn browser_without_javascript(&self, name: &'static str) -> Browser {
        Browser::without_javascript(name, self.screenshots.clone()).await
    }

    /// A browser in which carl is signed in, at a page of the app.
    pub async fn carls_browser(&self, name: &'static str, path: &str) -> Browser {
        let browser = self.browser(name).await;
        browser.open(&format!("{}{path}", self.site.url())).await;
        browser.click("button[value=carl]").await;
        browser
    }

    /// Carl, by the API.
    pub async fn carl(&self) -> User {
        self.site.user("carl").await
    }

    /// A link of carl's on the folder.
    pub async fn link(&self, further: Value) -> Link {
        self.carl()
            .await
            .share_folder(FOLDER, e2e::with(json!({"title": "Herbst, 秋 & autumn"}), further))
            .await
    }

    /// A file of the folder.
    pub fn file(&self, name: &str) -> Vec<u8> {
        self.site.file(&format!("{FOLDER}/{name}"))
    }
}

/// Tells a story, one at a time: a browser alone is enough for a machine.
pub fn story(told: impl AsyncFnOnce(&'static Gallery)) {
    static TURN: Mutex<()> = Mutex::new(());
    static GALLERY: OnceCell<Gallery> = OnceCell::const_new();
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    e2e::story(async { told(GALLERY.get_or_init(Gallery::open).await).await });
}

/// A tile of the app's gallery.
pub fn tile(name: &str) -> String {
    format!("//li[contains(@class, 'tile')][.//span[@title='{name}']]/a")
}

/// An asset of a landing page.
pub fn asset(name: &str) -> String {
    format!("//*[@data-asset][@data-name='{name}']")
}

/// The number of pictures in view that really loaded; NaN while one has not.
pub const LOADED: &str = "(pictures => pictures.every(one => one.complete && one.naturalWidth > 0) ? pictures.length : NaN)\
    ([...document.querySelectorAll('.asset img')].filter(one => one.getBoundingClientRect().top < innerHeight))";
