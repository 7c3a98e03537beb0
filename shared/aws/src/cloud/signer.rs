//! Signs URLs and requests by AWS Signature Version 4
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html>), with the SDK's signer but
//! without an SDK client.
//!
//! A landing page signs a hundred URLs. The client would build a whole request for each of them, with retries, plugins
//! and checksums that a URL does not need.

use std::fmt::Display;
use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningInstructions, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::Error;

/// The characters that are not escaped in a signed query: RFC 3986's unreserved characters.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The credentials to sign with, and the region to sign for. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Signer {
    identity: Identity,
    region: String,
}

impl Signer {
    pub(crate) fn new(identity: Identity, region: String) -> Self {
        Self { identity, region }
    }

    /// A URL that reads an object, valid for `lasts` seconds from `start` (seconds since 1970). With a `disposition` S3
    /// answers with that `Content-Disposition` and with `application/octet-stream`, so that browsers save the object.
    ///
    /// # Errors
    /// Only when the settings can't be used.
    pub(crate) fn sign_get(
        &self,
        object_url: &str,
        disposition: Option<&str>,
        start: i64,
        lasts: i64,
    ) -> Result<String, Error> {
        let mut url = format!("{object_url}?x-id=GetObject");
        if let Some(disposition) = disposition {
            add(&mut url, "response-content-disposition", disposition);
            add(&mut url, "response-content-type", "application/octet-stream");
        }
        let mut settings = settings();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(seconds(lasts));
        let unsigned = SignableBody::UnsignedPayload;
        let request = SignableRequest::new("GET", url.as_str(), std::iter::empty(), unsigned);
        let signed = self.sign("s3", request.map_err(broken)?, settings, start)?;
        for (name, value) in signed.into_parts().1 {
            add(&mut url, name, &value);
        }
        Ok(url)
    }

    /// The headers to send besides `headers` when writing an object. If `bytes` are given, one holds their digest, which
    /// S3 checks.
    ///
    /// # Errors
    /// Only when the settings can't be used.
    pub(crate) fn sign_put(
        &self,
        object_url: &str,
        headers: &[(&str, &str)],
        bytes: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<Vec<(&'static str, String)>, Error> {
        let mut settings = settings();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let body = bytes.map_or(SignableBody::UnsignedPayload, SignableBody::Bytes);
        let request = SignableRequest::new("PUT", object_url, headers.iter().copied(), body);
        Ok(headers_of(self.sign("s3", request.map_err(broken)?, settings, now.as_second())?))
    }

    /// The headers to send besides `headers` when posting `body` to a service.
    ///
    /// # Errors
    /// Only when the settings can't be used.
    pub(crate) fn sign_post(
        &self,
        service: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<(&'static str, String)>, Error> {
        let body = SignableBody::Bytes(body);
        let request = SignableRequest::new("POST", url, headers.iter().copied(), body);
        let signed =
            self.sign(service, request.map_err(broken)?, SigningSettings::default(), now.as_second())?;
        Ok(headers_of(signed))
    }

    fn sign(
        &self,
        service: &str,
        request: SignableRequest<'_>,
        settings: SigningSettings,
        at: i64,
    ) -> Result<SigningInstructions, Error> {
        let parameters = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name(service)
            .time(SystemTime::UNIX_EPOCH + seconds(at))
            .settings(settings)
            .build()
            .map_err(broken)?;
        Ok(sign(request, &parameters.into()).map_err(broken)?.into_parts().0)
    }
}

fn headers_of(signed: SigningInstructions) -> Vec<(&'static str, String)> {
    signed.into_parts().0.into_iter().map(|header| (header.name(), header.value().to_owned())).collect()
}

/// S3 signs the path unchanged: it does not escape it a second time or normalise it.
fn settings() -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings
}

fn add(url: &mut String, name: &str, value: &str) {
    url.push('&');
    url.push_str(name);
    url.push('=');
    url.extend(utf8_percent_encode(value, VALUE));
}

fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}

