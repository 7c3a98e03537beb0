//! The mails that this site sent, as its pages show them at `/mail`: on this machine alone, since whoever reads them
//! can open what they share.

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use mail_parser::{Address, Message, MessageParser};

use crate::{
    mailbox::{MailName, Mailbox},
    problem::problem,
};

/// The pages' own style, over the site's tokens.
const STYLE: &str = include_str!("../templates/mail.css");

/// The pages' policy: a mail is shown in a frame, which has a policy of its own.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action \
                           'none'; base-uri 'none'; frame-ancestors 'none'";

/// A mail's policy: no script, nothing loaded, an origin of its own; what its button opens is an ordinary page again.
const MAIL_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src \
                           'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

#[derive(Template)]
#[template(path = "mails.html")]
struct MailsPage {
    mails: Vec<Outside>,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage {
    mail: Outside,
    text: String,
    has_html: bool,
}

/// What stands on the outside of a mail.
struct Outside {
    name: String,
    subject: String,
    from: String,
    to: String,
    reply_to: String,
    date: String,
}

impl Outside {
    fn new(name: &MailName, message: &Message<'_>) -> Self {
        Self {
            name: name.as_str().to_owned(),
            subject: message.subject().unwrap_or("No subject").to_owned(),
            from: people(message.from()),
            to: people(message.to()),
            reply_to: people(message.reply_to()),
            date: message
                .date()
                .map(|date| format!("{} UTC", date.to_rfc3339()[..16].replace('T', " ")))
                .unwrap_or_default(),
        }
    }
}

/// The pages, to be nested at `/mail`.
pub fn router(mailbox: Mailbox) -> Router {
    Router::new()
        .route("/", get(list))
        .route("/style.css", get(async || ([(header::CONTENT_TYPE, "text/css")], STYLE)))
        .route("/{name}", get(one))
        .route("/{name}/body.html", get(body))
        .route("/{name}/mail.eml", get(file))
        .fallback(nothing)
        .with_state(mailbox)
}

async fn nothing() -> Response {
    problem(StatusCode::NOT_FOUND, "There is no such mail.")
}

async fn list(State(mailbox): State<Mailbox>) -> Response {
    let kept = match mailbox.newest().await {
        Ok(kept) => kept,
        Err(error) => return unreadable(&error),
    };
    let mails = kept.iter().filter_map(|(name, mime)| Some(Outside::new(name, &parse(mime)?))).collect();
    html(&MailsPage { mails }, PAGE_POLICY)
}

async fn one(State(mailbox): State<Mailbox>, Path(name): Path<String>) -> Response {
    let Some((name, mime)) = read(&mailbox, &name).await else { return nothing().await };
    let Some(message) = parse(&mime) else { return nothing().await };
    let text = message.body_text(0).unwrap_or_default().into_owned();
    let page =
        MailPage { mail: Outside::new(&name, &message), text, has_html: message.html_body_count() > 0 };
    html(&page, PAGE_POLICY)
}

/// The mail's HTML by itself, for the frame of its page.
async fn body(State(mailbox): State<Mailbox>, Path(name): Path<String>) -> Response {
    let Some((_, mime)) = read(&mailbox, &name).await else { return nothing().await };
    let Some(message) = parse(&mime) else { return nothing().await };
    answer(message.body_html(0).unwrap_or_default().into_owned(), "text/html; charset=utf-8", MAIL_POLICY)
}

async fn file(State(mailbox): State<Mailbox>, Path(name): Path<String>) -> Response {
    let Some((name, mime)) = read(&mailbox, &name).await else { return nothing().await };
    let mut response = answer(mime, "message/rfc822", "sandbox; default-src 'none'");
    // The name is digits and a dash.
    let disposition = format!("attachment; filename=\"{}.eml\"", name.as_str());
    if let Ok(disposition) = HeaderValue::try_from(disposition) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

async fn read(mailbox: &Mailbox, name: &str) -> Option<(MailName, Vec<u8>)> {
    let name = MailName::parse(name)?;
    let mime = mailbox.read(&name).await.ok()?;
    Some((name, mime))
}

fn parse(mime: &[u8]) -> Option<Message<'_>> {
    MessageParser::default().parse(mime)
}

/// Names with their addresses, as mail programs write them.
fn people(addresses: Option<&Address<'_>>) -> String {
    let one = |address: &mail_parser::Addr<'_>| match (address.name(), address.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    addresses.map(|list| list.iter().map(one).collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

fn unreadable(error: &std::io::Error) -> Response {
    tracing::error!(%error, "the kept mails can't be read");
    problem(StatusCode::INTERNAL_SERVER_ERROR, "The mails can't be read. Look at the data folder.")
}

fn html(page: &impl Template, policy: &'static str) -> Response {
    match page.render() {
        Ok(body) => answer(body, "text/html; charset=utf-8", policy),
        Err(error) => unreadable(&std::io::Error::other(error)),
    }
}

fn answer(body: impl IntoResponse, kind: &'static str, policy: &'static str) -> Response {
    let mut response = body.into_response();
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
