//! A store that answers what a test tells it to, over the wire.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::cloud::Credentials;
use crate::{Cloud, Settings};

/// A store that gives these answers, one a request: a door to it, and the requests once all are given. An answer is
/// written from its status on; the length of its body is added.
pub(crate) async fn served(answers: Vec<&'static str>) -> (Cloud, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let settings = Settings {
        region: "eu-west-1".into(),
        credentials: Credentials {
            access_key: "AKIDEXAMPLE".into(),
            secret_key: "secret".into(),
            session_token: Some("session".into()),
        },
        s3_url: Some(url.clone()),
        cognito_url: Some(url),
        bundles_bucket: "bundles".into(),
        user_pool: Some("eu-west-1_Pool".into()),
        ..Settings::default()
    };
    let asked = tokio::spawn(async move {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            requests.push(request(&mut stream).await);
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let answer = format!(
                "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        requests
    });
    (Cloud::new(settings), asked)
}

/// One request, its body of the length that its header says.
async fn request(stream: &mut TcpStream) -> String {
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
