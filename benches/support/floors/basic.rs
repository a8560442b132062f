//! The floor of Basic (RFC 7617).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::HeaderValue;
use http::{HeaderMap, Request, Response};
use tower_challenge::Principal;
use tower_challenge::clock::{Clock, SystemClock};
use zeroize::Zeroize;

use super::{Field, admit, after_scheme, credentials, fields_of, malformed, refuse_with, same};
use crate::support::inner::Body;

/// The accounts and the challenge. The constructor makes the challenge, so that no request has to.
pub(crate) struct BasicFloor {
    accounts: Accounts,
    challenge: HeaderMap,
}

enum Accounts {
    /// A name, a password in plain text, and the identity.
    One(String, String, Principal),
    Hashed(HashedAccounts),
}

/// Accounts with a bcrypt hash each.
struct HashedAccounts {
    table: HashMap<String, Account>,
    key: [u8; 32],
    clock: SystemClock,
}

struct Account {
    hash: String,
    identity: Principal,
    /// The keyed hash of the last password that was right, and when the floor has to verify it again.
    verified: Mutex<Option<([u8; 32], Duration)>>,
}

impl BasicFloor {
    pub(crate) fn of_one(name: &str, password: &str) -> Self {
        let identity = Principal::new(name);
        Self::new(Accounts::One(
            name.to_owned(),
            password.to_owned(),
            identity,
        ))
    }

    /// Makes accounts with these names, which all have the same hash and therefore the same password.
    pub(crate) fn of_hashes(names: impl Iterator<Item = String>, hash: &str) -> Self {
        let account = |name: String| {
            let account = Account {
                hash: hash.to_owned(),
                identity: Principal::new(&name),
                verified: Mutex::default(),
            };
            (name, account)
        };
        Self::new(Accounts::Hashed(HashedAccounts {
            table: names.map(account).collect(),
            key: [7; 32],
            clock: SystemClock::new(),
        }))
    }

    fn new(accounts: Accounts) -> Self {
        let challenge = "Basic realm=\"interop\", charset=\"UTF-8\"";
        let challenge = fields_of([HeaderValue::from_static(challenge)]);
        Self {
            accounts,
            challenge,
        }
    }

    pub(crate) fn answer<B>(
        &self,
        request: Request<B>,
        inner: impl FnOnce(Request<B>) -> Response<Body>,
    ) -> Response<Body> {
        let token68 = match credentials(request.headers()) {
            Field::One(line) => after_scheme(line, "Basic"),
            Field::Absent => None,
            Field::Several => return malformed(request),
        };
        let Some(token68) = token68 else {
            return refuse_with(request, self.challenge.clone());
        };
        let mut buffer = [0; 192];
        let identity = match STANDARD.decode_slice(token68, &mut buffer) {
            Ok(len) => {
                let found = split(&buffer[..len]);
                let found = found.map(|(name, password)| self.accounts.find(name, password));
                buffer[..len].zeroize();
                found
            }
            Err(_) => None,
        };
        match identity {
            Some(Some(identity)) => admit(request, identity, inner),
            Some(None) => refuse_with(request, self.challenge.clone()),
            None => malformed(request),
        }
    }
}

/// RFC 7617 section 2: the first colon separates the name from the password. Both are UTF-8 without control characters.
#[inline]
fn split(user_pass: &[u8]) -> Option<(&str, &str)> {
    let text = std::str::from_utf8(user_pass).ok()?;
    let mut bytes = text.bytes();
    let has_control = bytes.any(|byte| byte.is_ascii_control());
    text.split_once(':').filter(|_| !has_control)
}

impl Accounts {
    #[inline]
    fn find(&self, name: &str, password: &str) -> Option<Principal> {
        match self {
            Self::One(right_name, right, identity) => {
                let is_right = same(name.as_bytes(), right_name.as_bytes())
                    & same(password.as_bytes(), right.as_bytes());
                is_right.then(|| identity.clone())
            }
            Self::Hashed(accounts) => accounts.find(name, password),
        }
    }
}

impl HashedAccounts {
    fn find(&self, name: &str, password: &str) -> Option<Principal> {
        let account = self.table.get(name)?;
        let tag = *blake3::keyed_hash(&self.key, password.as_bytes()).as_bytes();
        let now = self.clock.monotonic();
        let verified = account.verified.lock();
        let mut verified = verified.unwrap_or_else(PoisonError::into_inner);
        let is_known = verified.is_some_and(|(right, end)| same(&tag, &right) & (now < end));
        if !is_known {
            let is_right = bcrypt::verify(password, &account.hash).unwrap_or(false);
            is_right.then_some(())?;
            *verified = Some((tag, now + Duration::from_secs(300)));
        }
        Some(account.identity.clone())
    }
}
