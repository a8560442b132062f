//! A refusal on its way to the response, with the fields that the layer stamps on it.

use std::sync::Arc;
use std::time::Duration;

use http::header::{CONNECTION, HeaderValue, RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, Response, StatusCode};

use super::exposed::expose;
use super::refusal_challenges::RefusalChallenges;
use super::{HintedResponse, LoginHints, RefusalKind};
use crate::derives::shows;
use crate::header::Challenge;
use crate::reason::{AttemptOutcome, ReasonText, RefusalReason};
use crate::server_role::ServerRole;
use crate::text::delay::whole_seconds;
use crate::unavailable::Unavailable;

/// A refusal of a request, which a renderer turns into a response.
///
/// A renderer can read the kind of the refusal, its status, its challenges and how long the client has to wait. The
/// layer stamps the same data on the response.
///
/// For the audit, this type also stores the exact reason. Neither a public method nor `Debug` reveals the reason, so
/// that a template cannot show it to a client. For example, a renderer cannot distinguish an unknown user from a wrong
/// password.
#[derive(Clone)]
pub struct Denial {
    reason: RefusalReason,
    text: ReasonText,
    attempt: AttemptOutcome,
    cause: Option<Arc<Unavailable>>,
    pub(super) role: ServerRole,
    challenges: RefusalChallenges,
    joined: bool,
    closing: bool,
    exposed: bool,
    attempted: bool,
    retry_after: Option<Duration>,
    hints: Option<Arc<LoginHints>>,
    /// The fields of the scheme that refused. Few refusals have some.
    fields: Option<Box<HeaderMap>>,
}

impl Denial {
    #[inline]
    pub(crate) const fn new(
        reason: RefusalReason,
        role: ServerRole,
        challenges: RefusalChallenges,
    ) -> Self {
        Self {
            reason,
            text: reason.reason_text(),
            attempt: reason.attempt(),
            cause: None,
            role,
            challenges,
            joined: false,
            closing: false,
            exposed: false,
            attempted: false,
            retry_after: None,
            hints: None,
            fields: None,
        }
    }

    /// Replaces the text and the code for the audit. By default they are those of the reason.
    #[inline]
    pub(crate) const fn with_text(mut self, text: ReasonText) -> Self {
        self.text = text;
        self
    }

    /// Replaces the outcome for the throttle. By default it is the outcome of the reason.
    #[inline]
    pub(crate) const fn counted_as(mut self, attempt: AttemptOutcome) -> Self {
        self.attempt = attempt;
        self
    }

    /// Returns the outcome with which the layer settles the attempt at the throttle.
    pub(crate) const fn attempt(&self) -> AttemptOutcome {
        self.attempt
    }

    /// Records what was unavailable. The audit receives `cause`, and the response tells the client when to try again.
    pub(crate) fn because(mut self, cause: Unavailable) -> Self {
        self.retry_after = Some(cause.delay());
        self.cause = Some(Arc::new(cause));
        self
    }

    #[inline]
    pub(crate) const fn joined(mut self, joined: bool) -> Self {
        self.joined = joined;
        self
    }

    /// Sets whether the server closes the connection after the response.
    pub(crate) const fn closing(mut self, closing: bool) -> Self {
        self.closing = closing;
        self
    }

    pub(super) const fn is_exposed(&self) -> bool {
        self.exposed
    }

    #[inline]
    pub(crate) const fn exposed(mut self, exposed: bool) -> Self {
        self.exposed = exposed;
        self
    }

    /// Sets the hints for the client that the layer adds to the response.
    #[inline]
    pub(crate) fn with_hints(mut self, hints: Option<Arc<LoginHints>>) -> Self {
        self.hints = hints;
        self
    }

    /// Sets whether the client sent credentials. The request may not have them any more, because the layer can remove
    /// them.
    #[inline]
    pub(crate) const fn attempted(mut self, attempted: bool) -> Self {
        self.attempted = attempted;
        self
    }

    pub(super) const fn was_attempted(&self) -> bool {
        self.attempted
    }

    #[inline]
    pub(crate) const fn with_retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// Adds fields of the scheme to the response.
    #[inline]
    pub(crate) fn with_fields(mut self, fields: Option<Box<HeaderMap>>) -> Self {
        self.fields = fields;
        self
    }

