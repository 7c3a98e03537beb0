//! The pages of kept mails at `/mail`. They are only for this machine, because a mail has a link that anybody can open.

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

/// The pages' style, which uses the site's CSS variables.
const STYLE: &str = include_str!("../templates/mail.css");

/// The pages' content security policy. A mail is shown in a frame, which has another one.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action \
                           'none'; base-uri 'none'; frame-ancestors 'none'";

/// A mail's content security policy: no script, no loading, and an origin of its own. A page that its button opens is not
/// restricted.
const MAIL_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src \
                           'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

#[derive(Template)]
#[template(path = "mails.html")]
struct MailsPage {
    mails: Vec<Envelope>,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage {
    mail: Envelope,
    text: String,
    has_html: bool,
}

/// The headers of a mail that the pages show.
struct Envelope {
    name: String,
    subject: String,
    from: String,
    to: String,
    reply_to: String,
    date: String,
}

impl Envelope {
    fn new(name: &MailName, message: &Message<'_>) -> Self {
        Self {
            name: name.as_str().to_owned(),
            subject: message.subject().unwrap_or("No subject").to_owned(),
            from: format_addresses(message.from()),
            to: format_addresses(message.to()),
            reply_to: format_addresses(message.reply_to()),
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
        .route("/", get(list_mails))
        .route("/style.css", get(async || ([(header::CONTENT_TYPE, "text/css")], STYLE)))
        .route("/{name}", get(show_mail))
        .route("/{name}/body.html", get(show_body))
        .route("/{name}/mail.eml", get(download_mail))
        .fallback(not_found)
        .with_state(mailbox)
}

async fn not_found() -> Response {
    problem(StatusCode::NOT_FOUND, "There is no such mail.")
}

async fn list_mails(State(mailbox): State<Mailbox>) -> Response {
    let kept = match mailbox.newest().await {
        Ok(kept) => kept,
        Err(error) => return unreadable(&error),
    };
    let mails = kept.iter().filter_map(|(name, mime)| Some(Envelope::new(name, &parse(mime)?))).collect();
    html(&MailsPage { mails }, PAGE_POLICY)
}

async fn show_mail(State(mailbox): State<Mailbox>, Path(name): Path<String>) -> Response {
    let Some((name, mime)) = read(&mailbox, &name).await else { return not_found().await };
    let Some(message) = parse(&mime) else { return not_found().await };
    let text = message.body_text(0).unwrap_or_default().into_owned();
    let page =
        MailPage { mail: Envelope::new(&name, &message), text, has_html: message.html_body_count() > 0 };
    html(&page, PAGE_POLICY)
}

/// The mail's HTML, for the frame in its page.
async fn show_body(State(mailbox): State<Mailbox>, Path(name): Path<String>) -> Response {
    let Some((_, mime)) = read(&mailbox, &name).await else { return not_found().await };
    let Some(message) = parse(&mime) else { return not_found().await };
    answer(message.body_html(0).unwrap_or_default().into_owned(), "text/html; charset=utf-8", MAIL_POLICY)
}

async fn download_mail(State(mailbox): State<Mailbox>, Path(name): Path<String>) -> Response {
    let Some((name, mime)) = read(&mailbox, &name).await else { return not_found().await };
    let mut response = answer(mime, "message/rfc822", "sandbox; default-src 'none'");
    // The name has only hexadecimal digits and a hyphen, so it needs no escaping.
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

/// Names and addresses, as mail programs show them.
fn format_addresses(addresses: Option<&Address<'_>>) -> String {
    let one = |address: &mail_parser::Addr<'_>| match (address.name(), address.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    addresses.map(|list| list.iter().map(one).collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

fn unreadable(error: &std::io::Error) -> Response {
    tracing::error!(%error, "the kept mails can't be read");
    problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "The mails can't be read. Check the folder mail in the data folder.",
    )
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
