//! Bearer for pages in a browser that open a WebSocket, and cannot send `Authorization` with it.

use http::header::SEC_WEBSOCKET_PROTOCOL;

use super::reasons;
use super::server::{Bearer, count_query_tokens};
use super::verify_token::VerifyToken;
use super::websocket_message;
use crate::derives::shows;
use crate::error_params::ErrorParams;
use crate::header::{Challenge, SchemeName};
use crate::principal::ClaimedAccount;
use crate::reason::ReasonText;
use crate::scheme::{Attempt, BodyUnread, CredentialsField, Scheme, VerdictNowOrLater};

/// Admits what its [`Bearer`] admits, and WebSockets whose client offers the token as a subprotocol.
///
/// A page in a browser cannot set `Authorization` for a WebSocket. It can offer subprotocols (RFC 6455 section 1.9), and
/// offers the name `bearer` and the token behind it:
///
/// ```js
/// const socket = new WebSocket("wss://notes.example/notes", ["bearer", token]);
/// ```
///
/// - **Which requests.** The scheme reads the token only from a request that opens a WebSocket: a `GET` with `Connection:
///   upgrade` and `Upgrade: websocket`, or an extended `CONNECT` of HTTP/2 (RFC 8441). In other requests, the field stays as
///   it is. All requests may have the token in `Authorization`.
/// - **The handler** of an admitted caller sees no token. In [public](crate::RequireAuth::public) requests, the field stays
///   unless the layer [strips](crate::RequireAuth::strip_credentials) credentials. The layer leaves `bearer` and the other subprotocols in `Sec-WebSocket-Protocol`. For
///   example, `bearer, TOKEN, chat` becomes `chat, bearer`. The handler chooses one of them, because a browser gives up on a
///   server that chooses none: `upgrade.protocols(["bearer"])` in axum.
/// - **The token** may have the characters that the name of a subprotocol may have. A JSON Web Token fits as it is. A token
///   with `/` or `=` does not: the page has to encode it, for example in base64url, and the verifier has to decode it.
///   [`Bearer::allow_visible_ascii`] allows more characters here, too, such as `|`.
/// - **A second token**, in `Authorization`, in the query or in a second pair, is `400`. So is any other `Authorization`. For
///   example, some browsers add a password of Basic that they remember.
/// - **Other origins.** A browser adds no token by itself, so a page of another site cannot open a WebSocket in the name of
///   the user (cross-site WebSocket hijacking). A scheme for cookies beside this one needs a check of `Origin`.
/// - **Logs** outside of the layer may show the field. Let them leave it out, as they do for `Authorization`.
///
/// # Example
///
/// ```
/// use http::Request;
/// use tower_challenge::RequestHead;
/// use tower_challenge::scheme::bearer::{Bearer, WebSocketBearer};
/// use tower_challenge::scheme::{Attempt, Scheme, ServerRole, Verdict};
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let scheme = WebSocketBearer::new(Bearer::new("notes", [("ada", "t0ken")])?);
/// let judge = |upgrade: &str, offered: &str| {
///     let request = Request::get("/notes").header("connection", "upgrade").header("upgrade", upgrade);
///     let request = request.header("sec-websocket-protocol", offered).body(()).unwrap();
///     let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
///     let verdict = scheme.authenticate(&attempt)?.try_now().ok()?;
///     Some(matches!(verdict, Ok(Verdict::Admit(_))))
/// };
/// assert_eq!(judge("websocket", "bearer, t0ken"), Some(true));
/// assert_eq!(judge("websocket", "chat, bearer, stolen"), Some(false));
/// assert_eq!(judge("websocket", "chat"), None, "the client offers no token");
/// assert_eq!(judge("h2c", "bearer, t0ken"), None, "the request opens no WebSocket");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct WebSocketBearer<V> {
    bearer: Bearer<V>,
}

impl<V: VerifyToken> WebSocketBearer<V> {
    /// Reads tokens for `bearer` also from the subprotocols of a WebSocket. The challenges are those of `bearer`.
    #[must_use]
    pub const fn new(bearer: Bearer<V>) -> Self {
        Self { bearer }
    }

    fn judge(
        &self,
        attempt: &Attempt<'_>,
        token: Result<&str, ReasonText>,
    ) -> VerdictNowOrLater<V::Identity> {
        let second = match (attempt.is_absent(), count_query_tokens(attempt)) {
            (false, _) => Some(reasons::WEBSOCKET_TOKEN_AND_FIELD),
            (true, 0) => None,
            (true, _) => Some(reasons::TOKEN_IN_QUERY),
        };
        match second.map_or(token, Err) {
            Ok(token) => self.bearer.judge_text(token, attempt.head()),
            Err(reason) => self.bearer.malformed(reason).at_once(),
        }
    }
}

impl<V: VerifyToken> Scheme for WebSocketBearer<V> {
    type Identity = V::Identity;
    type BodyAccess = BodyUnread;

    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        error: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    ) {
        let has_token =
            attempt.names(SchemeName::BEARER) || attempt.claimant() == Some(SchemeName::BEARER);
        challenges.push(self.bearer.challenge_with(error.filter(|_| has_token)));
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        if websocket_message::token(&attempt.head()).is_none() {
            return self.bearer.may_claim(attempt);
        }
        attempt.claim_for(SchemeName::BEARER);
        true
    }

    /// A token names no account before the verifier has found it.
    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<V::Identity>> {
        let Some(token) = websocket_message::token(&attempt.head()) else {
            return self.bearer.authenticate(attempt);
        };
        attempt.claim_for(SchemeName::BEARER);
        Some(self.judge(attempt, token))
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        self.bearer.is_malformed(attempt)
    }

    fn credentials_fields(&self, fields: &mut Vec<CredentialsField>) {
        fields.push(CredentialsField::partly(
            SEC_WEBSOCKET_PROTOCOL,
            websocket_message::without_token,
        ));
    }

    fn has_fixed_challenges(&self) -> bool {
        true
    }
}

shows! { impl[V] WebSocketBearer[V] as self { bearer: self.bearer } }
