//! Certificate authorities that the application names.

use std::sync::Arc;

use hyper_rustls::HttpsConnectorBuilder;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::builder::RemoteKeysBuilder;
use super::https::{client, provider, tls_error};
use crate::config_error::ConfigError;

impl RemoteKeysBuilder {
    /// Trusts the certificate authorities of `pem` and no other. It is the text of one or more certificates in PEM
    /// (RFC 7468), for example that of the authority of a company.
    ///
    /// The default are the authorities that Mozilla trusts, as they were when the crate `webpki-roots` was compiled.
    ///
    /// # Errors
    ///
    /// `pem` has no certificate, or has a certificate that cannot be read.
    pub fn tls_roots(self, pem: &str) -> Result<Self, ConfigError> {
        let mut roots = RootCertStore::empty();
        for root in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let root = root.map_err(|error| {
                ConfigError::new(format!("a certificate cannot be read: {error}"))
            })?;
            roots.add(root).map_err(|error| tls_error(&error))?;
        }
        if roots.is_empty() {
            return Err(ConfigError::new(
                "there is no certificate: PEM begins with `-----BEGIN CERTIFICATE-----`",
            ));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| tls_error(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new().with_tls_config(config);
        Ok(self.with_client(client(connector)))
    }
}
