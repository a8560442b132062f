//! Tests tokens that are bound to a certificate, over real TLS connections.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::net::SocketAddr;
use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, HandshakeKind, RootCertStore, ServerConfig};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tower::{Layer as _, ServiceExt, service_fn};
use tower_challenge::RequireAuth;
use tower_challenge::client::{ClientCertificate, SecureTransport};
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::testing::TestIssuer;

const API: &str = "https://api.example";

fn path(name: &str) -> String {
    format!("{}/tests/vectors/tls/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn certificate(name: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(path(&format!("{name}.pem"))).unwrap()
}

fn key(name: &str) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_file(path(&format!("{name}.key"))).unwrap()
}

fn trusting(name: &str) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(certificate(name)).unwrap();
    roots
}

/// Starts a server that asks for certificates, and that accepts tokens of `issuer`.
async fn serve(issuer: &TestIssuer) -> SocketAddr {
    let provider = Arc::new(ring::default_provider());
    let clients =
        WebPkiClientVerifier::builder_with_provider(trusting("client").into(), provider.clone());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients.allow_unauthenticated().build().unwrap())
        .with_single_cert(vec![certificate("loopback")], key("loopback"))
        .unwrap();
    let verifier = JwtVerifier::builder(issuer.issuer(), issuer.keys()).audience(API);
    let layer = RequireAuth::fapi2("api", verifier).unwrap();
    let (listener, acceptor) = (
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
        TlsAcceptor::from(Arc::new(config)),
    );
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                let shown = stream
                    .get_ref()
                    .1
                    .peer_certificates()
                    .and_then(<[_]>::first);
                let shown = shown.map(|shown| ClientCertificate::from_der(shown.to_vec()));
                let service = layer.layer(service_fn(hello)).map_request(
                    move |mut request: Request<Incoming>| {
                        request.extensions_mut().insert(SecureTransport);
                        shown
                            .clone()
                            .map(|shown| request.extensions_mut().insert(shown));
                        request
                    },
                );
                let service = TowerToHyperService::new(service);
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        }
    });
    address
}

async fn hello(_: Request<Incoming>) -> Result<Response<String>, std::convert::Infallible> {
    Ok(Response::new(String::new()))
}

/// A client, which resumes its sessions, with or without the certificate.
fn client(has_certificate: bool) -> TlsConnector {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(trusting("authority"));
    let config = match has_certificate {
        true => config
            .with_client_auth_cert(vec![certificate("client")], key("client"))
            .unwrap(),
        false => config.with_no_client_auth(),
    };
    TlsConnector::from(Arc::new(config))
}

/// Sends two requests through one connection. Returns their statuses, and how the handshake went.
async fn ask(
    client: &TlsConnector,
    address: SocketAddr,
    token: &str,
) -> (Vec<String>, HandshakeKind) {
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut stream = client.connect(name, stream).await.unwrap();
    let request = |connection| {
        format!(
            "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nConnection: {connection}\r\n\r\n"
        )
    };
    let both = request("keep-alive") + &request("close");
    stream.write_all(both.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // A server may close the connection without a last word.
    let _ = stream.read_to_string(&mut answer).await;
    let statuses = answer
        .lines()
        .filter_map(|line| line.strip_prefix("HTTP/1.1 "));
    let statuses = statuses.map(|status| status[..3].to_owned()).collect();
    (statuses, stream.get_ref().1.handshake_kind().unwrap())
}

/// Each request of a connection has the certificate of its handshake, and so has a session that the client resumes. The same
/// token is refused on every connection without the certificate.
#[tokio::test]
async fn a_token_is_bound_to_connections_with_its_certificate_also_if_they_are_resumed() {
    let issuer = TestIssuer::new("https://as.example").unwrap();
    let address = serve(&issuer).await;
    let thumbprint = ClientCertificate::from_der(certificate("client").to_vec())
        .thumbprint()
        .to_string();
    let token = issuer
        .token("ada")
        .audience(API)
        .claim("cnf", json!({ "x5t#S256": thumbprint }))
        .sign();
    let (holder, thief) = (client(true), client(false));
    for expected in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let (statuses, kind) = ask(&holder, address, &token).await;
        assert_eq!((statuses, kind), (vec!["200".to_owned(); 2], expected));
        let (statuses, kind) = ask(&thief, address, &token).await;
        assert_eq!((statuses, kind), (vec!["401".to_owned(); 2], expected));
    }
}

/// The thumbprint is what `openssl x509 -fingerprint -sha256` prints.
#[test]
fn the_thumbprint_is_that_of_openssl() {
    let arguments = [
        "x509",
        "-noout",
        "-fingerprint",
        "-sha256",
        "-in",
        &path("client.pem"),
    ];
    let Ok(printed) = std::process::Command::new("openssl")
        .args(arguments)
        .output()
    else {
        println!("not tested: openssl is not installed");
        return;
    };
    let printed = String::from_utf8(printed.stdout).unwrap();
    let (_, text) = printed.trim().split_once('=').unwrap();
    let shown = ClientCertificate::from_der(certificate("client").to_vec());
    assert_eq!(text.parse(), Ok(shown.thumbprint()));
}
