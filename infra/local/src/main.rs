//! The command line of a Vitrine on one machine.
#![expect(clippy::print_stderr, reason = "this is what talks to the terminal")]

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::Parser;
use local::{
    carrier::MailSetting,
    provider::Named,
    sign_in::SignIn,
    smtp::options::{MailOptions, PASSWORD_VARIABLE},
    stack::{Settings, Stack},
};

/// Shares the files of a folder by link: the whole site on this machine.
#[derive(Parser)]
#[command(name = "vitrine", version)]
struct Cli {
    /// The folder whose files are the library; they are read in place. Without it, a sample library.
    path: Option<PathBuf>,
    /// The site's port; the store takes the one after it.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where everything is kept.
    #[arg(long, default_value = ".vitrine")]
    data: PathBuf,
    /// The site's address, where a reverse proxy stands in front of it. Wants --oidc-issuer: sample users are for this
    /// machine alone.
    #[arg(long)]
    public_url: Option<String>,
    /// How many reverse proxies stand in front, one after the other. Each must add its client to X-Forwarded-For.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=9))]
    proxies: u8,
    /// The OpenID Connect provider by which users sign in, as its tokens name it (`iss`).
    #[arg(long, requires = "oidc_client_id")]
    oidc_issuer: Option<String>,
    /// Vitrine's id there: a public client with code flow and PKCE that comes back to /signed-in.
    #[arg(long, requires = "oidc_issuer")]
    oidc_client_id: Option<String>,
    /// The claim of ID tokens that names a user's groups; a group of a level's name gives that level.
    #[arg(long, requires = "oidc_issuer", default_value = "groups")]
    oidc_groups_claim: String,
    /// The store's address, where a reverse proxy stands in front of it.
    #[arg(long)]
    store_url: Option<String>,
    #[command(flatten)]
    mail: MailOptions,
    /// What to log, to standard error: error, warn, info or debug, also by module.
    // The database calls every refused condition an error, though it is how uses are counted.
    #[arg(long, default_value = "warn,dynoxide=error")]
    log: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    aws::telemetry::logs::init(&cli.log);
    let stop = match stop_signal() {
        Ok(stop) => stop,
        Err(error) => return fail(&error),
    };
    let provider = cli.oidc_issuer.zip(cli.oidc_client_id);
    let provider = provider.map(|(issuer, client_id)| Named { issuer, client_id });
    let mail_server = match cli.mail.read(aws::environment::read(PASSWORD_VARIABLE)) {
        Ok(server) => server,
        Err(error) => return fail(&error),
    };
    let stack = Stack::start(Settings {
        mail: MailSetting::new(mail_server, cli.public_url.is_some()),
        library: cli.path,
        data: cli.data,
        port: cli.port,
        public_url: cli.public_url,
        store_url: cli.store_url,
        proxies: cli.proxies.into(),
        groups_claim: match provider {
            Some(_) => cli.oidc_groups_claim,
            None => aws::cloud::COGNITO_GROUPS.to_owned(),
        },
        provider,
    });
    let stack = match stack.await {
        Ok(stack) => stack,
        Err(error) => return fail(&error),
    };
    say(&format!("Vitrine is at {}", stack.url()));
    tokio::pin!(stop);
    tokio::select! {
        () = &mut stop => {}
        () = invite(&stack) => stop.await,
    }
    stack.stop().await;
    ExitCode::SUCCESS
}

/// Says what to look at first.
async fn invite(stack: &Stack) {
    match stack.sign_in() {
        SignIn::Samples(_) => say(
            "Sign in there as ada (administrator), carl or cora (consumers), prue (producer) or bree (browser).",
        ),
        SignIn::Provider(provider) => {
            say(&format!("Users sign in at {}", provider.named().issuer));
        }
    }
    if let Some(url) = stack.link_to_try().await {
        say(&format!("A link to try, as its recipient sees it: {url}"));
    }
}

/// A closed standard output must not end the site.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        tracing::debug!("standard output is closed");
    }
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("vitrine: {error}");
    ExitCode::FAILURE
}

/// Resolves on Ctrl-C or SIGTERM.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
