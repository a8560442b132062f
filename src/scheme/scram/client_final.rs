//! The last message of a client, and the later ones that need no first message, as functions without I/O.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use super::client_error::{ScramClientError, of_reason};
use super::message::{ServerFinal, ServerFirst, decoded};
use super::params::ScramParams;
use super::proof::{AuthMessage, ScramKey};
use crate::derives::shows;
use crate::header::Challenge;

/// The GS2 header of a client without channel binding that acts for no other user.
pub(super) const GS2_HEADER: &str = "n,,";

/// The last credentials of an exchange, with the proof.
///
/// It holds keys that are as good as the password for this account, to log in [again](Self::reauthenticate). They are wiped
/// when it is dropped.
pub struct ScramFinalMessage {
    begun: Arc<BegunExchange>,
    /// The count of a reauthentication; `None` for the exchange itself.
    count: Option<u32>,
    signature: ScramKey,
    credentials: HeaderValue,
}

/// An exchange with the answer of the server. All later proofs begin with it.
pub(super) struct BegunExchange {
    pub(super) sid: Vec<u8>,
    pub(super) bare: String,
    pub(super) client_nonce: String,
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
    pub(super) client_key: ScramKey,
    pub(super) server_key: ScramKey,
}

impl BegunExchange {
    /// Computes the proof, and makes the message.
    pub(super) fn finish(
        self: Arc<Self>,
        realm: Option<&[u8]>,
        server_first: &str,
        nonce: &str,
        count: Option<u32>,
    ) -> Result<ScramFinalMessage, ScramClientError> {
        let header = STANDARD.encode(GS2_HEADER);
        let without_proof = format!("c={header},r={nonce}");
        let messages = AuthMessage::new(&self.bare, server_first, &without_proof);
        let proof = self.client_key.client_proof(&messages);
        let last = format!("{without_proof},p={}", STANDARD.encode(proof.as_bytes()));
        let credentials = Challenge::builder(self.client_key.mechanism().scheme_name());
        let credentials = match realm {
            Some(realm) => credentials.quoted("realm", realm),
            None => credentials,
        };
        let credentials = credentials
            .quoted("sid", &self.sid)
            .quoted("data", STANDARD.encode(last))
            .build();
        let credentials =
            credentials.map_err(|_| ScramClientError::new("the sid or the realm is invalid"))?;
        Ok(ScramFinalMessage {
            signature: self.server_key.signature(&messages),
            credentials: sensitive(credentials),
            begun: self,
            count,
        })
    }

    /// Makes a message for the nonce `sr` of the server, with this count. The client and the server know the first messages,
    /// and do not send them.
    fn repeat(
        self: Arc<Self>,
        challenge: &ScramParams<'_>,
        count: u32,
    ) -> Result<ScramFinalMessage, ScramClientError> {
        let sr = challenge.sr.as_deref();
        let sr = sr.and_then(|sr| std::str::from_utf8(sr).ok());
        let ends_count = |sr: &&str| sr.starts_with(|first: char| !first.is_ascii_digit());
        let sr = sr.filter(ends_count).ok_or(ScramClientError::new(
            "the challenge has no `sr`, or one that begins with a digit",
        ))?;
        let nonce = format!("{}{count}{sr}", self.client_nonce);
        let server_first = ServerFirst::write(&nonce, &self.salt, self.iterations);
        if ServerFirst::read(&server_first).is_err() {
            return Err(ScramClientError::new(
                "the `sr` of the challenge is no nonce",
            ));
        }
        self.finish(
            challenge.realm.as_deref(),
            &server_first,
            &nonce,
            Some(count),
        )
    }
}

impl ScramFinalMessage {
    /// The value of `Authorization`.
    #[must_use]
    pub const fn credentials(&self) -> &HeaderValue {
        &self.credentials
    }

