//! Presigned URLs: the only way for a browser to load an object. Signing takes a [`Permit`], which only the gate makes.

use domain::gate::Permit;
use jiff::Timestamp;

use crate::cloud::object_path;
use crate::{Cloud, Error, telemetry::calls};

/// The signing time of a shown object's URL is rounded down to this many seconds, so that the URL stays the same and
/// the browser's cache can use it.
const WINDOW: i64 = 600;
/// Seconds that the URL of a shown object is valid: two windows, so that 10 minutes are left at the end of the first.
const SHOWN_FOR: i64 = 1_200;
/// Seconds that the URL of a download is valid; its signing time is not rounded.
const DOWNLOADED_FOR: i64 = 900;

/// Presigned URLs.
#[derive(Clone, Copy)]
pub struct Urls<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// Presigned URLs.
    pub fn urls(&self) -> Urls<'_> {
        Urls(self)
    }
}

impl Urls<'_> {
    /// The URL of an object that a page shows: valid for 10 to 20 minutes, but never past the permit's end.
    ///
    /// # Errors
    /// Only when the settings can't be used.
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

    /// The URL of an object to download, which S3 answers with this `Content-Disposition`: valid for 15 minutes, but
    /// never past the permit's end.
    ///
    /// # Errors
    /// Only when the settings can't be used.
    pub fn sign_saved(self, permit: &Permit, disposition: &str, now: Timestamp) -> Result<String, Error> {
        let start = now.as_second();
        self.sign(permit, start, lasts(permit, start, DOWNLOADED_FOR), Some(disposition))
    }

    fn sign(
        self,
        permit: &Permit,
        start: i64,
        lasts: i64,
        disposition: Option<&str>,
    ) -> Result<String, Error> {
        let bucket = self.0.settings().browsers_bucket_url(self.0.bucket_name(permit.bucket()));
        let object = format!("{bucket}{}", object_path(permit.key()));
        let url = self.0.signer().sign_get(&object, disposition, start, lasts)?;
        calls::log_signed("S3.GetObject", &url);
        Ok(url)
    }
}

fn lasts(permit: &Permit, start: i64, at_most: i64) -> i64 {
    permit.ends_at().map_or(at_most, |end| (end.as_second() - start).clamp(1, at_most))
}
