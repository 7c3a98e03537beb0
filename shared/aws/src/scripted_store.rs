//! A local server that gives a test's answers, for tests of what is sent and how answers are read.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::cloud::Credentials;
use crate::{Cloud, Settings};

/// Starts a server that gives these answers, one for each request, and then stops listening. Returns a [`Cloud`] that
/// uses it, and the requests it got. An answer is text from its status on; the server adds the header with the body's
/// length.
pub(crate) async fn start(answers: Vec<&'static str>) -> (Cloud, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let settings = Settings {
        region: "eu-west-1".into(),
        credentials: Credentials {
            access_key: "AKIDEXAMPLE".into(),
            secret_key: "secret".into(),
            session_token: Some("session".into()),
        },
        dynamodb_url: Some(url.clone()),
        s3_url: Some(url.clone()),
        cognito_url: Some(url),
        table: "vitrine".into(),
        bundles_bucket: "bundles".into(),
        user_pool: Some("eu-west-1_Pool".into()),
        ..Settings::default()
    };
    let requests = tokio::spawn(async move {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            requests.push(read_request(&mut stream).await);
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let answer = format!(
                "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        requests
    });
    (Cloud::new(settings), requests)
}

/// Reads one request up to the end of its body, whose length is in its header.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).to_string();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return text;
            }
        }
        assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0, "a request ends early");
    }
}
