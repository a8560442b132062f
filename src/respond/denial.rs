//! What is a client told that is turned away?

use std::sync::Arc;
use std::time::Duration;

use http::header::{
    ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONNECTION, HeaderName, HeaderValue, RETRY_AFTER,
};
use http::{HeaderMap, Response, StatusCode};

use super::RefusalKind;
use crate::derives::shows;
use crate::header::Challenge;
use crate::reason::{AttemptOutcome, RefusalReason};
use crate::server_role::ServerRole;
use crate::unavailable::Unavailable;

/// A refusal on its way to the response: what a renderer may show of it, and what the layer stamps.
///
/// The reason, its text and its cause are in here, too, for the audit alone. Neither a method nor `Debug` shows them, so
/// that no template prints them.
#[derive(Clone)]
pub struct Denial {
    reason: RefusalReason,
    text: &'static str,
    attempt: AttemptOutcome,
    cause: Option<Arc<Unavailable>>,
    pub(super) role: ServerRole,
    challenges: Vec<Challenge>,
    joined: bool,
    closing: bool,
    exposed: bool,
    attempted: bool,
    retry_after: Option<Duration>,
}

impl Denial {
    #[inline]
    pub(crate) const fn new(reason: RefusalReason, role: ServerRole) -> Self {
        Self {
            reason,
            text: reason.text(),
            attempt: reason.attempt(),
            cause: None,
            role,
            challenges: Vec::new(),
            joined: false,
            closing: false,
            exposed: false,
            attempted: false,
            retry_after: None,
        }
    }

    /// With another text for the audit than that of the reason.
    #[inline]
    pub(crate) const fn with_text(mut self, text: &'static str) -> Self {
        self.text = text;
        self
    }

    /// With another outcome for the throttle than that of the reason.
    #[inline]
    pub(crate) const fn counted_as(mut self, attempt: AttemptOutcome) -> Self {
        self.attempt = attempt;
        self
    }

    /// What a throttle counts the attempt as.
    pub(crate) const fn attempt(&self) -> AttemptOutcome {
        self.attempt
    }

    /// Because something was unavailable: the audit hears what, and the client when to try again.
    pub(crate) fn because(mut self, cause: Unavailable) -> Self {
        self.retry_after = Some(cause.delay());
        self.cause = Some(Arc::new(cause));
        self
    }

    #[inline]
    pub(crate) fn with_challenges(mut self, challenges: Vec<Challenge>) -> Self {
        self.challenges = challenges;
        self
    }

    #[inline]
    pub(crate) const fn joined(mut self, joined: bool) -> Self {
        self.joined = joined;
        self
    }

    /// Whether the connection is closed after the response.
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

    /// Whether there were credentials, which may have been removed since.
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

    /// For the audit alone: the reason, its text, and what was unavailable.
    #[inline]
    pub(crate) fn told(&self) -> (RefusalReason, &'static str, Option<&Unavailable>) {
        (self.reason, self.text, self.cause.as_deref())
    }

    /// Why, as far as a client may know.
    ///
    /// RFC 9110 section 11.6.1: a `401` "MUST send a WWW-Authenticate header field containing at least one challenge". If
    /// the schemes offer none to this request, there is no way in, and the refusal is [`RefusalKind::Forbidden`].
    #[inline]
    #[must_use]
    pub fn kind(&self) -> RefusalKind {
        match self.reason.kind() {
            RefusalKind::Unauthenticated if self.challenges.is_empty() => RefusalKind::Forbidden,
            kind => kind,
        }
    }

    /// The status that the response will have.
    #[inline]
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self.kind() {
            RefusalKind::Unauthenticated => self.role.unauthenticated(),
            kind => kind.status(),
        }
    }

    /// How long the client is told to wait, for a `429` and a `503`. The layer rounds it up to whole seconds, 1 at least,
    /// and stamps it as `Retry-After`.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// What the status is called: `Unauthorized` for `401`.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.status().canonical_reason().unwrap_or("Refused")
    }

    /// The challenges that the response will carry, strongest first.
    #[must_use]
    pub fn challenges(&self) -> &[Challenge] {
        &self.challenges
    }

    /// Whether the challenges that are there go with `status`: a `401` and a `407` have to have one, each in its field.
    pub(super) fn may_be(&self, status: StatusCode) -> bool {
        let of_some_role = [ServerRole::Origin, ServerRole::Proxy].map(ServerRole::unauthenticated);
        let has_challenge = status == self.role.unauthenticated() && !self.challenges.is_empty();
        has_challenge || !of_some_role.contains(&status)
    }

    /// Stamps what no refusal may lack, whoever rendered it.
    pub(super) fn stamp<B>(self, status: StatusCode, response: &mut Response<B>) {
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let field = self.role.challenge_field();
        headers.remove(&field);
        headers.remove(RETRY_AFTER);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.closing {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(delay) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(delay)));
        }
        if self.exposed {
            expose(headers);
        }
        append(headers, &field, self.challenges, self.joined);
    }
}

shows! {
    /// Shows what a renderer may read.
    impl[] Denial[] as self {
    kind: self.kind(),
    status: self.status(),
    challenges: self.challenges,
    retry_after: self.retry_after,
}
}

/// RFC 9110 section 10.2.3: delay-seconds. Rounded up, so that who comes then is not too early, and 1 at least.
fn whole_seconds(delay: Duration) -> u64 {
    let rounded = delay
        .as_secs()
        .saturating_add((delay.subsec_nanos() > 0).into());
    rounded.max(1)
}

/// One field line per challenge, or one line for all.
pub(crate) fn append(
    headers: &mut HeaderMap,
    field: &HeaderName,
    challenges: Vec<Challenge>,
    joined: bool,
) {
    if joined {
        let line = crate::header::join(&challenges);
        headers.extend(line.map(|line| (field.clone(), line)));
    } else {
        for challenge in challenges {
            headers.append(field, challenge.into_value());
        }
    }
}

/// Lets scripts of other origins read what this crate says. The Fetch standard shows them none of these otherwise.
pub(crate) fn expose(headers: &mut HeaderMap) {
    let names = "www-authenticate, authentication-info, retry-after";
    headers.append(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(names),
    );
}
