//! The addresses of the buckets, for functions and for browsers, and of Cognito.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::Settings;

/// The characters of an object key that are not escaped in a URL.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The path of an object below its bucket's address; it begins with a slash.
pub(crate) fn object_path(key: &str) -> String {
    format!("/{}", utf8_percent_encode(key, KEY))
}

impl Settings {
    /// The origin from which browsers load objects.
    pub fn store_origin(&self) -> String {
        let url = self.browsers_bucket_url(&self.assets_bucket);
        url.strip_suffix(&format!("/{}", self.assets_bucket)).unwrap_or(&url).to_owned()
    }

    /// A bucket's address for browsers, without a slash at its end.
    pub(crate) fn browsers_bucket_url(&self, bucket: &str) -> String {
        self.bucket_url_at(self.store_url.as_ref().or(self.s3_url.as_ref()), bucket)
    }

    /// A bucket's address for functions, without a slash at its end.
    pub(crate) fn bucket_url(&self, bucket: &str) -> String {
        self.bucket_url_at(self.s3_url.as_ref(), bucket)
    }

    /// Cognito's address, without a slash at its end.
    pub(crate) fn cognito_address(&self) -> String {
        let (region, domain) = (&self.region, domain(&self.region));
        let own = self.cognito_url.as_ref().map(|url| url.trim_end_matches('/').to_owned());
        own.unwrap_or_else(|| format!("https://cognito-idp.{region}.{domain}"))
    }

    /// On AWS a bucket has its own host. A bucket with a dot in its name has a path on the region's host instead,
    /// because the certificate does not cover such a host name
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>). Other stores always use a path.
    fn bucket_url_at(&self, url: Option<&String>, bucket: &str) -> String {
        if let Some(url) = url {
            return format!("{}/{bucket}", url.trim_end_matches('/'));
        }
        let (region, domain) = (&self.region, domain(&self.region));
        if bucket.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
            format!("https://{bucket}.s3.{region}.{domain}")
        } else {
            format!("https://s3.{region}.{domain}/{bucket}")
        }
    }
}

/// The domain of a region's endpoints, by its partition
/// (<https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>). Regions of
/// partitions that are closed to the public need the addresses in the settings.
fn domain(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "amazonaws.com.cn",
        Some("eusc") => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}
