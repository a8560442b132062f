//! The identity of an authenticated caller, and the account that unverified credentials claim.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::SystemTime;

use crate::authorization_detail::AuthorizationDetail;
use crate::secret::Secret;

/// The identity that the built-in verifiers return: a name, and the scopes and roles that the credentials grant. A token
/// may also say how and when its owner has logged in, and what it grants in detail.
///
/// An application can use an identity type of its own instead. Its verifier returns that type, or
/// [`map_identity`](crate::scheme::SchemeExt::map_identity) turns the principal into it.
///
/// A clone is cheap: it increments at most two reference counters.
///
/// # Example
///
/// ```
/// use tower_challenge::Principal;
///
/// let caller = Principal::new("mufasa").with_scopes("read write");
/// assert_eq!(caller.name(), "mufasa");
/// assert!(caller.scopes().contains("read"));
/// assert!(!caller.scopes().contains("rea"), "whole tokens, exactly");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Principal {
    name: Arc<str>,
    rights: Option<Arc<GrantedRights>>,
}

#[derive(Clone, Default, PartialEq, Eq)]
struct GrantedRights {
    scopes: Scopes,
    roles: BTreeSet<Box<str>>,
    details: Vec<AuthorizationDetail>,
    acr: Option<Box<str>>,
    auth_time: Option<SystemTime>,
}

impl Principal {
    /// Creates a principal with this name and without scopes or roles.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            rights: None,
        }
    }

    /// Adds the scopes of a space-separated list (RFC 6749 section 3.3).
    #[must_use]
    pub fn with_scopes(mut self, scopes: &str) -> Self {
        if !scopes.trim_ascii().is_empty() {
            self.rights_mut().scopes.extend(scopes);
        }
        self
    }

    /// Adds a role.
    #[must_use]
    pub fn with_role(mut self, role: &str) -> Self {
        self.rights_mut().roles.insert(role.into());
        self
    }

    /// Iterates over the roles.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        let rights = self.rights.as_deref().into_iter();
        rights.flat_map(|rights| rights.roles.iter().map(AsRef::as_ref))
    }

    /// Sets the authentication context class of the login (`acr`). For example, `mfa`.
    #[must_use]
    pub fn with_acr(mut self, acr: &str) -> Self {
        self.rights_mut().acr = Some(acr.into());
        self
    }

    /// Sets the time of the login (`auth_time`).
    #[must_use]
    pub fn with_auth_time(mut self, time: SystemTime) -> Self {
        self.rights_mut().auth_time = Some(time);
        self
    }

    /// Adds objects of `authorization_details` (RFC 9396).
    #[must_use]
    pub fn with_authorization_details(
        mut self,
        details: impl IntoIterator<Item = AuthorizationDetail>,
    ) -> Self {
        self.rights_mut().details.extend(details);
        self
    }

    /// The authentication context class of the login, if the credentials tell it.
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.rights.as_deref()?.acr.as_deref()
    }

    /// The time of the login, if the credentials tell it.
    #[must_use]
    pub fn auth_time(&self) -> Option<SystemTime> {
        self.rights.as_deref()?.auth_time
    }

    /// The objects of `authorization_details` that the credentials grant.
    #[must_use]
    pub fn authorization_details(&self) -> &[AuthorizationDetail] {
        let rights = self.rights.as_deref();
        rights.map_or(&[], |rights| &rights.details)
    }

    fn rights_mut(&mut self) -> &mut GrantedRights {
        Arc::make_mut(self.rights.get_or_insert_default())
    }

    /// The name that the verifier verified.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The scopes that the credentials grant.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        const NONE: &Scopes = &Scopes(Vec::new());
        self.rights.as_deref().map_or(NONE, |rights| &rights.scopes)
    }

    /// Whether the credentials grant `scope`. The comparison is exact: `read` is not `read:all`.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().contains(scope)
    }

    /// Whether the caller has `role`. The comparison is exact: `Admin` is not `admin`.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        let rights = self.rights.as_deref();
        rights.is_some_and(|rights| rights.roles.contains(role))
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Principal").field(&self.name).finish()
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A set of scope tokens (RFC 6749 section 3.3).
///
/// Tokens are compared exactly: `Read` is not `read`. Two sets are equal if they hold the same tokens in any order.
#[derive(Clone, Debug, Default)]
pub struct Scopes(Vec<Box<str>>);

