//! What a worker meets: rows, and a mail service that answers by the wire protocol as it is told to.

use std::sync::{Arc, Mutex};

use aws::{Cloud, clock};
use axum::Router;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use domain::event::SendEmail;
use domain::link::Link;
use domain::mail::address;
use domain::mail::{Mail, Mailing};
use stage::{NOBODY, Stores};

/// How the mail service answers.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    /// It takes the mail.
    Takes,
    /// It refuses it with this code and these words.
    Refuses(u16, &'static str, &'static str),
    /// It takes the mail and breaks off before it has said so.
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
    let name = {
        let mut taken = service.taken.lock().unwrap();
        taken.push(recipients.join(" "));
        format!("name-{}", taken.len())
    };
    if matches!(answer, Answer::BreaksOff) {
        // Not an answer that SES would give: the client can't tell what became of its mail.
        return Ok((StatusCode::OK, "<SendRawEmail".to_owned()));
    }
    let result = format!("<SendRawEmailResult><MessageId>{name}</MessageId></SendRawEmailResult>");
    Ok((StatusCode::OK, format!("<SendRawEmailResponse>{result}</SendRawEmailResponse>")))
}

impl Scene {
    /// From now on the mail service answers so.
    pub fn service(&self, answer: Answer) {
        *self.service.answer.lock().unwrap() = answer;
    }

    /// Whom the mail service took mails for.
    pub fn taken(&self) -> Vec<String> {
        self.service.taken.lock().unwrap().clone()
    }

    /// The same rows, and a mail service that nobody answers for.
    pub fn without_service(&self) -> Cloud {
        self.cloud_with(|settings| settings.ses_url = Some(NOBODY.into()))
    }

    /// The same rows, and no address to send from.
    pub fn without_sender(&self) -> Cloud {
        self.cloud_with(|settings| settings.mail_from.clear())
    }

    /// A mail of the link, asked for and waiting.
    pub async fn mail(&self, link: &Link, to: &str) -> Mail {
        let addresses = address::parse_list(to).unwrap();
        let mailing =
            Mailing::new("r-1", link.id.clone(), "carl".parse().unwrap(), &addresses, None, clock::now());
        self.cloud.mails().put_mailing(&mailing, addresses.len()).await.unwrap();
        self.cloud.mails().put(&mailing.mails(addresses)).await.unwrap().remove(0)
    }

    /// Delivers a mail's message for the `n`-th time. Whether it is dealt with.
    pub async fn deliver(&self, mail: &Mail, n: u32) -> bool {
        deliver(&self.cloud, mail, n).await
    }

    /// A mail as it stands.
    pub async fn read(&self, mail: &Mail) -> Mail {
        self.cloud.mails().find_to_send(&mail.link, &mail.id).await.unwrap().mail.unwrap()
    }
}

/// Delivers a mail's message to a worker with this door.
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
