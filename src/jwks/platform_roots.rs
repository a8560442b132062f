//! The certificate authorities of the operating system.

use hyper_rustls::HttpsConnectorBuilder;

use super::builder::RemoteKeysBuilder;
use super::https::{client, provider};
use crate::config_error::ConfigError;

impl RemoteKeysBuilder {
    /// Trusts the certificate authorities that the operating system trusts. Use it if a company manages them there.
    ///
    /// # Errors
    ///
    /// They cannot be read.
    pub fn tls_platform_roots(self) -> Result<Self, ConfigError> {
        let connector = HttpsConnectorBuilder::new();
        let connector = connector.with_provider_and_platform_verifier(provider());
        let connector = connector.map_err(|error| {
            ConfigError::new(format!(
                "the certificate authorities of the operating system cannot be read: {error}"
            ))
        })?;
        Ok(self.with_client(client(connector)))
    }
}
