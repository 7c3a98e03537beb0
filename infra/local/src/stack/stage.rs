//! Tasks that start and end together, and the servers among them.

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
    provider::{BadProvider, Missing},
    sign_in::{self, SignIn},
};

/// How long work under way may go on once the site is to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Tasks that end together.
pub(super) struct Stage {
    stop: watch::Sender<bool>,
    pub(super) tasks: JoinSet<()>,
}

impl Stage {
    pub(super) fn new() -> Self {
        Self { stop: watch::Sender::new(false), tasks: JoinSet::new() }
    }

    /// Resolves when the stage is to end.
    pub(super) fn stopped(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stop = self.stop.subscribe();
        async move {
            // An error means that the stage itself is gone.
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

    /// The users' app. It has to know what the provider says of itself: where that is away, the app is made once more
    /// when it is back.
    pub(super) async fn app(&mut self, sign_in: &SignIn, store_origin: String) -> Result<Router, StartError> {
        let SignIn::Provider(provider) = sign_in else { return Ok(sign_in.app(store_origin, None)) };
        match provider.discover().await {
            Ok(found) => Ok(sign_in.app(store_origin, Some(&found))),
            Err(Missing::Unfit(why)) => {
                let issuer = provider.named().issuer.clone();
                Err(BadProvider::Unfit { issuer, why }.into())
            }
            Err(Missing::Away(why)) => {
                tracing::warn!(
                    issuer = provider.named().issuer,
                    why,
                    "nobody can sign in until the sign-in provider answers; it is asked again and again"
                );
                let app = watch::Sender::new(sign_in.app(store_origin.clone(), None));
                let now = app.subscribe();
                let (sign_in, provider, stopped) = (sign_in.clone(), provider.clone(), self.stopped());
                self.tasks.spawn(async move {
                    tokio::select! {
                        found = sign_in::wait_for(&provider) => {
                            _ = app.send_replace(sign_in.app(store_origin, Some(&found)));
                        }
                        () = stopped => {}
                    }
                });
                Ok(Router::new().fallback(async move |request: Request| {
                    let app = now.borrow().clone();
                    app.oneshot(request).await
                }))
            }
        }
    }

    pub(super) async fn end(mut self) {
        self.stop.send_replace(true);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            tracing::info!("stopped while work was under way; it goes on at the next start");
        }
        self.tasks.shutdown().await;
    }
}
