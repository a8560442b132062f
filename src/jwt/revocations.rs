//! Tokens that are refused before they expire.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, SystemTime};

use super::rules::MOST_LEEWAY;
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::token_claims::NumericDate;

/// Tokens that are refused before they expire, in the memory of this process. With the feature `redis`, several processes
/// keep the same list: see `SharedRevocations`. The list has single tokens by their `jti`, and all
/// tokens of a subject that were issued before a time. A clone is the same list.
///
/// A revocation takes effect at once, on tokens that the verifier remembers, too. The list belongs to one issuer: give
/// each [verifier](super::JwtVerifierBuilder::revocations) a list of its own.
///
/// The list has a place for 10,000 revocations. If it is full, a new revocation first removes the entries whose `until`
/// passed more than 60 seconds ago. No token of such an entry can be valid, since 60 seconds are the longest
/// [leeway](super::JwtVerifierBuilder::leeway) of a verifier. If there is no such entry, the new revocation is an error.
///
/// A [`Principal`](crate::Principal) does not hold the `jti` of its token. Read it with
/// [`claims`](super::JwtVerifierBuilder::claims), as the example does. Some issuers write no `jti`: for example, Entra ID
/// has a claim `uti` in its place, which this list does not compare. Revoke such tokens by subject.
///
/// # Example
///
/// A client logs out: the server revokes the token of the request.
///
/// ```
/// # #[cfg(all(feature = "testing", any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto")))] {
/// use std::time::{Duration, UNIX_EPOCH};
/// use serde::Deserialize;
/// use tower_challenge::jwt::{JwtVerifier, RevocationList, VerifiedClaims};
/// use tower_challenge::scheme::bearer::VerifyToken;
/// use tower_challenge::testing::TestIssuer;
/// use tower_challenge::{ConfigError, Secret};
///
/// #[derive(Deserialize)]
/// struct TokenId {
///     jti: String,
///     exp: u64, // seconds since 1970
/// }
///
/// /// In axum, a handler has the list as `State`, and the caller as `Authenticated<VerifiedClaims<TokenId>>`.
/// fn log_out(list: &RevocationList, caller: &VerifiedClaims<TokenId>) -> Result<(), ConfigError> {
///     let token = caller.claims();
///     let until = UNIX_EPOCH + Duration::from_secs(token.exp);
///     list.revoke_token(&token.jti, until)
/// }
///
/// # fn main() -> Result<(), ConfigError> {
/// let list = RevocationList::new();
/// let issuer = TestIssuer::new("https://as.example")?;
/// let verifier = JwtVerifier::builder("https://as.example", issuer.keys())
///     .audience("https://api.example")
///     .revocations(&list)
///     .claims::<TokenId>()
///     .build()?;
/// let verify = |token: &str| verifier.verify(Secret::new(token)).try_now().unwrap().unwrap();
///
/// let token = issuer.token("ada").audience("https://api.example").sign();
/// log_out(&list, &verify(&token).unwrap())?;
/// assert_eq!(verify(&token).unwrap_err().why(), Some("the token is revoked"));
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
///
/// All tokens of a subject, and a full list:
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tower_challenge::jwt::RevocationList;
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let list = RevocationList::new();
/// let tomorrow = SystemTime::now() + Duration::from_secs(86_400); // no token is valid for longer
/// list.revoke_subject("ada", SystemTime::now(), tomorrow)?; // for example when `ada` changes her password
///
/// let small = RevocationList::with_capacity(1);
/// small.revoke_token("token-17", tomorrow)?;
/// assert!(small.revoke_token("token-18", tomorrow).is_err(), "the list is full");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RevocationList(pub(super) Arc<ListState>);

