//! A hostile page, open in a browser on the machine that runs Vitrine, attacks every port of the process.

use axum::Router;
use axum::response::Html;
use e2e::process::Process;
use e2e::site::Scratch;
use e2e::{Recipient, files, story};
use serde_json::{Value, json};

use crate::browser::Browser;

const VITRINE: &str = env!("CARGO_BIN_EXE_vitrine-under-test");

/// Requests that a page can send by itself to a port: commands for each store, and a sign-in for the site. Returns the
/// name, status and readable text of each answer; the status is null if the request was not sent.
const ATTACK: &str = r#"
    const [port, done] = [arguments[0], arguments[arguments.length - 1]];
    const signed = service => ({
        authorization: `AWS4-HMAC-SHA256 Credential=VITRINELOCAL/20261128/local/${service}/aws4_request, ` +
            'SignedHeaders=host;x-amz-date, Signature=00',
        'x-amz-date': '20261128T000000Z',
    });
    const dynamodb = operation => ({
        'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `DynamoDB_20120810.${operation}`, ...signed('dynamodb'),
    });
    const sqs = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.SendMessage', ...signed('sqs') };
    const row = { pk: { S: 'LINK#forged' }, sk: { S: 'LINK' } };
    const mail = new URLSearchParams({
        Action: 'SendRawEmail', Source: 'links@vitrine.example', 'Destinations.member.1': 'anna@example.net',
        'RawMessage.Data': btoa('To: anna@example.net\r\nSubject: forged\r\n\r\nforged'),
    });
    const message = { QueueUrl: 'http://x/000000000000/ingest', MessageBody: '{"backfill": {}}' };
    const orders = [
        ['scan', { method: 'POST', headers: dynamodb('Scan'), body: '{"TableName":"vitrine"}' }],
        ['put', { method: 'POST', headers: dynamodb('PutItem'), body: JSON.stringify({ TableName: 'vitrine', Item: row }) }],
        ['queue', { method: 'POST', headers: sqs, body: JSON.stringify(message) }],
        ['mail', { method: 'POST', body: mail }],
        ['mail, unread', { method: 'POST', body: mail, mode: 'no-cors' }],
        ['health', { method: 'GET' }],
        ['list', { method: 'GET', path: '/vitrine-assets?list-type=2' }],
        ['token', { method: 'POST', path: '/auth/token', body: '{"user":"ada"}', headers: { 'content-type': 'application/json' } }],
        ['token as a form', { method: 'POST', path: '/auth/token', body: new URLSearchParams({ user: 'ada' }) }],
        ['links', { method: 'GET', path: '/api/links' }],
    ];
    const read = async ([name, { path = '/', ...order }]) => {
        try {
            const answer = await fetch(`http://127.0.0.1:${port}${path}`, order);
            return [name, answer.status, await answer.text()];
        } catch {
            return [name, null, ''];
        }
    };
    Promise.all(orders.map(read)).then(done);
"#;

#[test]
fn a_page_of_another_origin_reads_and_changes_nothing_at_any_port() {
    story(async {
        let vitrine = Process::start(VITRINE);
        let carl = vitrine.user("carl").await;
        carl.wait_for_ingest(files::library().len()).await;
        let link = carl.share_folder("Autumn", json!({})).await;

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        // Chromium resolves every name below localhost to this machine.
        let page = format!("http://evil.localhost:{}/", listener.local_addr().unwrap().port());
        let app = Router::new().fallback(async || Html("<h1>Cats</h1>"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let scratch = Scratch::new();
        let stranger = Browser::start("stranger", scratch.folder("screenshots")).await;
        stranger.open(&page).await;
        stranger.reads("h1", "Cats").await;

        let before = count_mails(&vitrine);
        let ports = vitrine.ports();
        assert_eq!(ports.len(), 2, "the site, and the store that browsers load pictures from: {ports:?}");
        for port in ports {
            let answers = stranger.run_async(ATTACK, json!([port])).await;
            for answer in answers.as_array().unwrap() {
                let text = answer[2].as_str().unwrap();
                assert!(
                    answer[1].is_null() || answer[1].as_u64() >= Some(400) || text.is_empty(),
                    "{port}: {answer}"
                );
                assert!(!text.contains(&link.token) && !text.contains("argon2"), "{port}: {answer}");
            }
        }
        assert_eq!(count_mails(&vitrine), before, "no mail came in");
        let links = carl.get("/api/links").await.is(200).json();
        assert_eq!(links["items"].as_array().map(Vec::len), Some(1), "{links}");
        Recipient::new().get(&link, "").await.is(200);
    });
}

#[test]
fn another_host_name_is_refused_at_every_port() {
    story(async {
        let vitrine = Process::start(VITRINE);
        for port in vitrine.ports() {
            for path in ["/", "/vitrine-assets?list-type=2", "/auth/.well-known/openid-configuration"] {
                let url = format!("http://127.0.0.1:{port}{path}");
                let answer =
                    reqwest::Client::new().get(url).header("host", "evil.test").send().await.unwrap();
                assert!(answer.status().is_client_error(), "{port}{path}: {}", answer.status());
            }
        }
    });
}

/// The number of mails in the data folder.
fn count_mails(vitrine: &Process) -> Value {
    json!(files::tree(&vitrine.data().join("mail")).len())
}
