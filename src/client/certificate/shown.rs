//! The certificate that a client has shown.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::thumbprint::CertificateThumbprint;
use crate::derives::shows;
use crate::request_head::RequestHead;

/// The certificate that the client showed in the TLS handshake of the connection that carries the request (feature
/// `client-certificate`).
///
/// There are two places from which it comes:
///
/// - **The TLS layer of this server.** The code that accepts connections makes one value for each connection, and inserts a
///   clone into the extensions of each request of that connection.
/// - **A proxy that terminates TLS.** [`ClientResolver::trust_client_certificate`](crate::client::ClientResolver) names the field in
///   which the proxy sends the certificate. The layer then inserts the value, and removes the field from the requests of
///   all other peers.
///
/// **This crate does not verify the certificate.** It trusts the TLS layer, which must do two things. It must verify that
/// the client has the private key; every TLS library does. And if the certificate alone says who the caller is
/// (`scheme::client_certificate::CertificateLogin`), it must verify the chain up to an authority of yours, the dates and, if you need it, the
/// revocation. With rustls, that is a `WebPkiClientVerifier`. For tokens that are bound to a certificate (RFC 8705
/// section 3), the private key is enough, so the certificate may be self-signed.
///
/// # Example
///
/// ```
/// use http::Request;
/// use tower_challenge::RequestHead;
/// use tower_challenge::client::ClientCertificate;
///
/// # let der_of_the_handshake = [0x30, 0x03, 0x02, 0x01, 0x01];
/// // Once for each connection, after the handshake: the first certificate that the client has sent.
/// let certificate = ClientCertificate::from_der(der_of_the_handshake);
///
/// // For each request of the connection.
/// let mut request = Request::new(());
/// request.extensions_mut().insert(certificate);
///
/// let found = ClientCertificate::of(&RequestHead::of(&request)).unwrap();
/// assert_eq!(found.thumbprint().to_string(), "G2X2ilIshYcV9d2VHNBALcFmkXeIFL8HWYIreiV0IdA");
/// assert!(ClientCertificate::of(&RequestHead::of(&Request::new(()))).is_none());
/// ```
#[derive(Clone)]
pub struct ClientCertificate(Arc<CertificateParts>);

struct CertificateParts {
    der: Vec<u8>,
    thumbprint: CertificateThumbprint,
}

/// Marks a request whose certificate a layer has read from the field of a trusted proxy. A layer inside of that one then
/// leaves the result as it is.
#[derive(Clone, Copy)]
pub(super) struct SettledCertificate {
    /// Whether the proxy has sent a certificate that cannot be used.
    pub(super) is_unusable: bool,
}

impl ClientCertificate {
    /// Takes the certificate of the client itself, without its chain, in DER. The thumbprint is computed here, once.
    #[must_use]
    pub fn from_der(der: impl Into<Vec<u8>>) -> Self {
        let der = der.into();
        let thumbprint = CertificateThumbprint::new(Sha256::digest(&der).into());
        Self(Arc::new(CertificateParts { der, thumbprint }))
    }

    /// Returns the certificate in DER, for a parser of the application. For example, `x509-parser` finds the names in it.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Returns the SHA-256 of the DER, which names this certificate and no other.
    #[must_use]
    pub fn thumbprint(&self) -> CertificateThumbprint {
        self.0.thumbprint
    }

    /// Returns the certificate of the client that sent `request`.
    ///
    /// A scheme, a verifier and a policy call it. The result is `None` if the client has shown no certificate, or if a
    /// trusted proxy has sent an unreadable one.
    #[must_use]
    pub fn of<'r>(request: &RequestHead<'r>) -> Option<&'r Self> {
        request.extensions().get()
    }

    /// Whether a trusted proxy has sent a certificate that cannot be used.
    pub(crate) fn is_unusable_in(request: &RequestHead<'_>) -> bool {
        let settled = request.extensions().get::<SettledCertificate>();
        settled.is_some_and(|settled| settled.is_unusable)
    }
}

/// Returns the thumbprint of the certificate of the client that sent `request`.
pub(crate) fn shown_certificate(request: &RequestHead<'_>) -> Option<[u8; 32]> {
    let shown = ClientCertificate::of(request)?;
    Some(*shown.thumbprint().as_bytes())
}

shows! {
    /// Shows the thumbprint. The names in the certificate may be personal.
    impl[] ClientCertificate[] as self { thumbprint: self.thumbprint() }
}
