//! Stands in for `certificate` without the feature `client-certificate`.

mod settle;
#[cfg(feature = "dpop")]
mod shown;
mod source;

#[cfg(feature = "dpop")]
pub(crate) use self::shown::shown_certificate;
pub(super) use self::source::CertificateSource;
