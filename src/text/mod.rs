//! Text formats that several rooms share: decimal and hexadecimal digits, dates, delays, percent-encoding, quoted lists,
//! JSON and URLs.

pub(crate) mod calendar;
pub(crate) mod decimal;
pub(crate) mod delay;
pub(crate) mod hex;
#[cfg(any(
    feature = "introspection",
    feature = "resource-metadata",
    feature = "testing"
))]
pub(crate) mod json;
pub(crate) mod percent;
#[cfg(any(feature = "bearer", feature = "resource-metadata", feature = "vapid"))]
pub(crate) mod secure_url;
#[cfg(feature = "sigv4")]
pub(crate) mod split;
pub(crate) mod unquoted;
