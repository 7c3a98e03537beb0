//! The one HTTP client of all SDK clients: over TLS on Lambda, in the clear to a store on the same machine.
//!
//! On Lambda it trusts the roots that AWS's endpoints chain to and no others. Reading and parsing the system's own
//! hundred and fifty took longer than everything else that happens before a function's first answer.

use aws_sdk_dynamodb::config::SharedHttpClient;

/// A client that trusts the roots in `ca_bundle` (PEM), or Amazon's where there is none.
///
/// # Panics
/// When `ca_bundle` is not PEM: a function that can't trust its endpoints must not start.
#[cfg(feature = "lambda")]
pub(crate) fn http_client(ca_bundle: Option<&str>) -> SharedHttpClient {
    use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};

    let roots = TrustStore::empty().with_pem_certificate(ca_bundle.unwrap_or(AMAZON_ROOTS));
    let tls = TlsContext::builder().with_trust_store(roots).build().expect("roots are all it holds");
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls)
        .build_https()
}

/// A client without TLS, which needs no roots.
#[cfg(not(feature = "lambda"))]
pub(crate) fn http_client(_: Option<&str>) -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_http()
}

/// Amazon Trust Services asks those who keep a store of their own to hold all five
/// (<https://www.amazontrust.com/repository/>).
#[cfg(feature = "lambda")]
const AMAZON_ROOTS: &str = include_str!("../../roots/amazon.pem");
