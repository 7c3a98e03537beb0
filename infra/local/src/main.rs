//! The command line of Vitrine on one machine.
#![expect(clippy::print_stderr, reason = "a command prints its errors to the terminal")]

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::Parser;
use local::{
    carrier::MailSetting,
    provider::ProviderSettings,
    sign_in::SignIn,
    smtp::options::{MailOptions, PASSWORD_VARIABLE},
    stack::{Settings, Stack},
};

/// Shares the files of a folder by link, with the whole site on this machine.
#[derive(Parser)]
#[command(name = "vitrine", version)]
struct Cli {
    /// The folder whose files are the library; they are read in place. Without it there is a sample library.
    path: Option<PathBuf>,
    /// The site's port; the store uses the next one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The data folder, where everything is kept.
    #[arg(long, default_value = ".vitrine")]
    data: PathBuf,
    /// The site's address behind a reverse proxy. It needs --oidc-issuer, because the sample users are for this machine
    /// only.
    #[arg(long)]
    public_url: Option<String>,
    /// How many reverse proxies a request passes. Each must add its client's address to X-Forwarded-For.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=9))]
    proxies: u8,
    /// The OpenID Connect provider where users sign in: its issuer URL, as in its tokens (`iss`).
    #[arg(long, requires = "oidc_client_id")]
    oidc_issuer: Option<String>,
    /// Vitrine's client id at the provider: a public client with code flow and PKCE that redirects to /signed-in.
    #[arg(long, requires = "oidc_issuer")]
    oidc_client_id: Option<String>,
    /// The claim of ID tokens with a user's groups; a group with the name of a level gives that level.
    #[arg(long, requires = "oidc_issuer", default_value = "groups")]
    oidc_groups_claim: String,
    /// The store's address behind a reverse proxy.
    #[arg(long)]
    store_url: Option<String>,
    #[command(flatten)]
    mail: MailOptions,
    /// What to log to standard error: error, warn, info or debug, also by module.
    #[arg(long, default_value = "warn")]
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
    let provider = provider.map(|(issuer, client_id)| ProviderSettings { issuer, client_id });
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
    print_line(&format!("Vitrine is at {}", stack.url()));
    tokio::pin!(stop);
    tokio::select! {
        () = &mut stop => {}
        () = print_first_steps(&stack) => stop.await,
    }
    stack.stop().await;
    ExitCode::SUCCESS
}

/// Prints who can sign in, and a link to try.
async fn print_first_steps(stack: &Stack) {
    match stack.sign_in() {
        SignIn::Samples(_) => print_line(
            "Sign in as ada (administrator), carl or cora (consumers), prue (producer) or bree (browser).",
        ),
        SignIn::Provider(provider) => {
            print_line(&format!("Users sign in at {}", provider.settings().issuer));
        }
    }
    if let Some(url) = stack.link_to_try().await {
        print_line(&format!("A link to try, as recipients see it: {url}"));
    }
}

/// Prints a line. If standard output is closed, the site keeps running.
fn print_line(line: &str) {
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
