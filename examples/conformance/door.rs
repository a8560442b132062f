//! Accepts connections: HTTP/1.1 and HTTP/2 on one port, in clear or through TLS.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tower::ServiceExt;
use tower_challenge::client::{PeerAddress, SecureTransport};

use crate::arguments::TlsFiles;

/// How long open requests may take after the signal to stop.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// A listener, with or without TLS.
pub(crate) struct Door {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Door {
    pub(crate) const fn plain(listener: TcpListener) -> Self {
        let tls = None;
        Self { listener, tls }
    }

    pub(crate) fn tls(listener: TcpListener, files: &TlsFiles) -> Result<Self, Box<dyn Error>> {
        let certificates = CertificateDer::pem_file_iter(&files.certificate)?;
        let certificates = certificates.collect::<Result<_, _>>()?;
        let key = PrivateKeyDer::from_pem_file(&files.key)?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth();
        let mut config = config.with_single_cert(certificates, key)?;
        // curl offers "http/1.0" alone when it is told to speak HTTP/1.0, and a server that knows no common protocol must
        // end the handshake (RFC 7301 section 3.2).
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec(), b"http/1.0".to_vec()];
        let tls = Some(TlsAcceptor::from(Arc::new(config)));
        Ok(Self { listener, tls })
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    pub(crate) const fn scheme(&self) -> &'static str {
        match self.tls {
            Some(_) => "https",
            None => "http",
        }
    }

    /// Serves `app` until the `stop` signal, and then finishes the open requests.
    pub(crate) async fn run(self, app: Router, mut stop: watch::Receiver<()>) {
        let open = GracefulShutdown::new();
        loop {
            tokio::select! {
                stream = self.listener.accept() => match stream {
                    Ok((stream, peer)) => {
                        self.accept((stream, peer), app.clone(), open.watcher());
                    }
                    // The process is probably out of file descriptors. Wait until other connections close.
                    Err(_) => time::sleep(Duration::from_millis(50)).await,
                },
                _ = stop.changed() => break,
            }
        }
        let _ = time::timeout(SHUTDOWN_TIMEOUT, open.shutdown()).await;
    }

    fn accept(&self, (stream, peer): (TcpStream, SocketAddr), app: Router, watcher: Watcher) {
        let tls = self.tls.clone();
        tokio::spawn(async move {
            match tls {
                None => serve_connection(stream, (app, peer, false), watcher).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve_connection(stream, (app, peer, true), watcher).await;
                    }
                }
            }
        });
    }
}

/// Serves one connection. It puts the client's address into the extensions of each request, and `SecureTransport` if
/// the connection uses TLS. It ignores connection errors, because they concern only the client.
async fn serve_connection<T>(
    stream: T,
    (app, peer, encrypted): (Router, SocketAddr, bool),
    watcher: Watcher,
) where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut server = auto::Builder::new(TokioExecutor::new());
    // A client opens a WebSocket over HTTP/2 with an extended `CONNECT` (RFC 8441).
    server.http2().enable_connect_protocol();
    let app = app.map_request(move |request: http::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(PeerAddress(peer));
        if encrypted {
            request.extensions_mut().insert(SecureTransport);
        }
        request
    });
    let service = TowerToHyperService::new(app);
    let connection = server.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let _ = watcher.watch(connection.into_owned()).await;
}
