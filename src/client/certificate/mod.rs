//! Which certificate did the client show when it connected?

mod field;
mod settle;
mod shown;
mod source;
mod thumbprint;

pub use self::field::CertificateField;
pub use self::shown::ClientCertificate;
#[cfg(feature = "dpop")]
pub(crate) use self::shown::shown_certificate;
pub(super) use self::source::CertificateSource;
pub use self::thumbprint::CertificateThumbprint;
