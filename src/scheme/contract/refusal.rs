//! The result of a scheme that refuses credentials: the reason, and challenges for the client.

use http::StatusCode;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::admission::ReplyFields;
use super::few::Few;
use super::field_edit::FieldEdit;
use crate::header::Challenge;
use crate::reason::{AttemptOutcome, ReasonText, RefusalReason};
use crate::server_role::ServerRole;

/// Says that a scheme refuses the credentials, and why. The [`Verdict::Refuse`](super::Verdict::Refuse) of a scheme
/// carries one.
///
/// The constructors decide the status and what a [throttle](crate::throttle) counts:
///
/// | constructor | the credentials | status | throttle |
/// |---|---|---|---|
/// | [`wrong`](Self::wrong) | are wrong | `401` | [`AttemptOutcome::Failure`] |
/// | [`rejected`](Self::rejected) | are wrong | `403` | [`AttemptOutcome::Failure`] |
/// | [`malformed`](Self::malformed) | violate the grammar | `400` | [`AttemptOutcome::Malformed`] |
/// | [`stale`](Self::stale) | are right, and expired or used before | `401` | [`AttemptOutcome::NotCounted`] |
///
/// With [`ServerRole::Proxy`](crate::scheme::ServerRole::Proxy), the status is `407` in place of `401`.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::Refusal;
/// use tower_challenge::throttle::AttemptOutcome;
///
/// let refusal = Refusal::wrong("wrong password");
/// assert_eq!(refusal.text(), "wrong password");
/// assert_eq!(refusal.attempt(), AttemptOutcome::Failure);
/// assert_eq!(refusal.uncounted().attempt(), AttemptOutcome::NotCounted);
/// ```
#[derive(Clone, Debug)]
pub struct Refusal {
    reason: RefusalReason,
    text: ReasonText,
    attempt: AttemptOutcome,
    challenges: Few<Challenge>,
    /// Few refusals have fields, and every verdict is as large as a refusal.
    reply: Option<Box<ReplyFields>>,
}

impl Refusal {
    /// Refuses wrong credentials: `401`. A throttle counts one failure of the account.
    ///
    /// The `text` is for the audit, and the layer never sends it to the client. For example, `"wrong password"`.
    #[must_use]
    pub const fn wrong(text: &'static str) -> Self {
        Self::wrong_because(ReasonText::Uncoded(text))
    }

    /// Refuses wrong credentials with `403` and without the challenges of the layer. A throttle counts one failure, as for
    /// [`wrong`](Self::wrong).
    ///
    /// Use it only for a scheme whose specification says so, such as vapid (RFC 8292 section 4.2): after a `403`, a client
    /// does not try again with other credentials.
    #[must_use]
    pub const fn rejected(text: &'static str) -> Self {
        Self::rejected_because(ReasonText::Uncoded(text))
    }

    /// Refuses credentials that violate the grammar of their scheme: `400`. A throttle counts a failure of the client,
    /// and none of the account.
    ///
    /// The `text` is for the audit, and the layer never sends it to the client. For example, `"duplicate parameter"`.
    #[must_use]
    pub const fn malformed(text: &'static str) -> Self {
        Self::malformed_because(ReasonText::Uncoded(text))
    }

    /// Refuses credentials that verified, and that have expired or were used before: `401`. A throttle returns the
    /// attempt without counting it.
    ///
    /// Many clients then try again without asking the user. For example, a Digest client takes the new nonce from the
    /// challenge.
    ///
    /// Return it only after the secret part of the credentials has verified: a challenge with `stale=true` tells the
    /// client that the password was right.
    #[must_use]
    pub const fn stale(text: &'static str) -> Self {
        Self::stale_because(ReasonText::Uncoded(text))
    }

    /// Refuses wrong credentials, as [`wrong`](Self::wrong) does, for a reason with a code.
    pub(crate) const fn wrong_because(text: ReasonText) -> Self {
        Self::new(RefusalReason::WrongCredentials, text)
    }

    /// Refuses wrong credentials, as [`rejected`](Self::rejected) does, for a reason with a code.
    pub(crate) const fn rejected_because(text: ReasonText) -> Self {
        Self::new(RefusalReason::Rejected, text)
    }

