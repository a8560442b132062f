//! The hash that names one certificate.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::config_error::ConfigError;
use crate::text::hex::digit;

/// The SHA-256 of a certificate in DER: the value of `x5t#S256` in a token (RFC 8705 section 3.1).
///
/// It is no secret. `Display` writes it in base64url, as a token has it. A text is parsed in base64url, or in hexadecimal
/// with or without colons, as `openssl x509 -noout -fingerprint -sha256` prints it.
///
/// # Example
///
/// ```
/// use tower_challenge::client::{CertificateThumbprint, ClientCertificate};
///
/// let certificate = ClientCertificate::from_der([0x30, 0x03, 0x02, 0x01, 0x01]);
/// let openssl = "1B:65:F6:8A:52:2C:85:87:15:F5:DD:95:1C:D0:40:2D:C1:66:91:77:88:14:BF:07:59:82:2B:7A:25:74:21:D0";
/// let of_openssl: CertificateThumbprint = openssl.parse()?;
/// assert_eq!(certificate.thumbprint(), of_openssl);
/// assert_eq!("G2X2ilIshYcV9d2VHNBALcFmkXeIFL8HWYIreiV0IdA".parse(), Ok(of_openssl));
///
/// let sha1 = "2F:D4:E1:C6:7A:2D:28:FC:ED:84:9E:E1:BB:76:E7:39:1B:93:EB:12";
/// assert!(sha1.parse::<CertificateThumbprint>().is_err());
/// # Ok::<(), tower_challenge::ConfigError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateThumbprint([u8; 32]);

impl CertificateThumbprint {
    /// Wraps the hash.
    #[must_use]
    pub const fn new(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }

    /// Returns the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for CertificateThumbprint {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        of_base64url(text)
            .or_else(|| of_hex(text))
            .map(Self)
            .ok_or_else(|| {
                ConfigError::new(
                    "this is no SHA-256 thumbprint: print it with `openssl x509 -noout -fingerprint -sha256 -in FILE`",
                )
            })
    }
}

fn of_base64url(text: &str) -> Option<[u8; 32]> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// Reads 64 digits, or 32 pairs of digits with a colon between them.
fn of_hex(text: &str) -> Option<[u8; 32]> {
    let text = text.as_bytes();
    let step = match text.len() {
        64 => 2,
        95 if text.iter().skip(2).step_by(3).all(|byte| *byte == b':') => 3,
        _ => return None,
    };
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(text.chunks(step)) {
        *byte = digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?;
    }
    Some(hash)
}

impl fmt::Display for CertificateThumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for CertificateThumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
