//! The scene of the tests: rows, and a mail service that gives the answers that a test chooses.

use std::sync::{Arc, Mutex};

use aws::{Cloud, clock};
use axum::Router;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use domain::event::SendEmail;
use domain::link::Link;
use domain::mail::address;
use domain::mail::{Mail, Mailing};
use stage::{Stores, UNREACHABLE};

/// How the mail service answers.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    /// It accepts the mail.
    Takes,
    /// It refuses the mail with this status, code and message.
    Refuses(u16, &'static str, &'static str),
    /// It accepts the mail and ends the connection before it has answered.
    BreaksOff,
}

#[derive(Clone)]
struct Service {
    answer: Arc<Mutex<Answer>>,
    taken: Arc<Mutex<Vec<String>>>,
}

pub struct Scene {
    stores: Stores,
    service: Service,
}

stage::on_stores!(Scene);

pub async fn scene() -> Scene {
    let service = Service { answer: Arc::new(Mutex::new(Answer::Takes)), taken: Arc::default() };
    let ses_url = stage::serve(Router::new().fallback(take).with_state(service.clone())).await;
    let stores = Stores::open_with(|settings| settings.ses_url = Some(ses_url)).await;
    stores.user("carl").await;
    Scene { stores, service }
}

async fn take(
    State(service): State<Service>,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<(StatusCode, String), StatusCode> {
    let answer = *service.answer.lock().unwrap();
    if let Answer::Refuses(status, code, words) = answer {
        let status = StatusCode::from_u16(status).unwrap();
        let error =
            format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{words}</Message></Error>");
        return Ok((status, format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>")));
    }
    let recipients = form.iter().filter(|(name, _)| name.starts_with("Destinations.member."));
    let recipients: Vec<_> = recipients.map(|(_, address)| address.clone()).collect();
    let message_id = {
        let mut taken = service.taken.lock().unwrap();
        taken.push(recipients.join(" "));
        format!("message-{}", taken.len())
    };
    if matches!(answer, Answer::BreaksOff) {
        // SES never answers like this, so the client can't know whether the mail was accepted.
        return Ok((StatusCode::OK, "<SendRawEmail".to_owned()));
    }
    let result = format!("<SendRawEmailResult><MessageId>{message_id}</MessageId></SendRawEmailResult>");
    Ok((StatusCode::OK, format!("<SendRawEmailResponse>{result}</SendRawEmailResponse>")))
}

impl Scene {
    /// Sets how the mail service answers from now on.
    pub fn service(&self, answer: Answer) {
        *self.service.answer.lock().unwrap() = answer;
    }

    /// The addresses of the mails that the mail service accepted.
    pub fn taken(&self) -> Vec<String> {
        self.service.taken.lock().unwrap().clone()
    }

    /// The same table, with a mail service that does not answer.
    pub fn without_service(&self) -> Cloud {
        self.cloud_with(|settings| settings.ses_url = Some(UNREACHABLE.into()))
    }

    /// The same table, without an address to send from.
    pub fn without_sender(&self) -> Cloud {
        self.cloud_with(|settings| settings.mail_from.clear())
    }

    /// A mail of the link that was requested and not sent yet.
    pub async fn mail(&self, link: &Link, to: &str) -> Mail {
        let addresses = address::parse_list(to).unwrap();
        let mailing =
            Mailing::new("r-1", link.id.clone(), "carl".parse().unwrap(), &addresses, None, clock::now());
        self.cloud.mails().put_mailing(&mailing, addresses.len()).await.unwrap();
        self.cloud.mails().put(&mailing.mails(addresses)).await.unwrap().remove(0)
    }

    /// Delivers a mail's message for the `n`-th time. Returns whether it is done.
    pub async fn deliver(&self, mail: &Mail, n: u32) -> bool {
        deliver(&self.cloud, mail, n).await
    }

    /// A mail as it is now.
    pub async fn read(&self, mail: &Mail) -> Mail {
        self.cloud.mails().find_to_send(&mail.link, &mail.id).await.unwrap().mail.unwrap()
    }
}

/// Delivers a mail's message to a worker that uses this cloud.
pub async fn deliver(cloud: &Cloud, mail: &Mail, n: u32) -> bool {
    let message = SendEmail { link: mail.link.clone(), mail: mail.id.clone() };
    take_in(cloud, serde_json::to_string(&message).unwrap(), n).await
}

/// Delivers any body.
pub async fn take_in(cloud: &Cloud, body: String, n: u32) -> bool {
    let mut message = stage::delivered(body, n);
    message.event_source_arn = Some("arn:aws:sqs:local:000000000000:email".into());
    let event = stage::batch([message]);
    send_email::handle(event, cloud).await.unwrap().batch_item_failures.is_empty()
}
