//! Client certificates: the certificate of the TLS connection says who the caller is, or to whom a token belongs.
//!
//! [`CertificateLogin`] admits the holders of certificates that a [`VerifyCertificate`] knows. [`CertificateBound`] is a
//! verifier for [`Bearer`](super::Bearer): it accepts a token that is bound to a certificate (RFC 8705 section 3) only on
//! a connection with that certificate.
//!
//! **The chain is the business of the TLS layer.** Nothing here looks at a signature, a date or a revocation of a
//! certificate. [`ClientCertificate`](crate::client::ClientCertificate) says what the TLS layer has to verify, and how its
//! certificate gets to this crate.
//!
//! The certificate is that of the connection that carried the request. It stays the same for all requests of the
//! connection: HTTP/2 forbids to ask for a certificate later (RFC 9113 section 9.2.3). A resumed TLS session has
//! the certificate of its first handshake.

mod bound;
mod known;
mod pair;
mod reasons;
mod server;
mod verify_certificate;

pub use self::bound::CertificateBound;
pub use self::known::KnownCertificates;
pub use self::pair::WithCertificate;
pub use self::server::CertificateLogin;
pub use self::verify_certificate::VerifyCertificate;
