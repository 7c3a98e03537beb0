//! A group of tasks, such as servers, that are stopped together.

use std::{io, net::TcpListener, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, service::service_fn};
use tokio::{sync::watch, task::JoinSet};
use tower::ServiceExt;

use super::StartError;
use crate::{
    provider::{BadProvider, FetchError},
    sign_in::{self, SignIn},
};

/// How long running tasks may take to end after the site was stopped.
const GRACE: Duration = Duration::from_secs(5);

/// Tasks that are stopped together.
pub(super) struct TaskGroup {
    stop: watch::Sender<bool>,
    pub(super) tasks: JoinSet<()>,
}

impl TaskGroup {
    pub(super) fn new() -> Self {
        Self { stop: watch::Sender::new(false), tasks: JoinSet::new() }
    }

    /// Resolves when the group is to stop.
    pub(super) fn stopped(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stop = self.stop.subscribe();
        async move {
            // An error means that the group was dropped.
            _ = stop.wait_for(|stop| *stop).await;
        }
    }

    pub(super) fn serve(&mut self, listener: TcpListener, app: Router) -> io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let for_client = move |client| {
            let app = app.clone();
            service_fn(move |mut request: http::Request<Incoming>| {
                request.extensions_mut().insert(ConnectInfo(client));
                app.clone().oneshot(request)
            })
        };
        self.tasks.spawn(local_s3::serve_connections(
            listener,
            local_s3::HEAD_TIMEOUT,
            for_client,
            self.stopped(),
        ));
        Ok(())
    }

    /// The router of the users' app, which needs the provider's configuration. If the provider does not answer, the app is
    /// made again when it does.
    ///
    /// # Errors
    /// If the answer is not of the provider of the settings.
    pub(super) async fn app(&mut self, sign_in: &SignIn, store_origin: String) -> Result<Router, StartError> {
        let SignIn::Provider(provider) = sign_in else { return Ok(sign_in.app(store_origin, None)) };
        match provider.discover().await {
            Ok(found) => Ok(sign_in.app(store_origin, Some(&found))),
            Err(FetchError::Unfit(why)) => {
                let issuer = provider.settings().issuer.clone();
                Err(BadProvider::Unfit { issuer, why }.into())
            }
            Err(FetchError::Unreachable(why)) => {
                tracing::warn!(
                    issuer = provider.settings().issuer,
                    why,
                    "the sign-in provider does not answer, so nobody can sign in; trying again until it answers"
                );
                let app = watch::Sender::new(sign_in.app(store_origin.clone(), None));
                let latest = app.subscribe();
                let (sign_in, provider, stopped) = (sign_in.clone(), provider.clone(), self.stopped());
                self.tasks.spawn(async move {
                    tokio::select! {
                        found = sign_in::wait_for_provider(&provider) => {
                            _ = app.send_replace(sign_in.app(store_origin, Some(&found)));
                        }
                        () = stopped => {}
                    }
                });
                Ok(Router::new().fallback(async move |request: Request| {
                    let app = latest.borrow().clone();
                    app.oneshot(request).await
                }))
            }
        }
    }

    pub(super) async fn end(mut self) {
        self.stop.send_replace(true);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            tracing::info!("stopped before all work had ended; the next start continues it");
        }
        self.tasks.shutdown().await;
    }
}