fn broken(cause: impl Display) -> Error {
    Error::broken("sign a request", cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use crate::cloud::object_path;
    use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
    use aws_sdk_s3::presigning::PresigningConfig;

    const START: i64 = 1_795_000_200;
    const DISPOSITION: &str = "attachment; filename=\"a+b (1).jpg\"; filename*=UTF-8''Z%C3%BCrich%20%26.jpg";
    const ODD_KEY: &str = "library/Zürich 100%/a+b?c#d=e&f'(1)*~!,;:@$[]{}|^`\"<>\\_..//x.jpg";

    fn settings(region: &str, url: Option<&str>) -> Settings {
        Settings { region: region.into(), store_url: url.map(str::to_owned), ..Settings::default() }
    }

    fn credentials(session: Option<&str>) -> Credentials {
        Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", session.map(str::to_owned), None, "test")
    }

    /// A URL to sign, once by this module and once by the SDK's client.
    struct Case<'a> {
        settings: &'a Settings,
        credentials: Credentials,
        bucket: &'a str,
        key: &'a str,
        disposition: Option<&'a str>,
    }

    impl Case<'_> {
        fn sign(&self) -> String {
            let bucket = self.settings.browsers_bucket_url(self.bucket);
            let object = format!("{bucket}{}", object_path(self.key));
            let signer = Signer::new(self.credentials.clone().into(), self.settings.region.clone());
            signer.sign_get(&object, self.disposition, START, 1_200).unwrap()
        }

        async fn sign_by_client(&self) -> String {
            let mut config = aws_sdk_s3::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new(self.settings.region.clone()))
                .credentials_provider(self.credentials.clone())
                .force_path_style(self.settings.store_url.is_some());
            config.set_endpoint_url(self.settings.store_url.clone());
            let signing = PresigningConfig::builder()
                .start_time(SystemTime::UNIX_EPOCH + seconds(START))
                .expires_in(seconds(1_200))
                .build()
                .unwrap();
            let client = aws_sdk_s3::Client::from_conf(config.build());
            let get = client.get_object().bucket(self.bucket).key(self.key);
            let get = get.set_response_content_disposition(self.disposition.map(str::to_owned));
            let content_type = self.disposition.map(|_| "application/octet-stream".to_owned());
            let get = get.set_response_content_type(content_type);
            get.presigned(signing).await.unwrap().uri().to_owned()
        }
    }

    /// A URL's address, and the sorted pairs of its query.
    fn parts(url: &str) -> (&str, Vec<&str>) {
        let (address, query) = url.split_once('?').unwrap();
        let mut pairs: Vec<&str> = query.split('&').collect();
        pairs.sort_unstable();
        (address, pairs)
    }

    #[tokio::test]
    async fn a_url_is_the_one_that_the_sdk_would_sign() {
        for (region, url, session) in [
            ("eu-west-1", None, Some("IQoJb3JpZ2luX2VjE/+=//")),
            ("us-east-1", None, None),
            ("us-gov-west-1", None, None),
            ("cn-north-1", None, None),
            ("eusc-de-east-1", None, None),
            ("eu-west-1", Some("http://localhost:8081"), Some("session")),
            ("eu-west-1", Some("https://store.example/"), None),
        ] {
            let settings = settings(region, url);
            for bucket in ["vitrine-assets", "assets.example.org"] {
                for (key, disposition) in
                    [("library/a/b.jpg", None), (ODD_KEY, None), (ODD_KEY, Some(DISPOSITION))]
                {
                    let credentials = credentials(session);
                    let case = Case { settings: &settings, credentials, bucket, key, disposition };
                    assert_eq!(parts(&case.sign()), parts(&case.sign_by_client().await));
                }
            }
        }
    }

    #[test]
    fn a_url_has_the_origin_that_pages_may_load_from() {
        for (region, url, bucket) in [
            ("eu-west-1", None, "vitrine-assets"),
            ("cn-north-1", None, "vitrine-assets"),
            ("eu-west-1", None, "assets.example.org"),
            ("eu-west-1", Some("http://localhost:8081/"), "vitrine-assets"),
        ] {
            let settings = Settings { assets_bucket: bucket.into(), ..settings(region, url) };
            let credentials = credentials(None);
            let key = "library/a.jpg";
            let case = Case { settings: &settings, credentials, bucket, key, disposition: None };
            let url = case.sign();
            let origin: Vec<&str> = url.split('/').take(3).collect();
            assert_eq!(settings.store_origin(), origin.join("/"));
        }
    }
}
