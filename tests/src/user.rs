//! Users of the organisation, by the API.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::answer::answer_to;
use crate::{Answer, Link, wait_for, with};

/// A signed-in user.
pub struct User {
    client: Client,
    url: String,
    token: String,
}

impl User {
    /// Signs in to the site at `url` as the sample user `name`.
    pub async fn sign_in(url: &str, name: &str) -> Self {
        let client = Client::new();
        let request = client.post(format!("{url}/auth/token")).json(&json!({"user": name}));
        let token = answer_to(request).await.is(200).json()["access_token"].as_str().unwrap().to_owned();
        Self { client, url: url.to_owned(), token }
    }

    /// A user with this token.
    pub fn with_token(url: &str, token: &str) -> Self {
        Self { client: Client::new(), url: url.to_owned(), token: token.to_owned() }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        answer_to(request).await
    }

    /// Sends any request without a body.
    pub async fn ask(&self, method: &str, path: &str) -> Answer {
        self.call(method.to_uppercase().parse().unwrap(), path, None).await
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    /// POST of a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    /// PATCH of a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Some(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    /// The id of the folder at a path such as `Autumn/Night`.
    pub async fn folder(&self, path: &str) -> String {
        let folders = self.get("/api/folders").await.is(200).json();
        let mut folders = folders["items"].as_array().unwrap().iter();
        let folder = folders.find(|folder| folder["path"] == path);
        folder.unwrap_or_else(|| panic!("no folder {path}"))["id"].as_str().unwrap().to_owned()
    }

    /// The asset at a path such as `Autumn/leaf.jpg`.
    pub async fn asset(&self, path: &str) -> Value {
        self.find_asset(path).await.unwrap_or_else(|| panic!("no asset {path}"))
    }

    /// The asset at a path, if there is one.
    pub async fn find_asset(&self, path: &str) -> Option<Value> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let folders = self.get("/api/folders").await.is(200).json();
        let folder = folders["items"].as_array().unwrap().iter().find(|f| f["path"] == folder)?;
        let within = format!("/api/assets?in=folder:{}&limit=200", folder["id"].as_str().unwrap());
        let assets = self.get(&within).await;
        // The folder may have disappeared since the list was read.
        let assets = (assets.status == 200).then(|| assets.json())?;
        assets["items"].as_array().unwrap().iter().find(|asset| asset["name"] == name).cloned()
    }

    /// The id of the asset at a path.
    pub async fn asset_id(&self, path: &str) -> String {
        self.asset(path).await["id"].as_str().unwrap().to_owned()
    }

    /// Waits until so many files are ingested.
    pub async fn wait_for_ingest(&self, files: usize) {
        wait_for(&format!("ingest of {files} files"), || async {
            let ingest = self.get("/api/ingest").await.is(200).json();
            (ingest["total"] == files && ingest["processing"] == 0).then_some(())
        })
        .await;
    }

    /// Makes a link with this body.
    pub async fn link(&self, body: Value) -> Link {
        Link::read(self.post("/api/links", body).await.is(201).json())
    }

    /// Makes a link for download on a target, with further fields.
    pub async fn share(&self, target: Value, further: Value) -> Link {
        let body = json!({"target": target, "title": "Autumn press kit", "access": "download"});
        self.link(with(body, further)).await
    }

    /// Makes a link on a folder.
    pub async fn share_folder(&self, path: &str, further: Value) -> Link {
        let target = json!({"kind": "folder", "id": self.folder(path).await, "include_subfolders": false});
        self.share(target, further).await
    }

    /// Makes a link on an asset.
    pub async fn share_asset(&self, path: &str, further: Value) -> Link {
        self.share(json!({"kind": "asset", "id": self.asset_id(path).await}), further).await
    }

    /// Makes a link on a selection, in this order.
    pub async fn share_selection(&self, paths: &[&str], further: Value) -> Link {
        let mut assets = Vec::new();
        for path in paths {
            assets.push(self.asset_id(path).await);
        }
        self.share(json!({"kind": "selection", "assets": assets}), further).await
    }

    /// A link as it is now.
    pub async fn read(&self, link: &Link) -> Value {
        self.get(&format!("/api/links/{}", link.id)).await.is(200).json()
    }

    /// Edits a link.
    pub async fn edit(&self, link: &Link, change: Value) -> Answer {
        self.patch(&format!("/api/links/{}", link.id), change).await
    }

    /// Deletes a link.
    pub async fn delete_link(&self, link: &Link) -> Answer {
        self.delete(&format!("/api/links/{}", link.id)).await
    }
}
