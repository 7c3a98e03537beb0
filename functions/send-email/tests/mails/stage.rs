//! What a worker meets: rows, and a mail service that answers by the wire protocol as it is told to.

use std::sync::{Arc, Mutex};

use aws::rows::links::OwnedLink;
use aws::{Cloud, Settings, clock};
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use axum::Router;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use domain::event::SendEmail;
use domain::id::FolderId;
use domain::link::{Access, DownloadOptions, Link, Target};
use domain::mail::address;
use domain::mail::{Mail, Mailing};
use domain::token::LinkToken;
use domain::user::User;
use domain::user::level::Level;
use domain::visit::VisitKey;
use tokio::net::TcpListener;

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

pub struct Stage {
    pub cloud: Cloud,
    service: Service,
    settings: Settings,
}

pub async fn stage() -> Stage {
    let rows = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dynamodb_url = format!("http://{}", rows.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(rows, dynoxide::Database::memory().unwrap()));
    let service = Service { answer: Arc::new(Mutex::new(Answer::Takes)), taken: Arc::default() };
    let ses = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ses_url = format!("http://{}", ses.local_addr().unwrap());
    let app = Router::new().fallback(take).with_state(service.clone());
    tokio::spawn(async move { axum::serve(ses, app).await });
    let settings = Settings {
        region: "local".into(),
        credentials: aws::Credentials {
            access_key: "test".into(),
            secret_key: "secret".into(),
            session_token: None,
        },
        dynamodb_url: Some(dynamodb_url),
        sqs_url: Some("http://127.0.0.1:9".into()),
        ses_url: Some(ses_url),
        table: "vitrine".into(),
        assets_bucket: "assets".into(),
        library_prefix: "library/".into(),
        bundles_bucket: "bundles".into(),
        ingest_queue: "ingest".into(),
        bundle_queue: "bundle".into(),
        email_queue: "email".into(),
        mail_from: "share@example.org".into(),
        site_url: "http://localhost:8080".into(),
        ..Settings::default()
    };
    let cloud = Cloud::new(settings.clone());
    cloud.rows().create_table().await.unwrap();
    cloud.users().remember(carl()).await.unwrap();
    Stage { cloud, service, settings }
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

pub fn carl() -> User {
    User {
        id: "carl".into(),
        name: "Carl Conrad".into(),
        email: "carl@example.org".into(),
        level: Level::Consumer,
        enabled: true,
        service_account: false,
    }
}

/// A body as SQS delivers it for the `n`-th time.
pub fn delivered(body: String, n: u32) -> SqsEvent {
    let mut message = SqsMessage::default();
    message.message_id = Some("m-1".into());
    message.body = Some(body);
    message.attributes.insert("ApproximateReceiveCount".into(), n.to_string());
    let mut event = SqsEvent::default();
    event.records.push(message);
    event
}

impl Stage {
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
        Cloud::new(Settings { ses_url: Some("http://127.0.0.1:9".into()), ..self.settings.clone() })
    }

    /// The same rows, and no address to send from.
    pub fn without_sender(&self) -> Cloud {
        Cloud::new(Settings { mail_from: String::new(), ..self.settings.clone() })
    }

    /// A link of Carl's, with what `change` makes of it.
    pub async fn link(&self, change: impl FnOnce(&mut Link)) -> Link {
        let token = LinkToken::from_random(aws::random::bytes());
        let now = clock::now();
        let mut link = Link {
            id: token.link_id(),
            owner: "carl".into(),
            target: Target::Folder { id: FolderId::of("Press"), include_subfolders: false },
            target_name: "Press".into(),
            title: "Autumn".into(),
            expires: None,
            time_zone: None,
            expires_at: None,
            max_uses: None,
            used: 0,
            password: None,
            visit_key: VisitKey::from_random([1; 16]),
            access: Access::Download,
            attributes: None,
            options: DownloadOptions { original: true, ..Default::default() },
            created: now,
            updated: now,
            revision: 0,
        };
        change(&mut link);
        let owned = OwnedLink { link, token };
        self.cloud.links().create(&owned).await.unwrap();
        owned.link
    }

    /// A mail of the link, asked for and waiting.
    pub async fn mail(&self, link: &Link, to: &str) -> Mail {
        let addresses = address::parse_list(to).unwrap();
        let mailing = Mailing::new("r-1", link.id.clone(), "carl".into(), &addresses, None, clock::now());
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
    send_email::handle(delivered(body, n), cloud).await.unwrap().batch_item_failures.is_empty()
}
