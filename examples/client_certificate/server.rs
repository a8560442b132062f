//! Accepts TLS connections, and tells the application which certificate the client has shown.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tower::ServiceExt;
use tower_challenge::client::{ClientCertificate, PeerAddress, SecureTransport};

use crate::authority::Authority;

/// How long a client may take for the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Serves `app` for clients of `authority`.
pub(crate) async fn serve(
    listener: TcpListener,
    authority: &Authority,
    app: Router,
) -> Result<(), Box<dyn Error>> {
    let acceptor = TlsAcceptor::from(Arc::new(tls(authority)?));
    loop {
        // An error concerns one client, or the process has no file descriptor left. It ends no other connection.
        match listener.accept().await {
            Ok(accepted) => drop(tokio::spawn(connection(
                acceptor.clone(),
                accepted,
                app.clone(),
            ))),
            Err(_) => time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Asks each client for a certificate, and accepts clients without one. A certificate of another authority, or an
/// expired one, ends the handshake.
fn tls(authority: &Authority) -> Result<ServerConfig, Box<dyn Error>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority.root.clone())?;
    let clients = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone())
        .allow_unauthenticated()
        .build()?;
    let (certificate, key) = authority.issue_for_server()?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(clients);
    Ok(config.with_single_cert(vec![certificate], key)?)
}

async fn connection(acceptor: TlsAcceptor, (stream, peer): (TcpStream, SocketAddr), app: Router) {
    let Ok(Ok(stream)) = time::timeout(HANDSHAKE, acceptor.accept(stream)).await else {
        return;
    };
    // The first certificate is that of the client itself. The others lead to the authority. The thumbprint is computed
    // here, once for all requests of the connection.
    let (_, session) = stream.get_ref();
    let shown = session.peer_certificates().and_then(<[_]>::first);
    let shown = shown.map(|certificate| ClientCertificate::from_der(certificate.to_vec()));
    let app = app.map_request(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        let extensions = request.extensions_mut();
        extensions.insert(PeerAddress(peer));
        extensions.insert(SecureTransport);
        if let Some(certificate) = shown.clone() {
            extensions.insert(certificate);
        }
        request
    });
    let served =
        http1::Builder::new().serve_connection(TokioIo::new(stream), TowerToHyperService::new(app));
    // An error of a connection concerns its client alone.
    let _ = served.await;
}
