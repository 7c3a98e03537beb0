//! Texts are compressed for clients that accept gzip, except pages that contain a secret beside text that others
//! choose.

use std::io::Read;

use axum::body::Body;
use e2e::rows::fill;
use e2e::{Answer, Recipient, Site, story};
use http::Request;
use serde_json::json;
use tower::ServiceExt;

/// The largest compressed landing page of a link with a hundred assets, of which it shows 48, in bytes.
const LANDING: usize = 30_000;

fn unpack(gzip: &[u8]) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(gzip).read_to_string(&mut text).unwrap();
    text
}

#[track_caller]
fn assert_gzip(answer: &Answer) {
    assert_eq!(answer.header("content-encoding"), "gzip");
    assert_eq!(answer.header("vary"), "accept-encoding");
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());
}

#[track_caller]
fn assert_plain(answer: &Answer) {
    assert_eq!(answer.header("content-encoding"), "");
    assert!(std::str::from_utf8(&answer.body).is_ok());
}

#[test]
fn a_landing_page_of_a_hundred_assets_has_at_most_30_kb() {
    story(async {
        let site = Site::start().await;
        fill(site.cloud(), 100).await;
        let link = site.user("carl").await.share_folder("bench 100", json!({})).await;
        let page = Recipient::new().page_in(&link, "gzip, deflate, br, zstd").await.is(200);
        assert_gzip(&page);
        let plain = unpack(&page.body);
        assert_eq!(plain.matches("data-asset=\"").count(), 48);
        assert!(page.body.len() <= LANDING, "{} of {} bytes", page.body.len(), plain.len());

        // On AWS each URL also contains the function's session token, here one of 1,200 characters.
        let random: Vec<u8> = (0..57).flat_map(|_| aws::random::bytes::<16>()).collect();
        let token = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, random);
        let settings = aws::Settings {
            region: "eu-west-1".into(),
            credentials: aws::Credentials {
                access_key: "ASIAIOSFODNN7EXAMPLE".into(),
                secret_key: "secret".into(),
                session_token: Some(token.clone()),
            },
            s3_url: None,
            store_url: None,
            assets_bucket: "vitrine-assetsbucket-1a2b3c4d5e6f".into(),
            ..site.cloud().settings().clone()
        };
        let router = open_link::router(&site.cloud_with(settings)).unwrap();
        let request = Request::get(format!("/s/{}", link.token)).header("accept-encoding", "gzip");
        let answer = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let gzip = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let on_aws = unpack(&gzip);
        assert_eq!(on_aws.matches("data-asset=\"").count(), 48);
        assert!(on_aws.matches("X-Amz-Security-Token=").count() >= 96);
        assert!(gzip.len() <= LANDING, "{} of {} bytes", gzip.len(), on_aws.len());
    });
}

#[test]
fn texts_are_compressed_if_accepted_and_stay_the_same() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        let recipient = Recipient::new();
        let plain = recipient.page_in(&link, "identity").await.is(200);
        assert_plain(&plain);
        assert_eq!(plain.header("vary"), "accept-encoding", "caches must keep the two forms apart");
        for codings in ["gzip", "br, gzip;q=0.5", "*"] {
            let page = recipient.page_in(&link, codings).await.is(200);
            assert_gzip(&page);
            assert_eq!(unpack(&page.body), plain.text(), "{codings}");
        }
        for codings in ["gzip;q=0", "br", "gzip;q=0.1, identity;q=0.2", ""] {
            assert_plain(&recipient.page_in(&link, codings).await.is(200));
        }
        let gzip = [("accept-encoding", "gzip")];
        let list = recipient.ask("GET", &link, "/assets", &gzip).await.is(200);
        assert_gzip(&list);
        assert!(unpack(&list.body).contains("\"items\""));
        // HEAD has the headers of GET and no body.
        let headers = [("accept", "text/html"), gzip[0]];
        let (head, get) = (
            recipient.ask("HEAD", &link, "", &headers).await,
            recipient.ask("GET", &link, "", &headers).await,
        );
        assert_eq!((head.status, head.body.len()), (200, 0));
        for name in ["content-encoding", "vary", "content-type", "content-length"] {
            assert_eq!(head.header(name), get.header(name), "{name}");
        }
    });
}

#[test]
fn the_apps_files_are_compressed_once_and_its_page_keeps_its_etag() {
    story(async {
        let site = Site::shared().await;
        let client = reqwest::Client::new();
        let ask = async |path: &str, headers: &[(&str, &str)]| {
            let request = client.get(format!("{}{path}", site.url()));
            let answer = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let answer = answer.send().await.unwrap();
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            Answer { status, headers, body: answer.bytes().await.unwrap() }
        };
        let gzip = [("accept-encoding", "gzip")];
        let (plain, shell) = (ask("/", &[]).await.is(200), ask("/", &gzip).await.is(200));
        assert_plain(&plain);
        assert_gzip(&shell);
        assert_eq!(unpack(&shell.body), plain.text());
        let etag = shell.header("etag").to_owned();
        assert!(etag.starts_with("W/\"") && etag == plain.header("etag"), "{etag}");
        for coding in ["gzip", "identity"] {
            let again = ask("/links", &[("if-none-match", &etag), ("accept-encoding", coding)]).await.is(304);
            assert_eq!((again.body.len(), again.header("vary")), (0, "accept-encoding"));
            assert_eq!(again.header("content-encoding"), "");
        }
        let mut compressed = 0;
        for path in
            plain.text().split('"').filter(|part| part.starts_with("/app/") || part.starts_with("/static/"))
        {
            let (file, sent) = (ask(path, &[]).await.is(200), ask(path, &gzip).await.is(200));
            assert_plain(&file);
            if file.body.len() >= 1024 {
                assert_gzip(&sent);
                assert_eq!(unpack(&sent.body), file.text(), "{path}");
                compressed += 1;
            }
        }
        assert!(compressed > 20, "{compressed}");
    });
}

#[test]
fn a_page_with_a_secret_beside_chosen_text_is_not_compressed() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let open = carl.share_folder("Product", json!({})).await;
        let gate = carl.share_folder("Product", json!({"max_uses": 9, "title": "T".repeat(200)})).await;
        let closed = carl.share_folder("Product", json!({"password": "pass"})).await;
        let recipient = Recipient::new();
        for link in [&gate, &closed] {
            let page = recipient.page_in(link, "gzip").await.is(200);
            assert!(page.text().contains("name=\"visit\"") && page.body.len() > 1024);
            assert_plain(&page);
        }
        let gzip = [("accept-encoding", "gzip")];
        let wrong = recipient.post_with(&closed, &"n".repeat(22), "no", &gzip).await.is(401);
        assert_plain(&wrong);
        for search in ["?q=", "?q=front", "?view=list&q=f", "?%71=front"] {
            let headers = [("accept", "text/html"), gzip[0]];
            assert_plain(&recipient.ask("GET", &open, search, &headers).await.is(200));
            assert_plain(&recipient.ask("GET", &open, &format!("/assets{search}"), &gzip).await.is(200));
        }
    });
}
