//! Sites for stories: a new one, or the one that stories share.

use std::fs;
use std::path::{Path, PathBuf};

use aws::Cloud;
use local::carrier::MailSetting;
use local::queue::Outgoing;
use local::stack::{Settings, Stack};
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use crate::faults::{self, Faults};
use crate::{User, files, ports};

/// A folder for the files of one site. The shared site is never dropped, so the next test program removes the folders of
/// those that have ended.
pub struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// An empty folder.
    pub fn new() -> Self {
        static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let root = std::env::temp_dir().join("vitrine-e2e");
        fs::create_dir_all(&root).unwrap();
        for entry in fs::read_dir(&root).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let process = name.split('-').next().unwrap();
            if !Path::new("/proc").join(process).exists() {
                // Another test program may be doing the same.
                _ = fs::remove_dir_all(root.join(name));
            }
        }
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = root.join(format!("{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self { path }
    }

    /// A folder in it.
    pub fn folder(&self, name: &str) -> PathBuf {
        let path = self.path.join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// The folder of the library, with the small library in it.
    pub fn library(&self) -> PathBuf {
        let root = self.folder("library");
        for (path, content) in files::library() {
            files::put(&root, path, &content);
        }
        root
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // The next test program removes the rest if this fails.
        _ = fs::remove_dir_all(&self.path);
    }
}

/// A running site on its own library and data folder.
pub struct Site {
    stack: Option<Stack>,
    scratch: Scratch,
    on_ports: OnceCell<aws::Settings>,
    mail: MailSetting,
    faults: Option<Faults>,
    /// The tasks that disturb the order of its messages.
    disturbing: JoinSet<()>,
}

impl Site {
    /// Starts a site on the small library, and waits until it has read it.
    pub async fn start() -> Self {
        let scratch = Scratch::new();
        scratch.library();
        Self::start_on(scratch).await
    }

    /// Starts a site on a library that a folder already contains, and waits until it has read it.
    pub async fn start_on(scratch: Scratch) -> Self {
        Self::start_with(scratch, MailSetting::Kept).await
    }

    /// The same, with a setting for mails.
    pub async fn start_with(scratch: Scratch, mail: MailSetting) -> Self {
        Self::start_under(scratch, mail, faults::of_run().map(Faults::for_another_site)).await
    }

    /// The same, with faults between its functions and their stores.
    pub async fn start_under(scratch: Scratch, mail: MailSetting, faults: Option<Faults>) -> Self {
        let files = files::tree(&scratch.folder("library")).len();
        let site = Self::start_unread(scratch, mail, faults).await;
        site.user("ada").await.wait_for_ingest(files).await;
        site
    }

    /// Starts a site on the library and data of one that was killed, which may have much to read.
    pub async fn start_again_on(scratch: Scratch) -> Self {
        Self::start_unread(scratch, MailSetting::Kept, None).await
    }

    /// Sends the dead letters of a queue once more, as the runbook says; returns how many.
    pub async fn send_dead_letters_again(&self, queue: &str) -> usize {
        let queues = self.stack().queues();
        let letters = queues.dead_letters(queue).await.unwrap();
        let again: Vec<_> = letters
            .iter()
            .map(|letter| Outgoing { body: letter.body.clone(), ..Outgoing::default() })
            .collect();
        queues.send(queue, again, aws::clock::now()).await.unwrap();
        letters.len()
    }

    async fn start_unread(scratch: Scratch, mail: MailSetting, faults: Option<Faults>) -> Self {
        let stack = Some(start(&scratch, 0, &mail, faults.as_ref()).await);
        let (on_ports, disturbing) = (OnceCell::new(), JoinSet::new());
        let mut site = Self { stack, scratch, on_ports, mail, faults, disturbing };
        site.disturb();
        site
    }

    /// The site that stories share. They may add links to it and must change nothing else.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Site> = OnceCell::const_new();
        SHARED.get_or_init(Self::start).await
    }

    /// Stops it and starts it again at the same address.
    pub async fn restart(&mut self) {
        let port = self.url().rsplit(':').next().unwrap().parse().unwrap();
        self.disturbing.shutdown().await;
        self.stack.take().unwrap().stop().await;
        self.stack = Some(start(&self.scratch, port, &self.mail, self.faults.as_ref()).await);
        self.disturb();
    }

    /// Under faults, disturbs the queue of S3's events.
    fn disturb(&mut self) {
        let Some(faults) = &self.faults else { return };
        let stack = self.stack.as_ref().unwrap();
        if faults::of_run().is_some() {
            faults::note_site(stack.url().rsplit(':').next().unwrap().parse().unwrap(), faults.clone());
        }
        // The layer of faults disturbs the other queues, which get their messages from the SDK.
        self.disturbing.spawn(faults::disturb(faults.clone(), stack.queues().clone(), "ingest"));
    }

    fn stack(&self) -> &Stack {
        self.stack.as_ref().unwrap()
    }

    /// Its address.
    pub fn url(&self) -> &str {
        self.stack().url()
    }

    /// Its cloud, to count requests and to change rows as time or an administrator would.
    pub fn cloud(&self) -> &Cloud {
        self.stack().cloud()
    }

    /// A cloud on its stores with other settings.
    pub fn cloud_with(&self, settings: aws::Settings) -> Cloud {
        Cloud::over(settings, self.stack().inside().client())
    }

    /// Settings with which a separate program reaches its stores.
    pub async fn on_ports(&self) -> &aws::Settings {
        self.on_ports.get_or_init(|| ports::open(self.stack().inside(), self.cloud().settings())).await
    }

    /// The folder of its library.
    pub fn library(&self) -> PathBuf {
        self.scratch.folder("library")
    }

    /// A file of its library.
    pub fn file(&self, path: &str) -> Vec<u8> {
        fs::read(self.library().join(path)).unwrap()
    }

    /// The mails that were sent to an address, as MIME, the newest last.
    pub fn mails_to(&self, address: &str) -> Vec<Vec<u8>> {
        let is_to = |mime: &[u8]| {
            let mail = mail_parser::MessageParser::default().parse(mime).unwrap();
            mail.to().unwrap().iter().any(|to| to.address() == Some(address))
        };
        let kept = fs::read_dir(self.scratch.folder("data").join("mail")).unwrap();
        // A file of another ending is a mail that is not completely written yet.
        let is_whole = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "eml");
        let mut kept: Vec<PathBuf> = kept.map(|entry| entry.unwrap().path()).filter(is_whole).collect();
        kept.sort();
        kept.iter().map(|path| fs::read(path).unwrap()).filter(|mime| is_to(mime)).collect()
    }

    /// A folder for other files of the story.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.scratch.folder(name)
    }

    /// A sample user, signed in.
    pub async fn user(&self, name: &str) -> User {
        User::sign_in(self.url(), name).await
    }
}

async fn start(scratch: &Scratch, port: u16, mail: &MailSetting, faults: Option<&Faults>) -> Stack {
    let settings = Settings {
        library: Some(scratch.folder("library")),
        data: scratch.folder("data"),
        port,
        public_url: None,
        store_url: None,
        proxies: 1,
        provider: None,
        groups_claim: aws::cloud::COGNITO_GROUPS.to_owned(),
        mail: mail.clone(),
    };
    let started = match faults {
        Some(faults) => Stack::start_through(settings, |client| faults.wrap(client)).await,
        None => Stack::start(settings).await,
    };
    started.unwrap()
}
