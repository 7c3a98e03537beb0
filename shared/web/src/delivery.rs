//! What every HTTP function does with its answers before they go out.

use axum::Router;
use axum::middleware::from_fn;

use crate::compression::compress;
use crate::headers::secure_transport;

/// The router with texts compressed and the transport's security told, on all that it answers.
pub fn delivering<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.layer(from_fn(compress)).layer(from_fn(secure_transport))
}