    /// Refuses malformed credentials, as [`malformed`](Self::malformed) does, for a reason with a code.
    pub(crate) const fn malformed_because(text: ReasonText) -> Self {
        Self::new(RefusalReason::Malformed, text)
    }

    /// Refuses stale credentials, as [`stale`](Self::stale) does, for a reason with a code.
    pub(crate) const fn stale_because(text: ReasonText) -> Self {
        Self::new(RefusalReason::Stale, text)
    }

    const fn new(reason: RefusalReason, text: ReasonText) -> Self {
        Self {
            reason,
            text,
            attempt: reason.attempt(),
            challenges: Few::None,
            reply: None,
        }
    }

    /// Keeps the refusal, and tells the [throttle](crate::throttle) to return the attempt without counting a failure.
    /// The response to the client stays the same.
    ///
    /// Use it when the attempt was not a guess. Two examples:
    ///
    /// - The client proves a password that the account had before.
    /// - The client sends a token in the query. The scheme does not compare it, and a page of another site can make a
    ///   browser send it.
    #[must_use]
    pub const fn uncounted(mut self) -> Self {
        self.attempt = AttemptOutcome::NotCounted;
        if matches!(self.reason, RefusalReason::WrongCredentials) {
            self.reason = RefusalReason::Uncounted;
        }
        self
    }

    /// Sends `challenge` to the client in place of the ordinary challenges of this scheme.
    ///
    /// Use it for a challenge that explains the refusal, such as `error="invalid_token"` or `stale=true`.
    #[must_use]
    #[inline]
    pub fn with_challenge(mut self, challenge: Challenge) -> Self {
        self.challenges.push(challenge);
        self
    }

    /// Sets a header field in the response to the refused client, beside its challenges. For example, `Dpop` sends a nonce
    /// in `DPoP-Nonce`.
    ///
    /// A field that the layer or the renderer has set stays as it is. `Set-Cookie` is added. If the
    /// [renderer](crate::respond) shows something else in place of the refusal, the client does not get the field. A proxy
    /// ignores the same fields as for [`Admission::with_reply`](super::Admission::with_reply).
    ///
    /// # Example
    ///
    /// ```
    /// use http::header::{HeaderName, HeaderValue};
    /// use tower_challenge::scheme::Refusal;
    ///
    /// let name = HeaderName::from_static("dpop-nonce");
    /// let refusal = Refusal::stale("the nonce has expired").with_reply(name, HeaderValue::from_static("n1"));
    /// assert_eq!(refusal.text(), "the nonce has expired");
    /// ```
    #[must_use]
    pub fn with_reply(mut self, name: HeaderName, value: HeaderValue) -> Self {
        let reply = self.reply.get_or_insert_default();
        reply.push(FieldEdit::Reply(name, value));
        self
    }

    /// Returns the fields for the response, if there are some.
    pub(crate) fn take_reply(&mut self, role: ServerRole) -> Option<Box<HeaderMap>> {
        let reply = self.reply.take()?;
        // A refusal has its fields with every status.
        Some(Box::new(reply.into_fields(role, StatusCode::OK)))
    }

    /// Returns the reason of the refusal. It decides the status, and the audit receives it.
    #[must_use]
    pub const fn reason(&self) -> RefusalReason {
        self.reason
    }

    /// Returns the explanation for the audit. Clients and renderers do not get it.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        self.text.text()
    }

    /// Returns the stable code of a refusal of this crate's schemes, for example `digest_realm_mismatch`. Clients and
    /// renderers do not get it. See [`AuditEvent::code`](crate::audit::AuditEvent::code).
    #[must_use]
    pub const fn code(&self) -> Option<&'static str> {
        self.text.code()
    }

    /// Returns the text with the code.
    pub(crate) const fn reason_text(&self) -> ReasonText {
        self.text
    }

    /// Returns the outcome that a throttle counts for this attempt.
    #[must_use]
    pub const fn attempt(&self) -> AttemptOutcome {
        self.attempt
    }

    /// Returns the challenges that replace the ordinary challenges of the scheme.
    #[must_use]
    pub fn challenges(&self) -> &[Challenge] {
        self.challenges.as_slice()
    }
}