    /// Returns the reason, its text, and what was unavailable. Only the audit may receive these.
    #[inline]
    pub(crate) fn told(&self) -> (RefusalReason, ReasonText, Option<&Unavailable>) {
        (self.reason, self.text, self.cause.as_deref())
    }

    /// Returns the kind of the refusal: as much of the reason as a client may know.
    ///
    /// A server that sends a `401` "MUST send a WWW-Authenticate header field containing at least one challenge" (RFC
    /// 9110 section 11.6.1). If no scheme offers a challenge for this request, the client cannot authenticate. Then the
    /// kind is [`RefusalKind::Forbidden`].
    #[inline]
    #[must_use]
    pub fn kind(&self) -> RefusalKind {
        match self.reason.kind() {
            RefusalKind::Unauthenticated if self.challenges().is_empty() => RefusalKind::Forbidden,
            kind => kind,
        }
    }

    /// Returns the status that the layer stamps on the response, unless the renderer chooses another one.
    #[inline]
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self.kind() {
            RefusalKind::Unauthenticated => self.role.unauthenticated(),
            kind => kind.status(),
        }
    }

    /// Returns how long the client has to wait before it tries again, for a `429` or a `503`.
    ///
    /// The layer rounds the time up to whole seconds, at least 1, and stamps it on the response as `Retry-After`. For
    /// example, 1.5 seconds become `Retry-After: 2`.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Returns the name of the status. For example, `Unauthorized` for `401`.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.status().canonical_reason().unwrap_or("Refused")
    }

    /// Returns the challenges that the layer stamps on the response, the strongest first.
    #[must_use]
    #[inline]
    pub fn challenges(&self) -> &[Challenge] {
        self.challenges.as_slice()
    }

    /// Returns whether the response may have `status`. A `401` and a `407` must have a challenge in the field of their
    /// role (RFC 9110 sections 15.5.2 and 15.5.8). All other statuses are possible.
    pub(super) fn allows_status(&self, status: StatusCode) -> bool {
        let of_some_role = [ServerRole::Origin, ServerRole::Proxy].map(ServerRole::unauthenticated);
        let has_challenge = status == self.role.unauthenticated() && !self.challenges().is_empty();
        has_challenge || !of_some_role.contains(&status)
    }

    /// Stamps the status and the required fields on a rendered response. It replaces fields of the same names that the
    /// renderer has set.
    #[inline]
    pub(super) fn stamp<B>(&self, status: StatusCode, response: &mut Response<B>) {
        *response.status_mut() = status;
        self.stamp_fields(response.headers_mut());
    }

    fn stamp_fields(&self, headers: &mut HeaderMap) {
        if !headers.is_empty() {
            headers.remove(RETRY_AFTER);
        }
        let field = self.role.challenge_field();
        self.challenges.insert_into(headers, &field, self.joined);
        if let Some(delay) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(delay)));
        }
        if self.closing {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let fields = self.fields.as_deref();
        if self.exposed {
            expose(headers, fields.into_iter().flat_map(HeaderMap::keys));
        }
        if let Some(hints) = &self.hints {
            let is_unauthenticated = self.kind() == RefusalKind::Unauthenticated;
            let hinted = HintedResponse::of_refusal(self.reason, is_unauthenticated);
            hinted
                .into_iter()
                .for_each(|hinted| hints.add(hinted, self.exposed, headers));
        }
        if let Some(fields) = fields {
            complete(headers, fields);
        }
    }
}

shows! {
    /// Shows only the data that a renderer can read.
    impl[] Denial[] as self {
    kind: self.kind(),
    status: self.status(),
    challenges: self.challenges(),
    retry_after: self.retry_after,
}
}

/// Adds to a refusal those of the fields of a scheme that it does not have yet. For example, `Cache-Control` stays as the
/// layer has set it.
pub(crate) fn complete(refusal: &mut HeaderMap, fields: &HeaderMap) {
    for name in fields.keys() {
        if *name == SET_COOKIE || !refusal.contains_key(name) {
            let values = fields.get_all(name).iter();
            refusal.extend(values.map(|value| (name.clone(), value.clone())));
        }
    }
}
