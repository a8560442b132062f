//! A client that trusts the certificate authorities that the application names.

use std::sync::Arc;

use hyper_rustls::HttpsConnectorBuilder;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::client::HttpClient;
use super::https::{client, provider, tls_error};
use crate::config_error::ConfigError;

/// Makes a client that trusts the certificates of `pem` and no other, and keeps up to `idle` connections.
///
/// # Errors
///
/// `pem` has no certificate, or has a certificate that cannot be read.
pub(crate) fn client_with_roots(
    pem: &str,
    idle: usize,
) -> Result<Arc<dyn HttpClient>, ConfigError> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let root = root
            .map_err(|error| ConfigError::new(format!("a certificate cannot be read: {error}")))?;
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
    Ok(client(connector, idle))
}
