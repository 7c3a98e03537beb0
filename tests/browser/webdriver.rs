//! The part of WebDriver (<https://www.w3.org/TR/webdriver2/>) that these tests need.
//!
//! No crate is used for it: the well-kept one enables `serde_json/preserve_order`, so everything that depends on
//! serde_json would be built again, and with another behaviour than in production.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use e2e::needs::{CHROMEDRIVER, CHROMIUM, needs};
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// The member of a JSON object that refers to an element.
pub const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A driver with one running browser; dropping it ends both.
pub struct Session {
    client: Client,
    driver: Child,
    address: String,
    id: String,
}

impl Session {
    /// Starts a browser with these `goog:chromeOptions`.
    pub async fn start(options: Value) -> Self {
        needs(&[CHROMIUM, CHROMEDRIVER]);
        let mut driver = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        // Reads all output, so that the driver never blocks on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let address = format!("127.0.0.1:{}", port.expect("chromedriver prints its port"));
        let mut session = Self { client: Client::new(), driver, address, id: String::new() };
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": options,
        }}});
        let started = session.send(Method::POST, "/session".into(), Some(wanted)).await.unwrap();
        session.id = started["sessionId"].as_str().unwrap().to_owned();
        session
    }

    /// Sends a GET to the session's resource; returns the value, or the error as text.
    pub async fn get(&self, path: &str) -> Result<Value, String> {
        self.send(Method::GET, format!("/session/{}{path}", self.id), None).await
    }

    /// Sends a POST to the session's resource; returns the value, or the error as text.
    pub async fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        self.send(Method::POST, format!("/session/{}{path}", self.id), Some(body)).await
    }

    async fn send(&self, method: Method, path: String, body: Option<Value>) -> Result<Value, String> {
        let mut request = self.client.request(method, format!("http://{}{path}", self.address));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let mut answer: Value = request.send().await.unwrap().json().await.unwrap();
        let value = answer["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", value["message"].as_str().unwrap_or_default())),
            None => Ok(value),
        }
    }

    /// Sends a command of the Chrome DevTools Protocol.
    pub async fn devtools(&self, command: &str, params: Value) {
        self.post("/goog/cdp/execute", json!({"cmd": command, "params": params})).await.unwrap();
    }
}

impl Drop for Session {
    /// Ends the browser without a Tokio runtime, so that it also ends after a panic.
    fn drop(&mut self) {
        if let Ok(mut stream) = TcpStream::connect(&self.address) {
            let (id, address) = (&self.id, &self.address);
            let head = format!("DELETE /session/{id} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\n");
            // The driver may have ended already; it is killed next.
            _ = stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes());
            // The driver answers after the browser has ended, and keeps the connection open.
            _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
            _ = stream.read(&mut [0; 512]);
        }
        _ = self.driver.kill();
        _ = self.driver.wait();
    }
}
