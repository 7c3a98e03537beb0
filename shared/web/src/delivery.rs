//! The layers that every HTTP function puts around its router.

use axum::Router;
use axum::middleware::from_fn;

use crate::compression::compress;
use crate::headers::secure_transport;

/// Adds compression and `Strict-Transport-Security` to every answer of the router.
pub fn with_delivery<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.layer(from_fn(compress)).layer(from_fn(secure_transport))
}
