//! The floor of Bearer (RFC 6750).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::header::HeaderValue;
use http::{HeaderMap, Request, Response};
use tower_challenge::Principal;
use tower_challenge::clock::{Clock, SystemClock};

use super::{
    Field, admit, after_scheme, credentials, fields_of, is_token68, malformed, refuse_with, same,
};
use crate::support::inner::Body;

/// The tokens and the challenges. The constructor makes the challenges, so that no request has to.
pub(crate) struct BearerFloor {
    tokens: Tokens,
    challenge: HeaderMap,
    invalid_token: HeaderMap,
}

enum Tokens {
    /// A token in plain text.
    One(String, Principal),
    /// Sorted keyed hashes. The time of a search in them tells an attacker nothing about the tokens.
    Many([u8; 32], Vec<([u8; 32], Principal)>),
    /// The keyed hashes of tokens that have verified, and when they expire.
    Remembered(
        [u8; 32],
        Mutex<HashMap<[u8; 32], (Principal, SystemTime)>>,
        SystemClock,
    ),
}

impl BearerFloor {
    pub(crate) fn of_one(token: &str) -> Self {
        Self::new(Tokens::One(token.to_owned(), Principal::new("mufasa")))
    }

    pub(crate) fn of_many(tokens: impl Iterator<Item = String>) -> Self {
        let key = [7; 32];
        let tag = |token: String| *blake3::keyed_hash(&key, token.as_bytes()).as_bytes();
        let tokens = tokens.map(|token| (tag(token), Principal::new("mufasa")));
        let mut tokens = tokens.collect::<Vec<_>>();
        tokens.sort_by_key(|(tag, _)| *tag);
        Self::new(Tokens::Many(key, tokens))
    }

    /// Remembers `token`, which has verified and expires in some minutes.
    pub(crate) fn of_remembered(token: &str) -> Self {
        let clock = SystemClock::new();
        let expiry = clock.wall() + Duration::from_secs(300);
        let key = [7; 32];
        let tag = *blake3::keyed_hash(&key, token.as_bytes()).as_bytes();
        let known = HashMap::from([(tag, (Principal::new("mufasa"), expiry))]);
        Self::new(Tokens::Remembered(key, Mutex::new(known), clock))
    }

    fn new(tokens: Tokens) -> Self {
        let fields = |challenge| fields_of([HeaderValue::from_static(challenge)]);
        Self {
            tokens,
            challenge: fields("Bearer realm=\"interop\""),
            invalid_token: fields("Bearer realm=\"interop\", error=\"invalid_token\""),
        }
    }

    pub(crate) fn answer<B>(
        &self,
        request: Request<B>,
        inner: impl FnOnce(Request<B>) -> Response<Body>,
    ) -> Response<Body> {
        let token_in_query = request.uri().query().is_some_and(has_token);
        let token = match credentials(request.headers()) {
            Field::One(line) => after_scheme(line, "Bearer"),
            Field::Absent => None,
            Field::Several => return malformed(request),
        };
        let Some(token) = token else {
            return refuse_with(request, self.challenge.clone());
        };
        if token_in_query || !is_token68(token) {
            return malformed(request);
        }
        match self.tokens.find(token) {
            Some(identity) => admit(request, identity, inner),
            None => refuse_with(request, self.invalid_token.clone()),
        }
    }
}

impl Tokens {
    #[inline]
    fn find(&self, token: &[u8]) -> Option<Principal> {
        match self {
            Self::One(right, identity) => same(token, right.as_bytes()).then(|| identity.clone()),
            Self::Many(key, tokens) => {
                let tag = *blake3::keyed_hash(key, token).as_bytes();
                let place = tokens.partition_point(|(other, _)| other[..8] < tag[..8]);
                let (other, identity) = tokens.get(place)?;
                same(&tag, other).then(|| identity.clone())
            }
            Self::Remembered(key, tokens, clock) => {
                let tag = *blake3::keyed_hash(key, token).as_bytes();
                let tokens = tokens.lock().unwrap_or_else(PoisonError::into_inner);
                let (identity, expiry) = tokens.get(&tag)?;
                (clock.wall() < *expiry).then(|| identity.clone())
            }
        }
    }
}

/// RFC 6750 section 2.3.
fn has_token(query: &str) -> bool {
    let mut pairs = query.split('&');
    pairs.any(|pair| pair.split('=').next() == Some("access_token"))
}
