//! The certificate authorities of the operating system.

use super::builder::{IDLE_CONNECTIONS, IntrospectionVerifierBuilder};
use crate::config_error::ConfigError;
use crate::http_client::client_with_platform_roots;

impl<I: Clone + Send + Sync + 'static> IntrospectionVerifierBuilder<I> {
    /// Trusts the certificate authorities that the operating system trusts. Use it if a company manages them there.
    ///
    /// # Errors
    ///
    /// They cannot be read.
    pub fn tls_platform_roots(self) -> Result<Self, ConfigError> {
        Ok(self.with_client(client_with_platform_roots(IDLE_CONNECTIONS)?))
    }
}
