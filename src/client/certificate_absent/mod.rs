//! Stands in for `certificate` without the feature `client-certificate`.

mod settle;
mod source;

pub(super) use self::source::CertificateSource;
