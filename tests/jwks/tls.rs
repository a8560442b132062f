//! TLS of the default client. This build has both providers of rustls, `ring` and `aws-lc-rs`.

use std::fs;
use std::net::SocketAddr;
use std::panic::catch_unwind;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tower_challenge::jwks::{RemoteKeys, RemoteKeysBuilder};

use crate::issuer::{names, set_of};
use crate::raw_server::response;

/// Returns a file of `tests/vectors/tls`. `authority` has signed the three certificates there.
fn file(name: &str) -> String {
    let path = format!("{}/tests/vectors/tls/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(path).unwrap()
}

fn authority() -> String {
    file("authority.pem")
}

/// Starts an issuer with the certificate `name`.
async fn serve(name: &str) -> SocketAddr {
    let certificate = file(&format!("{name}.pem"));
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(file(&format!("{name}.key")).as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut head = [0; 1024];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(&response("200 OK", &set_of(&["a"]))).await;
            let _ = stream.shutdown().await;
        }
    });
    address
}

fn at(address: SocketAddr) -> RemoteKeysBuilder {
    RemoteKeys::at(&format!("https://{address}/jwks"))
}

async fn refused(builder: RemoteKeysBuilder) -> String {
    names(&builder.build().unwrap()).await.unwrap_err()
}

#[tokio::test]
async fn keys_come_from_a_server_whose_certificate_is_trusted() {
    let address = serve("loopback").await;
    let keys = at(address)
        .tls_roots(&authority())
        .unwrap()
        .build()
        .unwrap();
    assert_eq!(names(&keys).await.unwrap(), ["a"]);
    // Several authorities may be trusted.
    let both = file("other-authority.pem") + &authority();
    let keys = at(address).tls_roots(&both).unwrap().build().unwrap();
    assert_eq!(names(&keys).await.unwrap(), ["a"]);
}

#[tokio::test]
async fn keys_do_not_come_from_a_server_whose_certificate_is_not_trusted() {
    let address = serve("loopback").await;
    let other = file("other-authority.pem");
    for (what, builder) in [
        ("the authorities of Mozilla", at(address)),
        (
            "those of the system",
            at(address).tls_platform_roots().unwrap(),
        ),
        ("another authority", at(address).tls_roots(&other).unwrap()),
        ("loopback", at(address).danger_http_on_loopback()),
    ] {
        let why = refused(builder).await;
        assert!(why.contains("invalid peer certificate"), "{what}: {why}");
    }
}

#[tokio::test]
async fn a_certificate_must_name_the_host_and_be_valid_today() {
    let trusting = |address| at(address).tls_roots(&authority()).unwrap();
    let other = serve("elsewhere").await;
    let why = refused(trusting(other)).await;
    assert!(why.contains("not valid for name"), "{why}");
    let why = refused(trusting(serve("expired").await)).await;
    assert!(why.contains("expired"), "{why}");
}

#[tokio::test]
async fn a_server_without_tls_brings_no_keys_from_an_https_url() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let answer = response("200 OK", &set_of(&["a"]));
        stream.write_all(&answer).await.unwrap();
        let _ = stream.shutdown().await;
    });
    let why = refused(at(address).danger_http_on_loopback()).await;
    assert!(why.contains("InvalidContentType"), "{why}");
}

/// rustls panics where a program has two providers and names none. The client names its own.
#[tokio::test]
async fn with_both_providers_in_the_program_nothing_panics() {
    let unnamed = catch_unwind(rustls::ClientConfig::builder);
    assert!(unnamed.is_err(), "this build must have both providers");
    for builder in [
        RemoteKeys::at("https://as.example/jwks"),
        RemoteKeys::at("https://as.example/jwks")
            .tls_platform_roots()
            .unwrap(),
        RemoteKeys::at("https://as.example/jwks")
            .tls_roots(&authority())
            .unwrap(),
    ] {
        assert!(builder.build().is_ok());
    }
    assert!(
        CryptoProvider::get_default().is_none(),
        "the choice of the program is left alone"
    );
}
