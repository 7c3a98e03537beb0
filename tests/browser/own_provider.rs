//! Users sign in at an organisation's own identity provider.

use std::path::Path;

use e2e::process::Process;
use e2e::provider::{Provider, free_port};
use e2e::site::Scratch;
use e2e::{Recipient, User, files, story};
use serde_json::json;

use crate::browser::Browser;

const VITRINE: &str = env!("CARGO_BIN_EXE_vitrine-under-test");

/// The token that the app stores after a sign-in.
const TOKEN: &str = "JSON.parse(sessionStorage.getItem('tokens')).id_token";

/// Starts a browser and signs in at the provider, whose page asks for a name.
async fn sign_in(site: &str, name: &'static str, screenshots: &Path) -> Browser {
    let browser = Browser::start(name, screenshots.to_owned()).await;
    browser.open(site).await;
    browser.fill("input[name=login]", name).await;
    browser.fill("input[name=password]", "anything").await;
    browser.click("button[type=submit]").await;
    browser
}

async fn token(browser: &Browser) -> String {
    browser.becomes("sessionStorage.getItem('tokens')").await;
    browser.value(TOKEN).await.as_str().unwrap().to_owned()
}

#[test]
fn only_users_of_the_configured_provider_sign_in() {
    story(async {
        let port = free_port();
        let mut provider = Provider::start(&format!("http://localhost:{port}"), "ES256");
        let scratch = Scratch::new();
        scratch.library();
        let issuer = provider.issuer();
        let pictures = Scratch::new();
        let screenshots = pictures.folder("screenshots");
        let further = ["--oidc-issuer", &issuer, "--oidc-client-id", "vitrine"];
        let mut vitrine = Process::start_with(VITRINE, scratch, port, &further);

        // The sample users can't sign in.
        let ada = json!({"user": "ada"});
        let request = reqwest::Client::new().post(format!("{}/auth/token", vitrine.url())).json(&ada);
        assert!(request.send().await.unwrap().status().is_client_error());

        let carl = sign_in(vitrine.url(), "carl", &screenshots).await;
        carl.reads(".side-user strong", "Carl of the provider").await;
        carl.check_page("signed in by the provider").await;
        let first = token(&carl).await;
        let user = User::with_token(vitrine.url(), &first);
        let me = user.get("/api/me").await.is(200).json();
        assert_eq!((&me["level"], &me["email"]), (&json!("consumer"), &json!("carl@example.org")));
        user.wait_for_ingest(files::library().len()).await;
        let link = user.share_folder("Autumn", json!({})).await;
        Recipient::new().get(&link, "").await.is(200);
        let ada = sign_in(vitrine.url(), "ada", &screenshots).await;
        ada.reads(".side-user", "AAda of the providerAdministrator").await;

        // An ID token without groups identifies a user without access.
        let nora = sign_in(vitrine.url(), "nora", &screenshots).await;
        nora.reads("h1", "No access yet").await;
        User::with_token(vitrine.url(), &token(&nora).await).get("/api/links").await.is(403);

        // The provider changes its keys and algorithm.
        provider.start_again("RS256");
        let again = sign_in(vitrine.url(), "carl", &screenshots).await;
        again.reads(".side-user strong", "Carl of the provider").await;
        let second = token(&again).await;
        User::with_token(vitrine.url(), &first).get("/api/me").await.is(401);

        // Without the provider nobody can sign in, but existing sessions work.
        provider.kill();
        let late = Browser::start("late", screenshots.clone()).await;
        late.open(vitrine.url()).await;
        late.reads("h1", "Vitrine could not start").await;
        late.check_page("the provider is down").await;
        User::with_token(vitrine.url(), &second).get("/api/me").await.is(200);

        // The site also starts without the provider, and uses it when it is back, without another start.
        vitrine.interrupt();
        vitrine.start_again();
        assert!(vitrine.logs().contains("so nobody can sign in"), "{}", vitrine.logs());
        let unsure = User::with_token(vitrine.url(), &second).get("/api/me").await.is(503);
        assert!(unsure.json()["detail"].as_str().unwrap().contains("does not answer"));
        Recipient::new().get(&link, "").await.is(200);
        provider.start_again("RS256");
        e2e::wait_for("the provider to answer again", || async {
            vitrine.logs().contains("answers now").then_some(())
        })
        .await;
        let back = sign_in(vitrine.url(), "carl", &screenshots).await;
        back.reads(".side-user strong", "Carl of the provider").await;
    });
}
