//! A client that trusts the certificate authorities of the operating system.

use std::sync::Arc;

use hyper_rustls::HttpsConnectorBuilder;

use super::client::HttpClient;
use super::https::{client, provider};
use crate::config_error::ConfigError;

/// Makes a client that trusts the certificate authorities of the operating system, and keeps up to `idle` connections.
///
/// # Errors
///
/// They cannot be read.
pub(crate) fn client_with_platform_roots(idle: usize) -> Result<Arc<dyn HttpClient>, ConfigError> {
    let connector = HttpsConnectorBuilder::new();
    let connector = connector.with_provider_and_platform_verifier(provider());
    let connector = connector.map_err(|error| {
        ConfigError::new(format!(
            "the certificate authorities of the operating system cannot be read: {error}"
        ))
    })?;
    Ok(client(connector, idle))
}