pub(super) struct ListState {
    entries: RwLock<Entries>,
    pub(super) capacity: usize,
    /// Counts the revocations, so that a remembered token is looked up again only after a new one.
    epoch: AtomicU64,
    /// Until when the list is current, in milliseconds of the monotonic clock. A list of this process alone always is.
    pub(super) current_until: AtomicU64,
    /// The key of the hash under which tokens and subjects are in the list.
    hash_key: [u8; 32],
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
pub(super) struct Entries {
    pub(super) tokens: HashMap<RevokedId, SystemTime>,
    pub(super) subjects: HashMap<RevokedId, SubjectRevocation>,
}

/// The keyed hash of the identifier of a token or of a subject.
pub(super) type RevokedId = [u8; 16];

/// A revocation of a token, or of all tokens of a subject that were issued before a time.
#[derive(Clone, Copy)]
pub(super) struct Revocation {
    pub(super) id: RevokedId,
    pub(super) issued_before: Option<SystemTime>,
    pub(super) until: SystemTime,
}

pub(super) struct SubjectRevocation {
    pub(super) issued_before: SystemTime,
    pub(super) until: SystemTime,
}

pub(super) const DEFAULT_CAPACITY: usize = 10_000;

/// The key of a list that no other process reads. It need not be secret: the issuer chooses the identifiers.
const OWN_KEY: [u8; 32] = *b"tower-challenge revocation list ";

impl RevocationList {
    /// Makes an empty list with a place for 10,000 revocations.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }

    /// Makes an empty list with a place for `capacity` revocations.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self::make(capacity, OWN_KEY, u64::MAX, Arc::new(SystemClock::new()))
    }