impl Scopes {
    /// Reads a space-separated list. A token that appears twice is kept once.
    #[must_use]
    pub fn new(list: &str) -> Self {
        let mut scopes = Self::default();
        scopes.extend(list);
        scopes
    }

    fn extend(&mut self, list: &str) {
        for scope in list.split_ascii_whitespace() {
            if !self.contains(scope) {
                self.0.push(scope.into());
            }
        }
    }

    /// Adds the tokens of `other` behind those of this set.
    #[must_use]
    pub fn union(mut self, other: &Self) -> Self {
        let new = other.0.iter().filter(|scope| !self.contains(scope));
        let new = new.cloned().collect::<Vec<_>>();
        self.0.extend(new);
        self
    }

    /// Whether the set contains `scope`.
    #[must_use]
    pub fn contains(&self, scope: &str) -> bool {
        self.0.iter().any(|known| **known == *scope)
    }

    /// Whether the set contains every scope of `wanted`. It does if `wanted` is empty.
    #[must_use]
    pub fn contains_all(&self, wanted: &Self) -> bool {
        wanted.0.iter().all(|scope| self.contains(scope))
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }
}

impl PartialEq for Scopes {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.contains_all(other)
    }
}

impl Eq for Scopes {}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// The account that the credentials of a request claim, before the scheme has verified them.
///
/// It is a type of its own, so that no code takes a claimed account for a verified [`Principal`]. Two claimed accounts
/// are equal if their names are equal; the secret does not count.
#[derive(Clone)]
pub struct ClaimedAccount<'r> {
    name: Cow<'r, str>,
    secret: Option<Secret<'r>>,
}

impl<'r> ClaimedAccount<'r> {
    /// Creates a claimed account with this name and without a secret.
    #[must_use]
    pub fn new(name: impl Into<Cow<'r, str>>) -> Self {
        Self {
            name: name.into(),
            secret: None,
        }
    }

    /// Adds the secret that the client sends as proof, so that a [throttle](crate::throttle) recognizes a wrong
    /// password that the client sends again.
    ///
    /// A scheme adds it if the client sends the secret itself, as in Basic. A scheme whose proofs differ from request
    /// to request, such as Digest, does not add one. The same name and password must always give the same secret, and
    /// another password another secret. Neither `Debug` nor the audit shows it.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::{ClaimedAccount, Secret};
    ///
    /// let claimed = ClaimedAccount::new("ada").with_secret(Secret::new("lovelace"));
    /// assert_eq!(claimed.name(), "ada");
    /// assert!(!format!("{claimed:?}").contains("lovelace"));
    /// ```
    #[must_use]
    pub const fn with_secret(mut self, secret: Secret<'r>) -> Self {
        self.secret = Some(secret);
        self
    }

    /// The name as the client spelled it. It is not verified, and it may be any text.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The secret that the client sends as proof. A throttle hashes it under a key. The account in an audit event has
    /// no secret.
    #[must_use]
    pub const fn secret(&self) -> Option<Secret<'r>> {
        self.secret
    }

    /// The same account without its secret.
    pub(crate) fn without_secret(&self) -> ClaimedAccount<'_> {
        ClaimedAccount::new(self.name())
    }

    /// The same account without its secret, and with an owned name, for a future that outlives the request's headers.
    pub(crate) fn into_owned_name(self) -> ClaimedAccount<'static> {
        ClaimedAccount::new(self.name.into_owned())
    }
}

impl PartialEq for ClaimedAccount<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for ClaimedAccount<'_> {}

impl Hash for ClaimedAccount<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// Shows the name and never the secret.
impl fmt::Debug for ClaimedAccount<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Account").field(&self.name).finish()
    }
}
