//! What a client is told.

use std::time::Duration;

use http::header::{
    ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONNECTION, HeaderName, HeaderValue,
    PROXY_AUTHENTICATE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderMap, Response, StatusCode};

use super::Kind;
use crate::header::Challenge;

/// What a client is told. The reason is not among it: that is for the audit.
#[derive(Clone, Debug)]
pub struct Denial {
    kind: Kind,
    status: StatusCode,
    pub(super) field: HeaderName,
    challenges: Vec<Challenge>,
    joined: bool,
    closing: bool,
    exposed: bool,
    attempted: bool,
    pub(super) retry_after: Option<Duration>,
}

impl Denial {
    pub(crate) const fn new(kind: Kind, status: StatusCode, field: HeaderName) -> Self {
        Self {
            kind,
            status,
            field,
            challenges: Vec::new(),
            joined: false,
            closing: false,
            exposed: false,
            attempted: false,
            retry_after: None,
        }
    }

    #[inline]
    pub(crate) fn with_challenges(mut self, challenges: Vec<Challenge>) -> Self {
        self.challenges = challenges;
        self
    }

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

    pub(crate) const fn exposed(mut self, exposed: bool) -> Self {
        self.exposed = exposed;
        self
    }

    /// Whether there were credentials, which may have been removed since.
    pub(crate) const fn attempted(mut self, attempted: bool) -> Self {
        self.attempted = attempted;
        self
    }

    pub(super) const fn was_attempted(&self) -> bool {
        self.attempted
    }

    pub(crate) const fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The status that the response will have.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// What the status is called: `Unauthorized` for `401`.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Refused")
    }

    /// The challenges that the response will carry, strongest first.
    #[must_use]
    pub fn challenges(&self) -> &[Challenge] {
        &self.challenges
    }

    /// Whether the challenges that are there go with `status`: a `401` and a `407` have to have one, each in its field.
    pub(super) fn may_be(&self, status: StatusCode) -> bool {
        let field = match status {
            StatusCode::UNAUTHORIZED => WWW_AUTHENTICATE,
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => PROXY_AUTHENTICATE,
            _ => return true,
        };
        self.field == field && !self.challenges.is_empty()
    }

    /// Stamps what no refusal may lack, whoever rendered it.
    pub(super) fn stamp<B>(self, status: StatusCode, response: &mut Response<B>) {
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.remove(&self.field);
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
        append(headers, &self.field, self.challenges, self.joined);
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
