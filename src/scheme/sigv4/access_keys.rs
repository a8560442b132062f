//! Whose signature is compared with which secret.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::principal::Principal;
use crate::secret::{Secret, SecretString, same};
use crate::store::ClaimHolder;
use crate::table::{NamedRecords, is_a_shared_table};
use crate::unavailable::Unavailable;

/// What belongs to an access key id: a secret, perhaps a session token, and the identity to deliver. A clone costs one
/// counter.
///
/// # Example
///
/// ```
/// use tower_challenge::Principal;
/// use tower_challenge::scheme::sigv4::AccessKey;
///
/// let long_term = AccessKey::new("wJalrXUtnFEMI/K7MDENG", Principal::new("ada"));
/// let temporary = AccessKey::new("5CNiiW5Gg1mNiGuHGe+y", Principal::new("ada")).with_session_token("FwoGZXIvYXdzE");
/// ```
pub struct AccessKey<I = Principal>(Arc<KeyRecord<I>>);

struct KeyRecord<I> {
    secret: SecretString,
    /// A hash of the secret, for the cache of keys that are derived from it.
    tag: [u8; 32],
    token: Option<SecretString>,
    identity: I,
}

impl<I> AccessKey<I> {
    /// A key that is good until it is taken away. Requests with a session token are refused.
    #[must_use]
    pub fn new(secret: impl Into<SecretString>, identity: I) -> Self {
        Self::build(secret.into(), None, identity)
    }

    /// A temporary key, which is good only together with `token`. When it ends, the look-up has to say so.
    #[must_use]
    pub fn with_session_token(self, token: impl Into<SecretString>) -> Self
    where
        I: Clone,
    {
        let identity = self.0.identity.clone();
        Self::build(self.0.secret.clone(), Some(token.into()), identity)
    }

    fn build(secret: SecretString, token: Option<SecretString>, identity: I) -> Self {
        let mut tag = Sha256::new();
        tag.update(b"tower-challenge access key");
        tag.update(secret.expose());
        Self(Arc::new(KeyRecord {
            tag: tag.finalize().into(),
            secret,
            token,
            identity,
        }))
    }

    pub(super) fn secret(&self) -> Secret<'_> {
        self.0.secret.as_secret()
    }

    pub(super) fn tag(&self) -> &[u8; 32] {
        &self.0.tag
    }

    /// By what the store of used signatures knows the key: the end of the same hash, of which the cache looks at all.
    pub(super) fn holder(&self) -> ClaimHolder {
        let [.., a, b, c, d, e, f, g, h] = self.0.tag;
        ClaimHolder::new(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
    }

    /// A temporary key comes with its token, and no other key comes with any.
    pub(super) fn takes(&self, token: Option<&SecretString>) -> bool {
        match (token, &self.0.token) {
            (None, None) => true,
            (Some(presented), Some(ours)) => {
                same(presented.expose().as_bytes(), ours.expose().as_bytes())
            }
            _ => false,
        }
    }

    /// An unset variable must not be a secret: with one that is empty, nobody gets in.
    pub(super) fn is_usable(&self) -> bool {
        let token = self.0.token.as_ref();
        !self.0.secret.expose().is_empty() && token.is_none_or(|it| !it.expose().is_empty())
    }

    pub(super) fn identity(&self) -> &I {
        &self.0.identity
    }
}

clones! { impl[I] AccessKey[I] { 0 } }

shows! { impl[I: fmt::Debug] AccessKey[I] as self { identity: self.0.identity } }

/// A table of access keys, in memory. A clone is the same table.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::sigv4::AccessKeys;
///
/// assert!(AccessKeys::new([("AKIDADA", "wJalrXUtnFEMI/K7MDENG")]).is_ok());
/// assert!(AccessKeys::new([("AKIDADA", "")]).is_err(), "an unset variable must not be a secret");
/// assert!(AccessKeys::new([("AKID/ADA", "wJalrXUtnFEMI/K7MDENG")]).is_err(), "it could never be found");
/// ```
pub struct AccessKeys<I = Principal>(Arc<NamedRecords<AccessKey<I>>>);

impl AccessKeys {
    /// A table of access key ids and secrets. Each delivers a [`Principal`] with its access key id.
    ///
    /// # Errors
    ///
    /// There is none, an id appears twice, a secret is empty, or an id is empty or holds what no credential can.
    pub fn new<N, S>(keys: impl IntoIterator<Item = (N, S)>) -> Result<Self, ConfigError>
    where
        N: AsRef<str>,
        S: Into<SecretString>,
    {
        Self::from_keys(keys.into_iter().map(|(id, secret)| {
            let identity = Principal::new(id.as_ref());
            (id.as_ref().to_owned(), AccessKey::new(secret, identity))
        }))
    }
}

impl<I> AccessKeys<I> {
    /// A table of access key ids and keys.
    ///
    /// # Errors
    ///
    /// As for [`new`](AccessKeys::new), and if a session token is empty.
    pub fn from_keys(
        keys: impl IntoIterator<Item = (String, AccessKey<I>)>,
    ) -> Result<Self, ConfigError> {
        let table = NamedRecords::new("access key", keys, check)?;
        Ok(Self(Arc::new(table)))
    }
}

fn check<I>(id: &str, key: &AccessKey<I>) -> Result<(), ConfigError> {
    if can_be_sent(id) && key.is_usable() {
        return Ok(());
    }
    Err(ConfigError::new(format!(
        "the access key {id:?} needs an id of visible ASCII without / , ; and =, and a secret"
    )))
}

fn can_be_sent(id: &str) -> bool {
    let is_fit = |octet: u8| octet.is_ascii_graphic() && !b"/,;=".contains(&octet);
    (1..=128).contains(&id.len()) && id.bytes().all(is_fit)
}

is_a_shared_table!(AccessKeys);

impl<I: Send + Sync + 'static> Lookup<str> for AccessKeys<I> {
    type Record = AccessKey<I>;

    fn lookup(&self, id: &str) -> NowOrLater<Result<Option<AccessKey<I>>, Unavailable>> {
        NowOrLater::now(Ok(self.0.get(id).cloned()))
    }
}
