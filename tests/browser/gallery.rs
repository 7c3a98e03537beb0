//! The site that the browsers open, with the sample library and one more picture.

use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use e2e::site::Scratch;
use e2e::{Link, Site, User, files};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::browser::Browser;

/// The shared folder: pictures, a PDF, and two names that differ only in case.
pub const FOLDER: &str = "Autumn press kit";

/// A picture in it whose name fits no 8-bit character set.
pub const PICTURE: &str = "Grüße aus 日本.jpg";

/// The site, and the folder for screenshots.
pub struct Gallery {
    pub site: Site,
    screenshots: PathBuf,
}

impl Gallery {
    async fn start() -> Self {
        let scratch = Scratch::new();
        let library = scratch.folder("library");
        local::sample::draw(&library).unwrap();
        let picture = fs::read(library.join(FOLDER).join("Evening light.jpg")).unwrap();
        files::put(&library, &format!("{FOLDER}/{PICTURE}"), &picture);
        let screenshots = scratch.folder("screenshots");
        Self { site: Site::start_on(scratch).await, screenshots }
    }

    /// Starts a browser that has never opened the site.
    pub async fn browser(&self, name: &'static str) -> Browser {
        Browser::start(name, self.screenshots.clone()).await
    }

    /// The same without JavaScript.
    pub async fn browser_without_javascript(&self, name: &'static str) -> Browser {
        Browser::without_javascript(name, self.screenshots.clone()).await
    }

    /// Starts a browser in which carl is signed in, at a page of the app.
    pub async fn carls_browser(&self, name: &'static str, path: &str) -> Browser {
        let browser = self.browser(name).await;
        browser.open(&format!("{}{path}", self.site.url())).await;
        browser.click("button[value=carl]").await;
        browser
    }

    /// Carl as a user of the API.
    pub async fn carl(&self) -> User {
        self.site.user("carl").await
    }

    /// Creates a link of carl on the folder.
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

/// Runs a story. Only one runs at a time, because a browser alone can keep a machine busy.
pub fn story(steps: impl AsyncFnOnce(&'static Gallery)) {
    static TURN: Mutex<()> = Mutex::new(());
    static GALLERY: OnceCell<Gallery> = OnceCell::const_new();
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    e2e::story(async { steps(GALLERY.get_or_init(Gallery::start).await).await });
}

/// The place of a tile in the app's gallery.
pub fn tile(name: &str) -> String {
    format!("//li[contains(@class, 'tile')][.//span[@title='{name}']]/a")
}

/// The place of an asset on a landing page.
pub fn asset(name: &str) -> String {
    format!("//*[@data-asset][@data-name='{name}']")
}

/// The number of pictures in view; NaN until all of them are loaded.
pub const LOADED: &str = "(pictures => pictures.every(one => one.complete && one.naturalWidth > 0) ? pictures.length : NaN)\
    ([...document.querySelectorAll('.asset img')].filter(one => one.getBoundingClientRect().top < innerHeight))";
