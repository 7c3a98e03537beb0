//! The whole site in one process: stores, queues, functions, and the address in front of them.

mod link_to_try;
mod stage;
mod store_events;

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use aws::Cloud;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use axum::Router;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use local_s3::{Credentials, Linked, Store, StoreConfig};
use web::headers::NotAnOrigin;

use stage::Stage;

use crate::{
    carrier::{Carrier, MailSetting},
    data_folder::{DataFolder, DataFolderError, loopback},
    dynamodb::{DynamoDb, DynamoDbError},
    functions,
    gateway::{self, NoSuchFunction},
    inside::{self, Inside},
    issuer::{Issuer, SampleUser},
    library::{self, BadFolder, Library},
    provider::{BadProvider, Named, Provider},
    queue::{
        QueueError, Queues, Rules,
        poller::{self, Mapping},
        protocol,
    },
    sample, scheduler,
    ses::{self, Ses},
    sign_in::SignIn,
    site::{BadPublicUrl, Site},
    smtp,
};

/// The bucket of originals and renditions.
pub const ASSETS_BUCKET: &str = "vitrine-assets";

/// The bucket of zips and manifests.
pub const BUNDLES_BUCKET: &str = "vitrine-bundles";

/// The one table.
pub const TABLE: &str = "vitrine";

/// The queue of `ingest-asset`. Its visibility time-out covers the function's time limit.
const INGEST: Rules = Rules {
    name: "ingest",
    visibility: SignedDuration::from_secs(300),
    max_receives: domain::event::MAX_RECEIVES,
};

/// The queue of `bundle-assets`.
const BUNDLE: Rules = Rules {
    name: "bundle",
    visibility: SignedDuration::from_secs(900),
    max_receives: domain::event::MAX_RECEIVES,
};

/// The queue of `send-email`, and of what comes back of its mails.
const EMAIL: Rules = Rules {
    name: "email",
    visibility: SignedDuration::from_secs(180),
    max_receives: domain::event::MAX_RECEIVES,
};

/// What to start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder whose files are the library; None for the sample library.
    pub library: Option<PathBuf>,
    /// The data folder.
    pub data: PathBuf,
    /// The site's port on this machine; 0 for any that is free.
    pub port: u16,
    /// The site's address behind a reverse proxy.
    pub public_url: Option<String>,
    /// The store's address behind a reverse proxy.
    pub store_url: Option<String>,
    /// How many reverse proxies stand in front, one after the other; of no meaning without `public_url`.
    pub proxies: usize,
    /// The identity provider; without one the sample users sign in.
    pub provider: Option<Named>,
    /// The claim of the provider's tokens that names a user's groups.
    pub groups_claim: String,
    /// What becomes of mails.
    pub mail: MailSetting,
}

