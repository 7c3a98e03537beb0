//! The HTTP client that all SDK clients share: with TLS on Lambda, without TLS for stores on the same machine.
//!
//! On Lambda it trusts only the root certificates of AWS's endpoints. Reading and parsing the system's 150 roots took
//! longer than everything else before a function's first answer.

use aws_sdk_dynamodb::config::SharedHttpClient;

/// A client that trusts the root certificates in `ca_bundle` (PEM), or Amazon's if it is `None`.
///
/// # Panics
/// When `ca_bundle` is not PEM: a function that can't check its endpoints' certificates must not start.
#[cfg(feature = "lambda")]
pub(crate) fn http_client(ca_bundle: Option<&str>) -> SharedHttpClient {
    use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};

    let roots = TrustStore::empty().with_pem_certificate(ca_bundle.unwrap_or(AMAZON_ROOTS));
    let tls =
        TlsContext::builder().with_trust_store(roots).build().expect("the trust store is the only setting");
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls)
        .build_https()
}

/// A client without TLS, which needs no root certificates.
#[cfg(not(feature = "lambda"))]
pub(crate) fn http_client(_: Option<&str>) -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_http()
}

/// The five roots that Amazon Trust Services says a trust store should hold
/// (<https://www.amazontrust.com/repository/>).
#[cfg(feature = "lambda")]
const AMAZON_ROOTS: &str = include_str!("../../roots/amazon.pem");
