//! Recipients, who open links without an account, with the cookies of a browser.

use std::net::IpAddr;

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use serde_json::{Value, json};

use crate::answer::{answer_to, try_for_answer};
use crate::{Answer, Link, wait_for};

/// The `Accept` header of a browser that loads a page.
const PAGE: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// A recipient with cookies of their own.
pub struct Recipient {
    client: Client,
}

/// A file as a recipient saved it.
pub struct Saved {
    /// The file name from the answer of the store.
    pub name: String,
    /// Its bytes.
    pub bytes: Bytes,
}

impl Default for Recipient {
    fn default() -> Self {
        Self::new()
    }
}

impl Recipient {
    /// A new recipient.
    pub fn new() -> Self {
        Self { client: Client::builder().cookie_store(true).redirect(Policy::none()).build().unwrap() }
    }

    /// A recipient whose browser keeps no cookies, or who sets the header `Cookie` themselves.
    pub fn without_cookies() -> Self {
        Self { client: Client::builder().redirect(Policy::none()).build().unwrap() }
    }

    /// A recipient with another address of this machine, such as 127.0.0.2.
    pub fn from_address(address: &str) -> Self {
        let address: IpAddr = address.parse().unwrap();
        let client = Client::builder().cookie_store(true).redirect(Policy::none()).local_address(address);
        Self { client: client.build().unwrap() }
    }

    /// Sends any request below a link's URL; `rest` is the part after that URL.
    pub async fn ask(&self, method: &str, link: &Link, rest: &str, headers: &[(&str, &str)]) -> Answer {
        let method: Method = method.parse().unwrap();
        let mut request = self.client.request(method, format!("{}{rest}", link.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer_to(request).await
    }

    /// The link's page.
    pub async fn page(&self, link: &Link) -> Answer {
        self.ask("GET", link, "", &[("accept", PAGE)]).await
    }

    /// The link's page, with this `Accept-Encoding`.
    pub async fn page_in(&self, link: &Link, codings: &str) -> Answer {
        self.ask("GET", link, "", &[("accept", PAGE), ("accept-encoding", codings)]).await
    }

    /// A page below the link's URL.
    pub async fn page_at(&self, link: &Link, rest: &str) -> Answer {
        self.ask("GET", link, rest, &[("accept", PAGE)]).await
    }

    /// The link as a JSON document.
    pub async fn document(&self, link: &Link) -> Answer {
        self.get(link, "").await
    }

    /// A JSON document below the link's URL.
    pub async fn get(&self, link: &Link, rest: &str) -> Answer {
        self.ask("GET", link, rest, &[("accept", "application/json")]).await
    }

    /// The nonce of a fresh gate page.
    pub async fn nonce(&self, link: &Link) -> String {
        let page = self.page(link).await.is(200).text();
        let (_, rest) = page.split_once(r#"name="visit" value=""#).expect("a gate page has a nonce");
        rest.split('"').next().unwrap().to_owned()
    }

    /// Sends the gate's form to a site that may be killed; `None` if no answer came.
    pub async fn try_post(&self, link: &Link, nonce: &str) -> Option<Answer> {
        try_for_answer(self.form(link, nonce, "")).await.ok()
    }

    /// Sends the gate's form.
    pub async fn post(&self, link: &Link, nonce: &str, password: &str) -> Answer {
        answer_to(self.form(link, nonce, password)).await
    }

    /// Sends the gate's form with further headers.
    pub async fn post_with(
        &self,
        link: &Link,
        nonce: &str,
        password: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let form = self.form(link, nonce, password);
        answer_to(headers.iter().fold(form, |form, (name, value)| form.header(*name, *value))).await
    }

    fn form(&self, link: &Link, nonce: &str, password: &str) -> RequestBuilder {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let form = format!("visit={}&password={}", encoded(nonce), encoded(password));
        let request = self.client.post(&link.url).header("accept", PAGE);
        let form_type = "application/x-www-form-urlencoded";
        request.header("content-type", form_type).body(form)
    }

    /// Presses Open on the gate page.
    pub async fn open(&self, link: &Link) -> Answer {
        self.open_with(link, "").await
    }

    /// Types a password and presses Open.
    pub async fn open_with(&self, link: &Link, password: &str) -> Answer {
        let nonce = self.nonce(link).await;
        self.post(link, &nonce, password).await
    }

    /// The assets on the link's first page.
    pub async fn assets(&self, link: &Link) -> Vec<Value> {
        self.get(link, "/assets?limit=200").await.is(200).json()["items"].as_array().unwrap().clone()
    }

    /// The names of the assets on the link's first page.
    pub async fn names(&self, link: &Link) -> Vec<String> {
        self.assets(link).await.iter().map(|asset| asset["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Requests one file of a link.
    pub async fn ask_for(&self, link: &Link, asset: &str, rendition: &str) -> Answer {
        self.get(link, &format!("/assets/{asset}/{rendition}")).await
    }

    /// Saves one file of a link.
    pub async fn save(&self, link: &Link, asset: &str, rendition: &str) -> Saved {
        let sent = self.ask_for(link, asset, rendition).await.is(302);
        self.follow(&sent).await
    }

    /// Follows a redirect to the store and saves what is there.
    pub async fn follow(&self, sent: &Answer) -> Saved {
        let file = answer_to(self.client.get(sent.header("location"))).await.is(200);
        Saved { name: saved_name(file.header("content-disposition")), bytes: file.body }
    }

    /// Requests a URL from an earlier answer.
    pub async fn fetch(&self, url: &str) -> Answer {
        answer_to(self.client.get(url)).await
    }

    /// Requests a bundle.
    pub async fn ask_bundle(&self, link: &Link, body: Value) -> Answer {
        let request = self.client.post(format!("{}/bundles", link.url)).header("accept", "application/json");
        answer_to(request.json(&body)).await
    }

    /// Presses Download all and waits until the zip is ready. Returns its id.
    pub async fn bundle_all(&self, link: &Link) -> String {
        self.bundle(link, json!({"assets": "all", "renditions": ["original"]})).await
    }

    /// Requests a bundle and waits until it is ready. Returns its id.
    pub async fn bundle(&self, link: &Link, body: Value) -> String {
        let requested = self.ask_bundle(link, body).await.is(202).json();
        let id = requested["id"].as_str().unwrap().to_owned();
        wait_for("a bundle", || async {
            let bundle = self.get(link, &format!("/bundles/{id}")).await.is(200).json();
            assert_ne!(bundle["status"], "failed", "{bundle}");
            (bundle["status"] == "ready").then_some(())
        })
        .await;
        id
    }

    /// Saves a bundle that is ready.
    pub async fn save_bundle(&self, link: &Link, id: &str) -> Saved {
        let sent = self.get(link, &format!("/bundles/{id}/file")).await.is(302);
        self.follow(&sent).await
    }
}

/// The name under which a browser saves a file: `filename*` before `filename` (RFC 6266).
fn saved_name(disposition: &str) -> String {
    assert!(disposition.starts_with("attachment"), "{disposition:?}");
    if let Some((_, encoded)) = disposition.split_once("filename*=UTF-8''") {
        let encoded = encoded.split(';').next().unwrap();
        return percent_encoding::percent_decode_str(encoded).decode_utf8().unwrap().into_owned();
    }
    let (_, rest) = disposition.split_once("filename=\"").expect("a download has a file name");
    rest.split('"').next().unwrap().to_owned()
}
