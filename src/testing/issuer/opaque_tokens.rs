//! The opaque tokens that an issuer has given out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::random::random;

/// The claims of each opaque token. A clone is the same table.
#[derive(Clone, Default)]
pub(super) struct OpaqueTokens(Arc<Mutex<HashMap<String, Map<String, Value>>>>);

impl OpaqueTokens {
    /// Adds a token with these claims, and returns it. It is empty if the random number generator fails, and then no
    /// verifier accepts it.
    pub(super) fn add(&self, claims: Map<String, Value>) -> String {
        let Ok(random) = random() else {
            return String::new();
        };
        let token = format!("test-opaque-{}", URL_SAFE_NO_PAD.encode(random));
        self.all().insert(token.clone(), claims);
        token
    }

    pub(super) fn remove(&self, token: &str) {
        self.all().remove(token);
    }

    /// What the issuer says about a token at the time `now`, in seconds since 1970 (RFC 7662 section 2.2).
    pub(super) fn answer(&self, token: &str, now: i64) -> String {
        let claims = self.all().get(token).cloned();
        let expires = |claims: &Map<String, Value>| claims.get("exp").and_then(Value::as_i64);
        let claims = claims.filter(|claims| expires(claims).is_none_or(|expires| now < expires));
        let mut answer = claims.unwrap_or_default();
        let is_active = !answer.is_empty();
        if is_active {
            let key = answer.get("cnf").and_then(|bound| bound.get("jkt"));
            let kind = if key.is_some() { "DPoP" } else { "Bearer" };
            answer.entry("token_type").or_insert(kind.into());
        }
        answer.insert("active".to_owned(), is_active.into());
        Value::Object(answer).to_string()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Map<String, Value>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
