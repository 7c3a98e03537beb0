//! The whole site in one process: stores, queues, functions and gateway.

mod link_to_try;
mod queue_rules;
mod store_events;
mod task_group;

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use aws::{Cloud, StoreRules};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use axum::Router;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::bundle::zip::Limits;
use local_inside::{DynamoDb, DynamoDbError, Inside, MAILS_URL, QUEUES_URL, ROWS_URL};
use local_s3::{Credentials, Linked, Store, StoreConfig};
use web::headers::NotAnOrigin;

use queue_rules::{BUNDLE, EMAIL, FIRST_WAIT, INGEST, RENDER};
use task_group::TaskGroup;

use crate::{
    carrier::{Carrier, MailSetting},
    data_folder::{DataFolder, DataFolderError, listen_on_loopback},
    functions,
    gateway::{self, NoSuchFunction},
    issuer::{Issuer, SampleUser},
    library::{self, BadFolder, Library},
    provider::{BadProvider, Provider, ProviderSettings},
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

/// The bucket of zips and their manifests.
pub const BUNDLES_BUCKET: &str = "vitrine-bundles";

/// The table of all rows.
pub const TABLE: &str = "vitrine";

/// The store joins parts of any size without moving their bytes, so it reads no file through a function that it can copy
/// itself: only below a quarter of a MiB is a file read sooner than a request for its copy is answered.
const PART_LIMITS: Limits = Limits {
    min_part: 1,
    min_copy: 1 << 18,
    upload_target: 4 << 20,
    first_copy: 256 << 20,
    max_copy: 5 << 30,
    max_parts: 10_000,
};

/// The settings of a site.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder whose files are the library; `None` for the sample library.
    pub library: Option<PathBuf>,
    /// The data folder.
    pub data: PathBuf,
    /// The site's port on this machine; 0 for any free port.
    pub port: u16,
    /// The site's address behind a reverse proxy.
    pub public_url: Option<String>,
    /// The store's address behind a reverse proxy.
    pub store_url: Option<String>,
    /// How many reverse proxies a request passes; ignored without `public_url`.
    pub proxies: usize,
    /// The identity provider; `None` for the sample users.
    pub provider: Option<ProviderSettings>,
    /// The claim of the provider's tokens with a user's groups.
    pub groups_claim: String,
    /// What to do with mails.
    pub mail: MailSetting,
}

