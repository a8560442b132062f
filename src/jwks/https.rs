//! The default client: hyper with rustls.
//!
//! Every function names the provider of the cryptography. rustls panics if it has to choose one and the program has
//! enabled two.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_rustls::builderstates::WantsSchemes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::{CryptoProvider, aws_lc_rs};

use super::client::{GetClient, ServiceClient};
use super::connect_limit::CONNECT_TIMEOUT;
use crate::config_error::ConfigError;

/// Trusts the certificate authorities that Mozilla trusts.
pub(super) fn default_client() -> Result<Arc<dyn GetClient>, ConfigError> {
    let connector = HttpsConnectorBuilder::new().with_provider_and_webpki_roots(provider());
    connector.map(client).map_err(|error| tls_error(&error))
}

pub(super) fn provider() -> CryptoProvider {
    aws_lc_rs::default_provider()
}

/// The connector accepts `http`, too, because [`RemoteUrl`](super::remote_url::RemoteUrl) decides which URLs are
/// fetched.
pub(super) fn client(connector: HttpsConnectorBuilder<WantsSchemes>) -> Arc<dyn GetClient> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let connector = connector.https_or_http().enable_http1();
    let connector = connector.wrap_connector(tcp);
    // Minutes pass between two fetches, so no connection is kept.
    let client = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .build::<_, NoBody>(connector);
    Arc::new(ServiceClient::new(client))
}

pub(super) fn tls_error(error: &rustls::Error) -> ConfigError {
    ConfigError::new(format!("TLS cannot be configured: {error}"))
}

/// The body of a request that has none.
#[derive(Default)]
struct NoBody;

impl Body for NoBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(0)
    }
}
