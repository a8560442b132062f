//! The session cookie, as a scheme of the application's own. The sessions are those of `tower-sessions`.

use axum::http::header::{self, HeaderMap};
use tower_challenge::header::Challenge;
use tower_challenge::scheme::{
    Admission, Attempt, BodyUnread, CredentialsField, Refusal, Scheme, Verdict, VerdictNowOrLater,
};
use tower_challenge::{ClaimedAccount, ErrorParams, NowOrLater, Principal, Unavailable};
use tower_sessions::Session;

use crate::caller::Caller;

/// The name of the cookie.
pub(crate) const COOKIE: &str = "session";

/// The key of the user's name in a session.
pub(crate) const USER: &str = "user";

/// Admits requests with the cookie of a session in which a person has logged in.
pub(crate) struct Sessions;

impl Scheme for Sessions {
    type Identity = Caller;
    type BodyAccess = BodyUnread;

    /// Adds no challenge: RFC 9110 section 11 defines none for cookies. The other schemes have challenges, and the redirect
    /// leads a person to the login page.
    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, _: &mut Vec<Challenge>) {}

    /// A client that sends `Authorization` wants to log in with that, and not with a cookie that its browser adds.
    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        attempt.is_absent() && has_cookie(attempt.head().headers())
    }

    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<Caller>> {
        self.may_claim(attempt).then_some(())?;
        let session = attempt.head().extensions().get::<Session>().cloned();
        // A store of sessions answers later. The future must not borrow from the request.
        Some(NowOrLater::later(async move { judge(session).await }))
    }

    fn is_malformed(&self, _: &Attempt<'_>) -> bool {
        false
    }

    /// The session layer reads the field, too, so it stays in the request.
    fn credentials_fields(&self, fields: &mut Vec<CredentialsField>) {
        fields.push(CredentialsField::shared(header::COOKIE));
    }
}

async fn judge(session: Option<Session>) -> Result<Verdict<Caller>, Unavailable> {
    let session = session.ok_or_else(|| Unavailable::new("no session layer is around"))?;
    // A store that does not answer is `503`, and not a login page for each person.
    let user = session
        .get::<String>(USER)
        .await
        .map_err(Unavailable::new)?;
    Ok(match user {
        Some(user) => {
            let caller = Caller::Person(Principal::new(&user));
            Verdict::Admit(Admission::new(caller))
        }
        // An old cookie is no guess, so a throttle does not count it.
        None => Verdict::Refuse(Refusal::wrong("no such session").uncounted()),
    })
}

fn has_cookie(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::COOKIE).iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';'));
    pairs.any(|pair| {
        let name = pair.split('=').next();
        name.is_some_and(|name| name.trim() == COOKIE)
    })
}