/// Why the site could not be started, with what the operator can do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another program listens on the port.
    #[error("port {0} is in use. Stop the program that uses it, or choose another port with --port.")]
    PortTaken(u16),
    /// The port can't be used for another reason.
    #[error("port {0} can't be used: {1}")]
    Port(u16, io::Error),
    /// Everybody on the internet could be an administrator.
    #[error(
        "with --public-url the site is on the internet, where anybody could sign in as a sample user. Either give your \
         identity provider with --oidc-issuer URL and --oidc-client-id ID, or leave --public-url out: then the site is \
         only for this machine."
    )]
    OpenToAnybody,
    /// The identity provider can't be used with its settings.
    #[error(transparent)]
    Provider(#[from] BadProvider),
    /// The folder can't be the library.
    #[error(transparent)]
    Library(#[from] BadFolder),
    /// An address is not valid.
    #[error(transparent)]
    Address(#[from] BadPublicUrl),
    /// The data folder can't be used.
    #[error(transparent)]
    Data(#[from] DataFolderError),
    /// The sample library could not be drawn.
    #[error("the sample library can't be drawn: {0}")]
    Sample(io::Error),
    /// The database can't be used.
    #[error(transparent)]
    DynamoDb(#[from] DynamoDbError),
    /// The table can't be made.
    #[error(
        "the table in the data folder can't be used: {0}. If another version of Vitrine made it, start that version, or \
         name a new folder with --data."
    )]
    Table(#[from] aws::Error),
    /// The S3 store can't be opened.
    #[error("the store can't be opened: {0}")]
    Store(#[from] local_s3::Error),
    /// The queues can't be opened.
    #[error("the queues can't be opened: {0}")]
    Queues(#[from] QueueError),
    /// The store's address can't be in a content security policy.
    #[error(transparent)]
    StoreAddress(#[from] NotAnOrigin),
    /// A route names a function that does not exist.
    #[error(transparent)]
    Routes(#[from] NoSuchFunction),
    /// Another error of the disk or network.
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
    /// The tasks that receive requests and messages; they end first.
    front: TaskGroup,
    /// The tasks of the stores, which running functions need until they end.
    stores: TaskGroup,
    inside: Inside,
    data: DataFolder,
}

impl Stack {
    /// Starts everything. When it returns, the site answers requests.
    ///
    /// # Errors
    /// If a setting is not valid, or a folder, port, store or provider can't be used.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        Self::start_through(settings, |client| client).await
    }

    /// As [`Stack::start`], with `through` around the HTTP client of the functions' SDK.
    ///
    /// # Errors
    /// As [`Stack::start`].
    pub async fn start_through(
        settings: Settings,
        through: impl FnOnce(SharedHttpClient) -> SharedHttpClient,
    ) -> Result<Self, StartError> {
        if settings.public_url.is_some() && settings.provider.is_none() {
            return Err(StartError::OpenToAnybody);
        }
        let listener = match listen_on_loopback(settings.port) {
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

        let mut stores = TaskGroup::new();
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
            smallest_part: PART_LIMITS.min_part,
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
                tracing::error!(%error, "the store's server has ended");
            }
        });
        let queues = Queues::open(&data.path().join("queue.sqlite"), &[INGEST, RENDER, BUNDLE, EMAIL])?;
        let carrier = Carrier::new(&settings.mail, data.path(), site.host())?;
        let mails = Ses {
            carrier: carrier.clone(),
            sender: settings.mail.sender().into(),
            queues: queues.clone(),
            notices: EMAIL.name,
        };
        let inside =
            Inside { rows: dynamodb, queues: protocol::router(queues.clone()), mails: ses::router(mails) };

        let store_url = match &settings.store_url {
            Some(url) => Site::behind(url, store_port, settings.proxies)?.origin().to_owned(),
            None => format!("http://localhost:{store_port}"),
        };
        let queue = |rules: Rules, first_wait| aws::Queue {
            url: protocol::queue_url(QUEUES_URL, rules.name),
            first_wait,
        };
        let aws_settings = aws::Settings {
            region: "local".to_owned(),
            credentials: aws::Credentials {
                access_key: credentials.access_key,
                secret_key: credentials.secret_key,
                session_token: None,
            },
            dynamodb_url: Some(ROWS_URL.to_owned()),
            s3_url: Some(format!("http://127.0.0.1:{store_port}")),
            store_url: Some(store_url),
            store_rules: StoreRules { limits: PART_LIMITS, sign_bytes: false },
            ingest_queue: queue(INGEST, FIRST_WAIT),
            render_queue: queue(RENDER, FIRST_WAIT),
            bundle_queue: queue(BUNDLE, FIRST_WAIT),
            email_queue: queue(EMAIL, settings.mail.first_wait()),
            sqs_url: Some(QUEUES_URL.to_owned()),
            ses_url: Some(MAILS_URL.to_owned()),
            cognito_url: None,
            user_pool: None,
            mail_from: settings.mail.sender().to_owned(),
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
        let cloud = Cloud::over(aws_settings, through(inside.client()));
        cloud.rows().create_table().await?;
        cloud.rows().require_schema().await?;
        inside.rows.expire_rows(TABLE, "ttl")?;
        stores.tasks.spawn(inside.rows.clone().remove_expired_rows(stores.stopped()));

        let mut front = TaskGroup::new();
        let sign_in = match settings.provider {
            Some(provider) => SignIn::Provider(Provider::new(provider)?),
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
        front.tasks.spawn(carrier.check());
        for (rules, function, concurrency, batch_size) in [
            (INGEST, functions::ingest_asset(&cloud), 2, 100),
            (RENDER, functions::ingest_asset(&cloud), 1, 1),
            (BUNDLE, functions::bundle_assets(&cloud), 2, 1),
            (EMAIL, functions::send_email(&cloud), smtp::CONNECTIONS, 1),
        ] {
            let mapping = Mapping { queue: rules.name, function, concurrency, batch_size };
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

    /// The functions' access to the stores.
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// The stores that have no port.
    pub fn inside(&self) -> &Inside {
        &self.inside
    }

    /// The queues, for tests.
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
        SampleUser::find(name).map(|user| issuer.access_token(user, aws::clock::now()))
    }

    /// The URL of a link to the library's first folder, which is made once, as soon as there is something to share. `None`
    /// if the link was deleted since, or with a provider, since no link is made in the name of a real user.
    pub async fn link_to_try(&self) -> Option<String> {
        match &self.sign_in {
            SignIn::Samples(_) => link_to_try::get_or_create(self).await,
            SignIn::Provider(_) => None,
        }
    }

    /// Stops everything. Running work has a few seconds to end; otherwise the next start continues it.
    pub async fn stop(self) {
        let Self { front, stores, inside, .. } = self;
        front.end().await;
        stores.end().await;
        inside.rows.close();
    }
}

/// The library's folder: the one in the settings, or the sample library, which the first start draws.
async fn library_root(path: Option<PathBuf>, data: &Path) -> Result<PathBuf, StartError> {
    let data = data.to_owned();
    let root = tokio::task::spawn_blocking(move || match path {
        Some(path) => Ok(library::check(&path, &data)?),
        None => {
            let folder = data.join("sample library");
            if !folder.exists() {
                // Drawn under another name first, so that an interrupted start leaves no incomplete library.
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
