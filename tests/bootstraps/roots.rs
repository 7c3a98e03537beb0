//! A function trusts only endpoints whose certificate has one of Amazon's roots or a configured root.

use std::sync::Arc;

use e2e::{Issued, Site, samples, story};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::{parse_lines, start};

/// Starts an endpoint with TLS in front of one without; returns its URL and its root certificate as PEM.
async fn serve_tls(plain: String) -> (String, String) {
    let Issued { root, certificate, key } = Issued::to_localhost();

    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, plain) = (acceptor.clone(), plain.clone());
            tokio::spawn(async move {
                // A client that does not trust the certificate closes the connection.
                let Ok(mut secret) = acceptor.accept(stream).await else { return };
                let mut plain = TcpStream::connect(plain).await.unwrap();
                _ = tokio::io::copy_bidirectional(&mut secret, &mut plain).await;
            });
        }
    });
    (format!("https://localhost:{port}"), root)
}

#[test]
fn a_function_trusts_a_configured_root_and_refuses_an_unknown_one() {
    story(async {
        let site = Site::shared().await;
        let plain = site.on_ports().await.dynamodb_url.clone().unwrap();
        let (url, root) = serve_tls(plain.trim_start_matches("http://").to_owned()).await;
        let bundle = site.folder("roots").join("root.pem");
        std::fs::write(&bundle, root).unwrap();
        let landing = samples::all().into_iter().find(|s| s.name == "open-link.show-landing.json").unwrap();

        let endpoint = ("AWS_ENDPOINT_URL_DYNAMODB", url);
        let root = ("AWS_CA_BUNDLE", bundle.to_str().unwrap().to_owned());
        let trusting = start("open-link", site, &[endpoint.clone(), root]).await;
        landing.is_answered_by(&trusting.invoke(&landing.event).await.unwrap());

        let usual = start("open-link", site, &[endpoint]).await;
        let answer = usual.invoke(&landing.event).await.unwrap();
        assert_eq!(answer["statusCode"], 503, "{answer}");
        let logs = parse_lines(&usual.written("stderr"));
        let why = logs.iter().find_map(|line| line["error"].as_str()).unwrap();
        assert!(why.contains("UnknownIssuer"), "{logs:?}");
    });
}
