//! Access keys, and a table of them in memory.

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

/// An access key: a secret access key, the identity of its owner, and for temporary keys a session token.
///
/// A [`Lookup`] returns one for an access key id. Cloning it is cheap: it increments a reference count.
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
    /// A hash of the secret, by which the cache finds the signing keys that are derived from it.
    tag: [u8; 32],
    token: Option<SecretString>,
    identity: I,
}

impl<I> AccessKey<I> {
    /// Creates a long-term access key. It is valid as long as the look-up returns it.
    ///
    /// The scheme refuses requests that use this key with a session token.
    #[must_use]
    pub fn new(secret: impl Into<SecretString>, identity: I) -> Self {
        Self::build(secret.into(), None, identity)
    }

    /// Makes this a temporary access key, which is valid only together with the session token `token`.
    ///
    /// The key does not expire by itself. The look-up must stop returning it when the session ends.
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

    /// Returns the holder under which the replay store counts the signatures of this key: the last 8 bytes of `tag`.
    pub(super) fn holder(&self) -> ClaimHolder {
        let [.., a, b, c, d, e, f, g, h] = self.0.tag;
        ClaimHolder::new(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
    }

    /// Returns `true` if `token` is the session token of this temporary key, or if neither of them has a token.
    pub(super) fn takes(&self, token: Option<&SecretString>) -> bool {
        match (token, &self.0.token) {
            (None, None) => true,
            (Some(presented), Some(ours)) => {
                same(presented.expose().as_bytes(), ours.expose().as_bytes())
            }
            _ => false,
        }
    }

    /// Returns `true` if neither the secret nor the session token is empty.
    ///
    /// An unset variable often becomes an empty string, and an attacker can sign with an empty secret. A key with an
    /// empty secret is therefore treated like an unknown key.
    pub(super) fn is_usable(&self) -> bool {
        let token = self.0.token.as_ref();
        !self.0.secret.expose().is_empty() && token.is_none_or(|token| !token.expose().is_empty())
    }

    pub(super) fn identity(&self) -> &I {
        &self.0.identity
    }
}

clones! { impl[I] AccessKey[I] { 0 } }

shows! { impl[I: fmt::Debug] AccessKey[I] as self { identity: self.0.identity } }

/// A table of access keys in memory. A clone shares the same table.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::sigv4::AccessKeys;
///
/// assert!(AccessKeys::new([("AKIDADA", "wJalrXUtnFEMI/K7MDENG")]).is_ok());
/// assert!(AccessKeys::new([("AKIDADA", "")]).is_err(), "the secret is empty");
/// assert!(AccessKeys::new([("AKID/ADA", "wJalrXUtnFEMI/K7MDENG")]).is_err(), "a client cannot send this id");
/// ```
pub struct AccessKeys<I = Principal>(Arc<NamedRecords<AccessKey<I>>>);

impl AccessKeys {
    /// Creates a table from pairs of an access key id and a secret access key. The identity of each key is a
    /// [`Principal`] named by the access key id.
    ///
    /// # Errors
    ///
    /// Returns an error if the table is empty, an id appears twice, a secret is empty, or a client cannot send an id.
    /// An id must have 1 to 128 characters of visible ASCII, without `/`, `,`, `;` and `=`.
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
    /// Creates a table from pairs of an access key id and an [`AccessKey`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`new`](AccessKeys::new), and one if a session token is empty.
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
        "access key {id:?}: the id must be 1 to 128 characters of visible ASCII without / , ; and =, \
         and the secret and the session token must not be empty"
    )))
}

fn can_be_sent(id: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_graphic() && !b"/,;=".contains(&byte);
    (1..=128).contains(&id.len()) && id.bytes().all(is_fit)
}

is_a_shared_table!(AccessKeys);

impl<I: Send + Sync + 'static> Lookup<str> for AccessKeys<I> {
    type Record = AccessKey<I>;

    fn lookup(&self, id: &str) -> NowOrLater<Result<Option<AccessKey<I>>, Unavailable>> {
        NowOrLater::now(Ok(self.0.get(id).cloned()))
    }
}