/// Why the site could not be started, in words for whoever started it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another program listens on the port.
    #[error("port {0} is in use. Stop what uses it, or choose another with --port.")]
    PortTaken(u16),
    /// The port can't be had for another reason.
    #[error("port {0} can't be used: {1}")]
    Port(u16, io::Error),
    /// Everybody on the internet would be an administrator.
    #[error(
        "with --public-url the site is on the internet, where anybody could sign in as a sample user. Either name your \
         identity provider with --oidc-issuer URL and --oidc-client-id ID, or leave --public-url out: the site is then \
         for this machine alone."
    )]
    OpenToAnybody,
    /// The identity provider can't be used as it was named.
    #[error(transparent)]
    Provider(#[from] BadProvider),
    /// The folder can't be the library.
    #[error(transparent)]
    Library(#[from] BadFolder),
    /// An address is none.
    #[error(transparent)]
    Address(#[from] BadPublicUrl),
    /// The data folder.
    #[error(transparent)]
    Data(#[from] DataFolderError),
    /// The sample library could not be drawn.
    #[error("the sample library can't be drawn: {0}")]
    Sample(io::Error),
    /// The database.
    #[error(transparent)]
    DynamoDb(#[from] DynamoDbError),
    /// The table.
    #[error("the table can't be made: {0}")]
    Table(#[from] aws::Error),
    /// The store.
    #[error("the store can't be opened: {0}")]
    Store(#[from] local_s3::Error),
    /// The queues.
    #[error("the queues can't be opened: {0}")]
    Queues(#[from] QueueError),
    /// The store's address can't stand in a content security policy.
    #[error(transparent)]
    StoreAddress(#[from] NotAnOrigin),
    /// The assembly is wrong.
    #[error(transparent)]
    Routes(#[from] NoSuchFunction),
    /// Anything else of the disk or network.
    #[error("can't start: {0}")]
    Io(#[from] io::Error),
}

/// A running site.
pub struct Stack {
    site: Site,
    cloud: Cloud,
    sign_in: SignIn,
    queues: Queues,
    gateway: Router,
    /// What takes requests and messages.
    front: Stage,
    /// What the functions need to the last.
    stores: Stage,
    inside: Inside,
    data: DataFolder,
}

impl Stack {
    /// Starts everything; on return the site answers.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        Self::start_through(settings, |client| client).await
    }

    /// As [`Stack::start`], with the functions' requests sent by what `through` makes of their HTTP client.
    pub async fn start_through(
        settings: Settings,
        through: impl FnOnce(SharedHttpClient) -> SharedHttpClient,
    ) -> Result<Self, StartError> {
        if settings.public_url.is_some() && settings.provider.is_none() {
            return Err(StartError::OpenToAnybody);
        }
        let listener = match loopback(settings.port) {
            Ok(listener) => listener,
            Err(e) if e.kind() == io::ErrorKind::AddrInUse => {
                return Err(StartError::PortTaken(settings.port));
            }
            Err(e) => return Err(StartError::Port(settings.port, e)),
        };
        let port = listener.local_addr()?.port();
        let site = match &settings.public_url {
            Some(url) => Site::behind(url, port, settings.proxies)?,
            None => Site::on_port(port),
        };
        let data = DataFolder::open(&settings.data)?;
        let root = library_root(settings.library, data.path()).await?;

        let mut stores = Stage::new();
        let dynamodb = DynamoDb::open(&data.path().join("dynamodb.sqlite"))?;
        let credentials = Credentials {
            access_key: "VITRINELOCAL".to_owned(),
            secret_key: BASE64_URL_SAFE_NO_PAD.encode(data.secret::<30>("store.key")?),
        };
        let store_listener = data.store_listener(port)?;
        let store_port = store_listener.local_addr()?.port();
        let store = Store::open(StoreConfig {
            data: data.path().to_owned(),
            buckets: vec![ASSETS_BUCKET.to_owned(), BUNDLES_BUCKET.to_owned()],
            linked: Some(Linked {
                bucket: ASSETS_BUCKET.to_owned(),
                prefix: library::PREFIX.to_owned(),
                root: root.clone(),
            }),
        })
        .await?;
        let serving = local_s3::serve(
            tokio::net::TcpListener::from_std(store_listener)?,
            store.clone(),
            credentials.clone(),
            stores.stopped(),
        );
        stores.tasks.spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "the store's server ended");
            }
        });
        let queues = Queues::open(&data.path().join("queue.sqlite"), &[INGEST, BUNDLE, EMAIL])?;
        let carrier = Carrier::new(&settings.mail, data.path(), site.host())?;
        let mails = Ses {
            carrier: carrier.clone(),
            sender: settings.mail.from().into(),
            queues: queues.clone(),
            notices: EMAIL.name,
        };
        let inside =
            Inside { rows: dynamodb, queues: protocol::router(queues.clone()), mails: ses::router(mails) };

        let store_url = match &settings.store_url {
            Some(url) => Site::behind(url, store_port, settings.proxies)?.origin().to_owned(),
            None => format!("http://localhost:{store_port}"),
        };
        let queue_url = |rules: Rules| protocol::queue_url(inside::QUEUES_URL, rules.name);
        let places = aws::Settings {
            region: "local".to_owned(),
            credentials: aws::Credentials {
                access_key: credentials.access_key,
                secret_key: credentials.secret_key,
                session_token: None,
            },
            dynamodb_url: Some(inside::ROWS_URL.to_owned()),
            s3_url: Some(format!("http://127.0.0.1:{store_port}")),
            store_url: Some(store_url),
            ingest_queue: queue_url(INGEST),
            bundle_queue: queue_url(BUNDLE),
            email_queue: queue_url(EMAIL),
            sqs_url: Some(inside::QUEUES_URL.to_owned()),
            ses_url: Some(inside::MAILS_URL.to_owned()),
            cognito_url: None,
            user_pool: None,
            mail_from: settings.mail.from().to_owned(),
            mail_configuration_set: None,
            table: TABLE.to_owned(),
            assets_bucket: ASSETS_BUCKET.to_owned(),
            library_prefix: library::PREFIX.to_owned(),
            bundles_bucket: BUNDLES_BUCKET.to_owned(),
            site_url: site.origin().to_owned(),
            ca_bundle: None,
            stack_name: None,
            function_name: None,
            groups_claim: settings.groups_claim,
        };
        let cloud = Cloud::over(places, through(inside.client()));
        cloud.rows().create_table().await?;
        inside.rows.expire_rows(TABLE, "ttl")?;
        stores.tasks.spawn(inside.rows.clone().sweep(stores.stopped()));

        let mut front = Stage::new();
        let sign_in = match settings.provider {
            Some(named) => SignIn::Provider(Provider::new(named)?),
            None => SignIn::Samples(Issuer::new(site.clone(), data.secret("issuer.key")?)),
        };
        let app = front.app(&sign_in, cloud.store_origin()).await?;
        let http = functions::http(&cloud, app)?;
        let gateway = gateway::router(
            functions::ROUTES,
            functions::DEFAULT,
            &http,
            sign_in.clone(),
            carrier.pages(),
            site.clone(),
        )?;
        front.serve(listener, gateway.clone())?;
        front.tasks.spawn(carrier.look());
        let soon = SignedDuration::from_secs(2);
        for (rules, function, concurrency, retry_after) in [
            (INGEST, functions::ingest_asset(&cloud), 2, soon),
            (BUNDLE, functions::bundle_assets(&cloud), 2, soon),
            (EMAIL, functions::send_email(&cloud), smtp::CONNECTIONS, settings.mail.first_wait()),
        ] {
            let mapping = Mapping { queue: rules.name, function, concurrency, batch_size: 1, retry_after };
            front.tasks.spawn(poller::run(queues.clone(), mapping, front.stopped()));
        }
        let (soon, every) = (Duration::from_secs(10), Duration::from_secs(300));
        front.tasks.spawn(scheduler::run(functions::sweep_links(&cloud), soon, every, front.stopped()));
        front.tasks.spawn(store_events::forward(store, queues.clone(), INGEST.name, front.stopped()));
        let library = Library::new(root, data.path(), ASSETS_BUCKET, INGEST.name);
        front.tasks.spawn(library.follow(queues.clone(), front.stopped()));

        Ok(Self { site, cloud, sign_in, queues, gateway, front, stores, inside, data })
    }

    /// The site's address, without a slash at its end.
    pub fn url(&self) -> &str {
        self.site.origin()
    }

    /// The functions' door to the stores.
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// The stores that have no port.
    pub fn inside(&self) -> &Inside {
        &self.inside
    }

    /// The queues, to look into.
    pub fn queues(&self) -> &Queues {
        &self.queues
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Where users sign in.
    pub fn sign_in(&self) -> &SignIn {
        &self.sign_in
    }

    /// An access token for the sample user `name`, if there is one.
    pub fn access_token(&self, name: &str) -> Option<String> {
        let SignIn::Samples(issuer) = &self.sign_in else { return None };
        SampleUser::named(name).map(|user| issuer.access_token(user, aws::clock::now()))
    }

    /// The URL of a link on the library's first folder. It is made once, as soon as there is
    /// something to share; None where it was made before and is gone, and where users are real: nobody makes links in
    /// their names.
    pub async fn link_to_try(&self) -> Option<String> {
        match &self.sign_in {
            SignIn::Samples(_) => link_to_try::get(self).await,
            SignIn::Provider(_) => None,
        }
    }

    /// Ends everything: work under way has a few seconds; what does not end goes on at the next start.
    pub async fn stop(self) {
        let Self { front, stores, inside, .. } = self;
        front.end().await;
        stores.end().await;
        inside.rows.close();
    }
}

/// The folder to serve: the one named, or the sample library, drawn at the first start.
async fn library_root(named: Option<PathBuf>, data: &Path) -> Result<PathBuf, StartError> {
    let data = data.to_owned();
    let root = tokio::task::spawn_blocking(move || match named {
        Some(path) => Ok(library::check(&path, &data)?),
        None => {
            let folder = data.join("sample library");
            if !folder.exists() {
                // Drawn beside it first: a start that is broken off leaves no half library.
                let part = data.join("sample library.part");
                if part.exists() {
                    fs::remove_dir_all(&part).map_err(StartError::Sample)?;
                }
                sample::draw(&part).map_err(StartError::Sample)?;
                fs::rename(part, &folder).map_err(StartError::Sample)?;
            }
            Ok(library::check(&folder, &data)?)
        }
    });
    root.await.map_err(|e| StartError::Io(io::Error::other(e)))?
}
