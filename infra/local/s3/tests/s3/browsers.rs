//! Requests as a browser sends them: to presigned URLs, from pages of another origin.

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;

use crate::running::{BUCKET, Running, crc32};

fn ten_minutes() -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_secs(600)).unwrap()
}

#[tokio::test]
async fn presigned_downloads_carry_their_name_and_type() {
    let s3 = Running::new().await;
    s3.put("library/ü/日本 1.jpg", b"0123456789").await;
    let get = s3.client.get_object().bucket(BUCKET).key("library/ü/日本 1.jpg");
    let get = get
        .response_content_disposition("attachment; filename=\"1.jpg\"; filename*=UTF-8''%E6%97%A5.jpg")
        .response_content_type("image/jpeg");
    let url = get.presigned(ten_minutes()).await.unwrap().uri().to_owned();
    let http = reqwest::Client::new();
    let got = http.get(&url).send().await.unwrap();
    assert_eq!(got.status(), 200);
    assert_eq!(
        got.headers()["content-disposition"],
        "attachment; filename=\"1.jpg\"; filename*=UTF-8''%E6%97%A5.jpg"
    );
    assert_eq!(got.headers()["content-type"], "image/jpeg");
    assert_eq!(got.headers()["content-length"], "10");
    let etag = got.headers()["etag"].clone();
    assert_eq!(got.bytes().await.unwrap(), "0123456789");

    let part = http.get(&url).header("range", "bytes=2-4").send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"], "bytes 2-4/10");
    assert_eq!(part.bytes().await.unwrap(), "234");
    let known = http.get(&url).header("if-none-match", &etag).send().await.unwrap();
    assert_eq!(known.status(), 304);
    assert_eq!(known.headers()["etag"], etag);
    assert_eq!(known.bytes().await.unwrap(), "");

    assert_eq!(http.get(url.replace("jpeg", "html")).send().await.unwrap().status(), 403);
    let unsigned = url.split('?').next().unwrap();
    assert_eq!(http.get(unsigned).send().await.unwrap().status(), 403);
    assert_eq!(http.put(&url).body("x").send().await.unwrap().status(), 403);
    let one_second = PresigningConfig::expires_in(Duration::from_secs(1)).unwrap();
    let expired = s3.client.get_object().bucket(BUCKET).key("k").presigned(one_second).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert_eq!(http.get(expired.uri()).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn presigned_uploads_keep_their_checksum() {
    let s3 = Running::new().await;
    let http = reqwest::Client::new();
    let put = s3.client.put_object().bucket(BUCKET).key("up").checksum_crc32(crc32(b"bytes"));
    let put = put.content_length(5).presigned(ten_minutes()).await.unwrap();
    let send = |body: &'static str| {
        let mut request = http.put(put.uri()).body(body);
        for (name, value) in put.headers().filter(|(name, _)| *name != "content-length") {
            request = request.header(name, value);
        }
        request.header("origin", "http://localhost:8080").send()
    };
    let wrong = send("other").await.unwrap();
    assert_eq!(wrong.status(), 400);
    assert!(wrong.text().await.unwrap().contains("<Code>BadDigest</Code>"));
    assert!(!s3.exists("up").await);
    let right = send("bytes").await.unwrap();
    assert_eq!(right.status(), 200);
    assert_eq!(right.headers()["access-control-allow-origin"], "*");
    assert_eq!(right.headers()["x-amz-checksum-crc32"], crc32(b"bytes").as_str());
    assert_eq!(s3.get("up").await, b"bytes");
}

#[tokio::test]
async fn pages_of_any_origin_may_use_the_store() {
    let s3 = Running::new().await;
    let http = reqwest::Client::new();
    let preflight = http
        .request(reqwest::Method::OPTIONS, format!("{}/{BUCKET}/key?x=1", s3.endpoint))
        .header("origin", "http://localhost:8080")
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "content-type,x-amz-checksum-crc32")
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.status(), 204);
    assert_eq!(preflight.headers()["access-control-allow-origin"], "*");
    for method in ["GET", "HEAD", "PUT", "POST"] {
        assert!(preflight.headers()["access-control-allow-methods"].to_str().unwrap().contains(method));
    }
    assert_eq!(preflight.headers()["access-control-allow-headers"], "content-type,x-amz-checksum-crc32");

    // A refusal needs the header too, or the page could not read the reason.
    let refused = http.get(format!("{}/{BUCKET}/key", s3.endpoint)).send().await.unwrap();
    assert_eq!(refused.status(), 403);
    assert_eq!(refused.headers()["access-control-allow-origin"], "*");
    let exposed = refused.headers()["access-control-expose-headers"].to_str().unwrap();
    for header in ["ETag", "x-amz-checksum-crc32", "Content-Range", "Accept-Ranges", "Content-Length"] {
        assert!(exposed.contains(header), "{header}");
    }
}
