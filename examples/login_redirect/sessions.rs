//! A session cookie, as a scheme of the application's own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use tower_challenge::ErrorParams;
use tower_challenge::header::Challenge;
use tower_challenge::scheme::{Admission, Attempt, BodyUnread, Scheme, Verdict, VerdictNowOrLater};
use tower_challenge::{ClaimedAccount, NowOrLater, Principal, Secret, SecretString};

/// The latest session of each user. A new login replaces the old session, so there are no more sessions than accounts.
#[derive(Clone, Default)]
pub(crate) struct Sessions(Arc<Mutex<HashMap<String, SecretString>>>);

impl Sessions {
    /// Opens a session, and returns the value of its `Set-Cookie` field. Behind TLS, add `Secure`, and call the cookie
    /// `__Host-session`. With `Lax`, browsers do not send the cookie with forms of other sites.
    pub(crate) fn open(&self, user: &str) -> String {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the system random number generator failed");
        let token = bytes.map(|byte| format!("{byte:02x}")).concat();
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let cookie = format!("session={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age=28800");
        sessions.insert(user.to_owned(), SecretString::from(token));
        cookie
    }

    fn user(&self, token: &str) -> Option<String> {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let token = Secret::new(token);
        let found = sessions
            .iter()
            .find(|(_, session)| token.matches(session.expose()));
        found.map(|(user, _)| user.clone())
    }
}

impl Scheme for Sessions {
    type Identity = Principal;
    type BodyAccess = BodyUnread;

    /// Adds no challenge, because RFC 9110 section 11 defines none for cookies. Basic has a challenge, and the redirect
    /// leads a person to the login page.
    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, _: &mut Vec<Challenge>) {}

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        attempt.is_absent() && session(attempt.head().headers()).is_some()
    }

    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    /// Claims a request with the cookie of a session. If the client sends credentials in the `Authorization` field,
    /// they take precedence over the cookie. An unknown or expired cookie is ignored.
    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal>> {
        let token = session(attempt.head().headers()).filter(|_| attempt.is_absent())?;
        let caller = Principal::new(&self.user(token)?);
        Some(NowOrLater::now(Ok(Verdict::Admit(Admission::new(caller)))))
    }

    fn is_malformed(&self, _: &Attempt<'_>) -> bool {
        false
    }
}

fn session(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines.filter_map(|line| line.to_str().ok());
    let mut pairs = pairs.flat_map(|line| line.split("; "));
    pairs.find_map(|pair| pair.strip_prefix("session="))
}
