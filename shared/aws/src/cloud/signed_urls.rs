//! A cache of the URLs that were signed in the current window, so that pages do not sign them again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::gate::Permit;
use domain::object::Bucket;

/// The most URLs that are kept: at about 700 bytes each, some 6 MB.
const MOST_URLS: usize = 8_192;

/// The URLs of the current window. Signing one costs a dozen hashes, and a landing page has a hundred URLs.
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
        if window.start != start || window.urls.len() >= MOST_URLS {
            *window = Window { start, urls: HashMap::new() };
        }
        window.urls.insert((permit.bucket(), permit.key().to_owned()), url.to_owned());
    }
}
