//! The default client: hyper with rustls.
//!
//! Every function names the provider of the cryptography. rustls panics if it has to choose one and the program has
//! enabled two.

use std::convert::Infallible;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_rustls::builderstates::WantsSchemes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::{CryptoProvider, aws_lc_rs};

use super::client::{HttpClient, service_client};
use super::connect_limit::CONNECT_TIMEOUT;
use crate::config_error::ConfigError;

/// Trusts the certificate authorities that Mozilla trusts. The client keeps up to `idle` connections for later requests.
pub(crate) fn default_client(idle: usize) -> Result<Arc<dyn HttpClient>, ConfigError> {
    let connector = HttpsConnectorBuilder::new().with_provider_and_webpki_roots(provider());
    let connector = connector.map_err(|error| tls_error(&error))?;
    Ok(client(connector, idle))
}

pub(super) fn provider() -> CryptoProvider {
    aws_lc_rs::default_provider()
}

/// The connector accepts `http`, too, because [`RemoteUrl`](super::remote_url::RemoteUrl) decides which URLs are
/// fetched.
pub(super) fn client(
    connector: HttpsConnectorBuilder<WantsSchemes>,
    idle: usize,
) -> Arc<dyn HttpClient> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let connector = connector.https_or_http().enable_http1();
    let connector = connector.wrap_connector(tcp);
    let client = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(idle)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build::<_, WholeBody>(connector);
    service_client(client, WholeBody)
}

/// How long a connection may wait for the next request. It is shorter than the time after which common servers close it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

pub(super) fn tls_error(error: &rustls::Error) -> ConfigError {
    ConfigError::new(format!("TLS cannot be configured: {error}"))
}

/// The body of a request, which may be empty.
struct WholeBody(Bytes);

impl Body for WholeBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let rest = mem::take(&mut self.0);
        Poll::Ready((!rest.is_empty()).then(|| Ok(Frame::data(rest))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.len() as u64)
    }
}
