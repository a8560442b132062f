//! The sessions after a login: a cookie that stands for a signature for some time.
//!
//! ```text
//! cookie  = kid "." generation "." end "." key "." base64url( mac )
//! end     = seconds since 1970
//! key     = base64url( SHA-256( SubjectPublicKeyInfo ) )
//! mac     = 16 bytes, over the others, the origin and the realm
//! ```

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use http::header::{COOKIE, HeaderMap};
use zeroize::Zeroizing;

use super::key::HobaKey;
use super::message::is_kid;
use super::origin::HobaOrigin;
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::random::random;
use crate::secret::same;

const MAC: usize = 16;

/// Sets up sessions: after a login with a signature, a cookie admits the browser for some time, so that a page does not
/// sign every request.
///
/// The server stores no session. The cookie has the kid, the generation of the key's sessions, an end, the hash of the
/// public key, and a MAC. So a session ends in one of four ways: its time is over; the key is removed, or another key gets
/// its kid; a logout raises the [generation](super::HobaKey::with_generation) of the key, which ends all sessions of the
/// device; or the server restarts with another [key](Self::key).
///
/// The cookie is `__Host-hoba` with `HttpOnly`, `Secure` and `SameSite=Strict`. If the origin is `http` on the local
/// machine, where browsers refuse that name, it is `hoba` without `Secure`.
///
/// A proxy begins no sessions.
///
/// The field `Set-Cookie` of an admitted login replaces that of the inner service. So let pages log in at a path whose
/// response sets no cookie.
///
/// # Example
///
/// ```
/// # #[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))] {
/// use std::time::Duration;
///
/// use tower_challenge::RequireAuth;
/// use tower_challenge::scheme::Hoba;
/// use tower_challenge::scheme::hoba::{HobaKey, HobaSession, HobaSessions};
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let no_keys = |_: &str| None::<HobaKey>;
/// let sessions = HobaSessions::new()?.lifetime(Duration::from_secs(15 * 60));
/// let hoba = Hoba::builder("https://example.com", no_keys).sessions(sessions).build()?;
/// let auth = RequireAuth::new((HobaSession::of(&hoba)?, hoba))?;
/// # drop(auth);
///
/// let without = Hoba::builder("https://example.com", no_keys).build()?;
/// assert!(HobaSession::of(&without).is_err(), "the scheme begins no sessions");
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
#[derive(Clone)]
#[must_use]
pub struct HobaSessions {
    key: Zeroizing<[u8; 32]>,
    lifetime: Duration,
    same_site: &'static str,
}

impl HobaSessions {
    /// Makes sessions of one hour under a random key of this process. They end with a restart.
    ///
    /// # Errors
    ///
    /// The system random number generator failed.
    pub fn new() -> Result<Self, ConfigError> {
        Ok(Self {
            key: Zeroizing::new(random()?),
            lifetime: Duration::from_secs(60 * 60),
            same_site: "Strict",
        })
    }

    /// Protects the cookies with `key`, 32 random bytes that several servers share. The sessions survive a restart.
    ///
    /// # Errors
    ///
    /// All bytes are zero, so the application has not loaded the key.
    pub fn key(mut self, key: [u8; 32]) -> Result<Self, ConfigError> {
        if key == [0; 32] {
            return Err(ConfigError::new(
                "the session key is all zeros: load 32 random bytes",
            ));
        }
        self.key = Zeroizing::new(key);
        Ok(self)
    }

    /// Sets how long a session lasts, in place of one hour: at least one second. It is not prolonged: the page signs in
    /// again.
    pub const fn lifetime(mut self, time: Duration) -> Self {
        self.lifetime = time;
        self
    }

    /// Sets `SameSite=Lax`, so that a link on another site opens a page with the session. A request of another origin
    /// that changes something is refused all the same: see [`HobaSession`](super::HobaSession).
    pub const fn same_site_lax(mut self) -> Self {
        self.same_site = "Lax";
        self
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        match self.lifetime.as_secs() {
            0 => Err(ConfigError::new(
                "the lifetime of HOBA sessions must be at least one second",
            )),
            _ => Ok(()),
        }
    }
}

/// Writes and reads the cookies of one scheme.
pub(super) struct SessionIssuer {
    sessions: HobaSessions,
    name: &'static str,
    attributes: String,
    /// A hash of the origin and the realm, which the MAC covers.
    space: [u8; 32],
}

