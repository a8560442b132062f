//! Which host is a proof for? The parameter `validation`, and the value `vh` that every proof covers.

use super::certificate::end_point;
use super::origin::MutualOrigin;
use crate::config_error::ConfigError;
use crate::derives::shows;

/// Says for which server the proofs of both sides are (RFC 8120 section 7). If the client and the server mean different
/// servers, no proof verifies. So an attacker who passes messages on between a client and another server gets nothing.
///
/// | made by | `validation` | use it for |
/// |---|---|---|
/// | [`certificate`](Self::certificate) | `tls-server-end-point` | a server that terminates TLS |
/// | [`certificate_hash`](Self::certificate_hash) | `tls-server-end-point` | the same, if only the hash is known |
/// | [`host`](Self::host) | `host` | HTTP without TLS |
/// | [`https_without_certificate`](Self::https_without_certificate) | `host` | a server behind TLS that cannot know the certificate; it does not protect from an attacker with another certificate for the host |
///
/// All values come from the configuration, never from a request: an attacker who passes requests on chooses `Host`.
///
/// RFC 8120 requires the certificate wherever a client sees one. Behind a proxy that terminates TLS, give the server the
/// certificate of the proxy.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::mutual::HostValidation;
///
/// let host = HostValidation::host("http://127.0.0.1:3000")?;
/// assert_eq!(host.name(), "host");
/// assert_eq!(host.value(), b"http://127.0.0.1:3000");
/// assert!(HostValidation::host("example.com").is_err());
/// assert!(HostValidation::host("https://example.com").is_err(), "TLS needs the certificate");
/// assert!(HostValidation::certificate("https://example.com", b"no certificate").is_err());
/// # Ok::<(), tower_challenge::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct HostValidation {
    name: &'static str,
    origin: MutualOrigin,
    value: Vec<u8>,
}

impl HostValidation {
    /// Names a server without TLS by its origin, for example `http://example.com:8080`.
    ///
    /// # Errors
    ///
    /// The text is no origin: it has user information, a path, a query or a fragment. Or its scheme is not `http`: for
    /// `https`, use [`certificate`](Self::certificate).
    pub fn host(origin: &str) -> Result<Self, ConfigError> {
        let origin = MutualOrigin::parse(origin)?;
        match origin.is_https() {
            false => Ok(Self::origin(origin)),
            true => Err(ConfigError::new(
                "a server of Mutual with TLS is named by its certificate: use `HostValidation::certificate`",
            )),
        }
    }

    /// Names a server with TLS by its origin alone, for example `https://example.com`.
    ///
    /// RFC 8120 section 7 requires the certificate over TLS, so a client that follows it refuses this server. Use it if the
    /// server cannot know the certificate that clients see, and you write the clients.
    ///
    /// An attacker with another certificate for the host can pass messages on between a client and the server, and use the
    /// session of the client. [`certificate`](Self::certificate) protects from this attacker.
    ///
    /// # Errors
    ///
    /// The text is no origin, or its scheme is not `https`: for `http`, use [`host`](Self::host).
    pub fn https_without_certificate(origin: &str) -> Result<Self, ConfigError> {
        let origin = MutualOrigin::parse(origin)?;
        match origin.is_https() {
            true => Ok(Self::origin(origin)),
            false => Err(ConfigError::new(
                "a server of Mutual without TLS is named by `HostValidation::host`",
            )),
        }
    }

    fn origin(origin: MutualOrigin) -> Self {
        Self {
            name: "host",
            value: origin.with_port().into_bytes(),
            origin,
        }
    }

    /// Names the server by its certificate in DER, the first of its chain. `origin` is for example `https://example.com`.
    ///
    /// The certificate of a running server can change. Then build the scheme again with the new one.
    ///
    /// # Errors
    ///
    /// The text is no origin; the certificate is not DER; or RFC 5929 section 4.1 defines no hash for its signature, for
    /// example for Ed25519 and RSASSA-PSS.
    pub fn certificate(origin: &str, der: &[u8]) -> Result<Self, ConfigError> {
        Self::end_point(origin, end_point(der)?)
    }

    /// Names the server by the hash of its certificate. The hash function is that of the certificate's signature, and SHA-256
    /// in place of MD5 and SHA-1.
    ///
    /// # Errors
    ///
    /// The text is no origin, or the hash has not 28, 32, 48 or 64 bytes.
    pub fn certificate_hash(origin: &str, hash: &[u8]) -> Result<Self, ConfigError> {
        match hash.len() {
            28 | 32 | 48 | 64 => Self::end_point(origin, hash.to_vec()),
            _ => Err(ConfigError::new(
                "the hash of a certificate for Mutual has 28, 32, 48 or 64 bytes",
            )),
        }
    }

    fn end_point(origin: &str, value: Vec<u8>) -> Result<Self, ConfigError> {
        Ok(Self {
            name: "tls-server-end-point",
            origin: MutualOrigin::parse(origin)?,
            value,
        })
    }

    /// The value of the parameter `validation`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// `vh`, which every proof covers.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// Whether an auth-scope covers the server.
    pub(super) fn is_in(&self, auth_scope: &str) -> bool {
        self.origin.is_in(auth_scope)
    }
}

shows! { impl[] HostValidation[] as self { name: self.name, origin: self.origin.with_port() } }
