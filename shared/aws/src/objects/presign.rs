//! Presigned URLs: the only way to an object for a browser. Signing takes a [`Permit`], which only the gate makes.

use domain::gate::Permit;
use jiff::Timestamp;

use crate::cloud::object_path;
use crate::{Cloud, Error, telemetry::calls};

/// URLs of what is shown are signed as of the last full ten minutes, so that they, and the browser's cache with
/// them, hold for a while.
const WINDOW: i64 = 600;
/// And live for twice that: a page just before the next window still has ten minutes.
const SHOWN_FOR: i64 = 1_200;
/// URLs of downloads are signed at the moment.
const SAVED_FOR: i64 = 900;
/// URLs by which browsers load objects.
#[derive(Clone, Copy)]
pub struct Urls<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// URLs by which browsers load objects.
    pub fn urls(&self) -> Urls<'_> {
        Urls(self)
    }
}

impl Urls<'_> {
    /// The URL of an object that is shown in a page: good for 10 to 20 minutes, never past the permit's end.
    ///
    /// # Errors
    /// When signing fails, which it does only for unusable settings.
    pub fn sign_shown(self, permit: &Permit, now: Timestamp) -> Result<String, Error> {
        let start = now.as_second() - now.as_second().rem_euclid(WINDOW);
        let lasts = lasts(permit, start, SHOWN_FOR);
        if lasts < SHOWN_FOR {
            return self.sign(permit, start, lasts, None);
        }
        if let Some(url) = self.0.signed_urls().get(start, permit) {
            return Ok(url);
        }
        let url = self.sign(permit, start, lasts, None)?;
        self.0.signed_urls().put(start, permit, &url);
        Ok(url)
    }

    /// The URL of an object to be saved, with the `Content-Disposition` it is to be answered with: good for 15
    /// minutes, never past the permit's end.
    ///
    /// # Errors
    /// When signing fails, which it does only for unusable settings.
    pub fn sign_saved(self, permit: &Permit, disposition: &str, now: Timestamp) -> Result<String, Error> {
        let start = now.as_second();
        self.sign(permit, start, lasts(permit, start, SAVED_FOR), Some(disposition))
    }

    fn sign(
        self,
        permit: &Permit,
        start: i64,
        lasts: i64,
        disposition: Option<&str>,
    ) -> Result<String, Error> {
        let place = self.0.settings().browsers_bucket_url(self.0.bucket_name(permit.bucket()));
        let object = format!("{place}{}", object_path(permit.key()));
        let url = self.0.signer().sign_get(&object, disposition, start, lasts)?;
        calls::log_signed("S3.GetObject", &url);
        Ok(url)
    }
}

fn lasts(permit: &Permit, start: i64, at_most: i64) -> i64 {
    permit.ends_at().map_or(at_most, |end| (end.as_second() - start).clamp(1, at_most))
}