    /// Checks the proof of the server in `Authentication-Info`.
    ///
    /// # Errors
    ///
    /// The value has no proof, or a wrong one, so the server does not know the password.
    pub fn verify(&self, authentication_info: &HeaderValue) -> Result<(), ScramClientError> {
        let params = ScramParams::read(authentication_info.as_bytes()).map_err(of_reason)?;
        if params.sid.is_some_and(|sid| *sid != *self.begun.sid) {
            return Err(ScramClientError::new(
                "the proof of the server is for another sid",
            ));
        }
        let data = params
            .data
            .ok_or(ScramClientError::new("the response has no data"))?;
        let message = decoded(&data).map_err(of_reason)?;
        match ServerFinal::read(&message).map_err(ScramClientError::new)? {
            ServerFinal::Signature(signature) if self.signature.matches(&signature) => Ok(()),
            ServerFinal::Signature(_) => {
                Err(ScramClientError::new("the proof of the server is wrong"))
            }
            ServerFinal::Error(_) => Err(ScramClientError::new("the server reports an error")),
        }
    }

    /// Makes the credentials of the next login with one request (RFC 7804 section 5.1), after this message has succeeded.
    /// It hashes no password.
    ///
    /// `www_authenticate` is a challenge of the server with `sr`, such as that of the first `401`. It is good for the time
    /// in `ttl`, in seconds. The server must know the sid of an exchange again, as
    /// [`ScramBuilder::reauthentication`](super::ScramBuilder::reauthentication) describes.
    ///
    /// If the response to the new message is a `401`, call [`retry`](Self::retry) on the new message. If that fails, begin a
    /// new exchange. If the response is lost, begin a new exchange, too: the server may have counted the message.
    ///
    /// The count rises with each message, also when the server sends another `sr`. A server of this crate accepts 4,096 counts
    /// after one exchange. It answers the next one with a `401` that is not stale, so the client begins a new exchange.
    ///
    /// # Errors
    ///
    /// The value is no challenge of the mechanism with `sr`, the `sr` begins with a digit, or the count has reached its end.
    pub fn reauthenticate(&self, www_authenticate: &HeaderValue) -> Result<Self, ScramClientError> {
        let count = match self.count {
            None => Some(self.begun.iterations),
            Some(count) => count.checked_add(1),
        };
        let count = count.ok_or(ScramClientError::new("the nonce count is used up"))?;
        let params = self.challenge(www_authenticate)?;
        Arc::clone(&self.begun).repeat(&params, count)
    }

    /// Makes the same message again for a new nonce of the server, after a `401` whose challenge has `stale=true`.
    ///
    /// # Errors
    ///
    /// The message is the last one of an exchange, and no reauthentication; the challenge is not stale, so the server has
    /// refused the proof or does not know the sid; or as for [`reauthenticate`](Self::reauthenticate).
    pub fn retry(&self, www_authenticate: &HeaderValue) -> Result<Self, ScramClientError> {
        let params = self.challenge(www_authenticate)?;
        let stale = params.stale.as_deref();
        let is_stale = stale.is_some_and(|stale| stale.eq_ignore_ascii_case(b"true"));
        let count = self.count.filter(|_| is_stale);
        let count = count.ok_or(ScramClientError::new("the server refuses the message"))?;
        Arc::clone(&self.begun).repeat(&params, count)
    }

    fn challenge<'a>(&self, value: &'a HeaderValue) -> Result<ScramParams<'a>, ScramClientError> {
        let name = self.begun.client_key.mechanism().name();
        ScramParams::of_field(value.as_bytes(), name).map_err(of_reason)
    }
}

/// The credentials as a field value that `Debug` does not show.
pub(super) fn sensitive(credentials: Challenge) -> HeaderValue {
    let mut value = credentials.into_value();
    value.set_sensitive(true);
    value
}

shows! { impl[] ScramFinalMessage[] as self { mechanism: self.begun.client_key.mechanism(), count: self.count } }
