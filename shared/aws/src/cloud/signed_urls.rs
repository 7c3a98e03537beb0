//! The URLs that were signed in the present window, kept so that a page does not sign them again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::gate::Permit;
use domain::object::Bucket;

/// How many URLs of one window are remembered: at some 700 bytes each, a few megabytes.
const REMEMBERED: usize = 8_192;

/// The URLs of the present window. Signing costs a dozen hashes; a page has two hundred URLs.
#[derive(Default)]
pub(crate) struct SignedUrls(Mutex<Window>);

#[derive(Default)]
struct Window {
    start: i64,
    urls: HashMap<(Bucket, String), String>,
}

impl SignedUrls {
    pub(crate) fn get(&self, start: i64, permit: &Permit) -> Option<String> {
        let window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (window.start == start)
            .then(|| window.urls.get(&(permit.bucket(), permit.key().to_owned())).cloned())?
    }

    pub(crate) fn put(&self, start: i64, permit: &Permit, url: &str) {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if window.start != start || window.urls.len() >= REMEMBERED {
            *window = Window { start, urls: HashMap::new() };
        }
        window.urls.insert((permit.bucket(), permit.key().to_owned()), url.to_owned());
    }
}