/// The contents of a cookie whose MAC is right.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ReadSession<'r> {
    pub(super) kid: &'r str,
    pub(super) generation: u64,
    pub(super) has_ended: bool,
    /// The hash of the public key that signed the login. The kid is not enough: after its removal, another client may
    /// register another key with the same kid.
    pub(super) fingerprint: &'r str,
}

impl SessionIssuer {
    pub(super) fn new(sessions: HobaSessions, origin: &HobaOrigin, realm: &str) -> Self {
        let (name, secure) = match origin.is_tls() {
            true => ("__Host-hoba", "; Secure"),
            false => ("hoba", ""),
        };
        let attributes = format!(
            "; Path=/{secure}; HttpOnly; SameSite={}",
            sessions.same_site
        );
        // A space is in no origin.
        let space = format!("{origin} {realm}");
        Self {
            name,
            attributes,
            space: blake3::hash(space.as_bytes()).into(),
            sessions,
        }
    }

    /// The value of `Set-Cookie` that begins a session.
    pub(super) fn begin<I>(
        &self,
        kid: &str,
        key: &HobaKey<I>,
        now: SystemTime,
    ) -> Option<HeaderValue> {
        let end = seconds(now).saturating_add(self.sessions.lifetime.as_secs());
        let (generation, fingerprint) = (key.generation(), key.public().kid());
        let signed = format!("{kid}.{generation}.{end}.{fingerprint}");
        let mac = URL_SAFE_NO_PAD.encode(self.mac(&signed));
        let (name, age, attributes) = (
            self.name,
            self.sessions.lifetime.as_secs(),
            &self.attributes,
        );
        let cookie = format!("{name}={signed}.{mac}; Max-Age={age}{attributes}");
        let mut cookie = HeaderValue::try_from(cookie).ok()?;
        cookie.set_sensitive(true);
        Some(cookie)
    }

    /// The value of `Set-Cookie` that removes the cookie.
    pub(super) fn removal(&self) -> Option<HeaderValue> {
        let (name, attributes) = (self.name, &self.attributes);
        HeaderValue::try_from(format!("{name}=; Max-Age=0{attributes}")).ok()
    }

    /// The value of the cookie. Several cookies of the name count as an empty one: a neighbouring host may have set one of
    /// them, if the name has no prefix. Other cookies may have any bytes: some applications write UTF-8.
    pub(super) fn cookie<'r>(&self, fields: &'r HeaderMap) -> Option<&'r str> {
        let lines = fields.get_all(COOKIE).into_iter();
        let cookies = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
        let own = |cookie: &'r [u8]| {
            let rest = cookie.trim_ascii().strip_prefix(self.name.as_bytes())?;
            rest.strip_prefix(b"=")
        };
        let mut values = cookies.filter_map(own);
        let value = values.next()?;
        let value = std::str::from_utf8(value).unwrap_or_default();
        Some(if values.next().is_none() { value } else { "" })
    }

    /// Reads a cookie. Returns `None` if this server did not write it.
    pub(super) fn read<'r>(&self, cookie: &'r str, now: SystemTime) -> Option<ReadSession<'r>> {
        let (signed, mac) = cookie.rsplit_once('.')?;
        let mut given = [0; MAC];
        let length = URL_SAFE_NO_PAD.decode_slice(mac, &mut given).ok()?;
        if length != MAC || !same(&given, &self.mac(signed)) {
            return None;
        }
        let mut parts = signed.split('.');
        let (kid, generation, end) = (parts.next()?, parts.next()?, parts.next()?);
        let fingerprint = parts.next()?;
        Some(ReadSession {
            kid: Some(kid).filter(|kid| is_kid(kid))?,
            generation: generation.parse().ok()?,
            has_ended: end.parse::<u64>().ok()? <= seconds(now),
            fingerprint,
        })
    }

    fn mac(&self, signed: &str) -> [u8; MAC] {
        let mut hash = blake3::Hasher::new_keyed(&self.sessions.key);
        hash.update(b"tower-challenge HOBA session");
        hash.update(&self.space).update(signed.as_bytes());
        let mut mac = [0; MAC];
        hash.finalize_xof().fill(&mut mac);
        mac
    }
}

fn seconds(now: SystemTime) -> u64 {
    let time = now.duration_since(SystemTime::UNIX_EPOCH);
    time.unwrap_or_default().as_secs()
}

shows! { impl[] HobaSessions[] as self { lifetime: self.lifetime, same_site: self.same_site } }