    /// Makes an empty list with the same number of places, which reads the time from `clock` when it is full.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock) -> Self {
        Self::make(self.0.capacity, OWN_KEY, u64::MAX, Arc::new(clock))
    }

    pub(super) fn make(
        capacity: usize,
        hash_key: [u8; 32],
        current_until: u64,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(ListState {
            entries: RwLock::default(),
            capacity,
            epoch: AtomicU64::new(0),
            current_until: AtomicU64::new(current_until),
            hash_key,
            clock,
        }))
    }

    /// Refuses the token with this identifier (`jti`) from now on. `until` is the time at which the token expires (`exp`), or
    /// later. The list adds the leeway of the verifier by itself.
    ///
    /// # Errors
    ///
    /// The list is full.
    pub fn revoke_token(&self, token_id: &str, until: SystemTime) -> Result<(), ConfigError> {
        self.add(self.of_token(token_id, until)).map(drop)
    }

    /// Refuses every token of the subject (`sub`) that was issued (`iat`) before `issued_before`, or that does not say
    /// when it was issued. `until` is the time at which the last such token expires. The list adds the leeway of the
    /// verifier by itself.
    ///
    /// Most issuers write `iat` in whole seconds. So a token that the subject gets in the same second as `issued_before`, but
    /// after it, is refused, too.
    ///
    /// # Errors
    ///
    /// The list is full.
    pub fn revoke_subject(
        &self,
        subject: &str,
        issued_before: SystemTime,
        until: SystemTime,
    ) -> Result<(), ConfigError> {
        self.add(self.of_subject(subject, issued_before, until))
            .map(drop)
    }

    /// The revocation of a token.
    pub(super) fn of_token(&self, token_id: &str, until: SystemTime) -> Revocation {
        let id = self.id(b"token  ", token_id);
        Revocation {
            id,
            issued_before: None,
            until,
        }
    }

    /// The revocation of the tokens of a subject.
    pub(super) fn of_subject(
        &self,
        subject: &str,
        issued_before: SystemTime,
        until: SystemTime,
    ) -> Revocation {
        let id = self.id(b"subject", subject);
        Revocation {
            id,
            issued_before: Some(issued_before),
            until,
        }
    }

    fn id(&self, kind: &[u8; 7], name: &str) -> RevokedId {
        let mut hasher = blake3::Hasher::new_keyed(&self.0.hash_key);
        hasher.update(kind).update(name.as_bytes());
        let mut id = RevokedId::default();
        id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        id
    }

    /// Adds a revocation. Returns whether it revokes anything that was not revoked before.
    ///
    /// # Errors
    ///
    /// The list is full.
    pub(super) fn add(&self, revocation: Revocation) -> Result<bool, ConfigError> {
        self.add_up_to(self.0.capacity, revocation)
    }

    /// Adds a revocation as [`add`](Self::add) does, with another capacity.
    pub(super) fn add_up_to(
        &self,
        capacity: usize,
        revocation: Revocation,
    ) -> Result<bool, ConfigError> {
        let Revocation {
            id,
            issued_before,
            until,
        } = revocation;
        let mut entries = self.write();
        let is_known = |entries: &Entries| match issued_before {
            None => entries.tokens.contains_key(&id),
            Some(_) => entries.subjects.contains_key(&id),
        };
        self.make_room(&mut entries, capacity, is_known)?;
        let is_new = match issued_before {
            None => entries.add_token(id, until),
            Some(issued_before) => entries.add_subject(id, issued_before, until),
        };
        if is_new {
            self.0.epoch.fetch_add(1, Ordering::Release);
        }
        Ok(is_new)
    }

    /// The time by the clock of the list.
    pub(super) fn now(&self) -> Duration {
        self.0.clock.monotonic()
    }

    /// Whether the list may lack revocations that other processes have made some time ago.
    pub(super) fn is_outdated(&self) -> bool {
        match self.0.current_until.load(Ordering::Acquire) {
            u64::MAX => false,
            until => self.now().as_millis() >= u128::from(until),
        }
    }

    /// Drops the entries of tokens that have expired, if the list is full and the new entry is not in it yet.
    ///
    /// # Errors
    ///
    /// The list is still full.
    fn make_room(
        &self,
        entries: &mut Entries,
        capacity: usize,
        is_known: impl FnOnce(&Entries) -> bool,
    ) -> Result<(), ConfigError> {
        if entries.len() < capacity || is_known(entries) {
            return Ok(());
        }
        // A verifier still accepts a token for its leeway after `exp`.
        let past = self.0.clock.wall().checked_sub(MOST_LEEWAY);
        let counts = |until: SystemTime| past.is_none_or(|past| past < until);
        entries.tokens.retain(|_, until| counts(*until));
        entries.subjects.retain(|_, revoked| counts(revoked.until));
        if entries.len() < capacity {
            return Ok(());
        }
        Err(ConfigError::new(format!(
            "the list of revocations is full: it has a place for {capacity}"
        )))
    }

    /// A number that changes with every revocation.
    pub(super) fn epoch(&self) -> u64 {
        self.0.epoch.load(Ordering::Acquire)
    }

    /// Whether a token is revoked.
    pub(super) fn revokes(
        &self,
        token_id: Option<&str>,
        subject: Option<&str>,
        issued: Option<NumericDate>,
    ) -> bool {
        let token = token_id.map(|id| self.id(b"token  ", id));
        let subject = subject.map(|subject| self.id(b"subject", subject));
        let entries = self.read();
        let token = token.and_then(|id| entries.tokens.get(&id));
        let subject = subject.and_then(|id| entries.subjects.get(&id));
        let is_too_old = |revoked: &SubjectRevocation| {
            issued.is_none_or(|issued| issued < NumericDate::of(revoked.issued_before))
        };
        token.is_some() || subject.is_some_and(is_too_old)
    }

    /// Locks the list. A poisoned lock is used as it is: no step leaves the list half changed.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Entries> {
        self.0
            .entries
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Entries> {
        self.0
            .entries
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn add_token(&mut self, id: RevokedId, until: SystemTime) -> bool {
        match self.tokens.entry(id) {
            Entry::Vacant(entry) => {
                entry.insert(until);
                true
            }
            Entry::Occupied(mut known) => {
                let is_later = until > *known.get();
                *known.get_mut() = until.max(*known.get());
                is_later
            }
        }
    }

    fn add_subject(&mut self, id: RevokedId, issued_before: SystemTime, until: SystemTime) -> bool {
        let new = SubjectRevocation {
            issued_before,
            until,
        };
        match self.subjects.entry(id) {
            Entry::Vacant(entry) => {
                entry.insert(new);
                true
            }
            Entry::Occupied(known) => {
                let known = known.into_mut();
                let is_later = issued_before > known.issued_before || until > known.until;
                known.issued_before = issued_before.max(known.issued_before);
                known.until = until.max(known.until);
                is_later
            }
        }
    }

    fn len(&self) -> usize {
        self.tokens.len() + self.subjects.len()
    }
}

impl Default for RevocationList {
    fn default() -> Self {
        Self::new()
    }
}

shows! { impl[] RevocationList[] as self { capacity: self.0.capacity } }
