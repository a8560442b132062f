//! Records everything that happened while the layer answered a request, and makes assertions about it.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, HeaderMap, PROXY_AUTHENTICATE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use tower_challenge::audit::{AuditOutcome, RefusalReason};
use tower_challenge::header::Challenge;
use tower_challenge::scheme::ServerRole;
use tower_challenge::throttle;

use super::canary::assert_free;
use super::probe::{REACHED, Seen};
use super::sinks::Written;
use super::stand::parse;
use super::watch::RecordedEvent;

/// The response to one request, and everything that the dependencies of the layer recorded meanwhile.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The request, for the message of an assertion.
    pub asked: String,
    /// Whether the layer is an origin server or a proxy.
    pub role: ServerRole,
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The calls of the inner service.
    pub seen: Vec<Seen>,
    /// The events of the audit.
    pub heard: Vec<RecordedEvent>,
    /// The output of the sinks of the audit.
    pub written: Written,
    /// The calls of verifiers and account tables, in the form of [`TestWorld::asked`](super::TestWorld).
    pub verified: Vec<String>,
    /// The account of each attempt that the throttle reserved.
    pub reserved: Vec<Option<String>>,
    /// The outcome with which each attempt was settled.
    pub settled: Vec<throttle::AttemptOutcome>,
    /// How many claims the replay store has received since the stand was made.
    pub claims: usize,
}

impl Answer {
    /// Asserts the rules that hold for every answer.
    ///
    /// The audit received exactly one event. The response comes from the inner service, or it is a refusal that is not
    /// cached and has a challenge if it is a `401`. No output holds a secret.
    pub(super) fn check(&self) {
        let asked = &self.asked;
        assert!(
            self.seen.len() <= 1,
            "the inner service was called more than once: {asked}"
        );
        assert_eq!(self.heard.len(), 1, "a decision makes one event: {asked}");
        for heard in &self.heard {
            // A refusal has a reason, and the outcome follows from the reason.
            let decided = heard.reason.map_or(heard.outcome, RefusalReason::outcome);
            assert_eq!(decided, heard.outcome, "{asked}");
            assert_eq!(heard.reason.is_some(), heard.status.is_some(), "{asked}");
            assert_free("the audit", heard.shown.as_bytes());
            assert_free("the audit", format!("{:?}", heard.scheme).as_bytes());
        }
        self.written.check(asked);
        for (name, value) in &self.headers {
            assert_free(name.as_str(), value.as_bytes());
        }
        assert_free("the body", &self.body);
        self.check_code();
        match self.is_from_inside() {
            true => assert_eq!(self.seen.len(), 1),
            false => self.check_refusal(),
        }
    }

    /// Asserts that the response does not hold the code of its reason. The codes of one word, such as `stale`, are also
    /// words of the protocol.
    fn check_code(&self) {
        let code = self.written.traced[0].field("code");
        let Some(code) = code.filter(|code| code.contains('_')) else {
            return;
        };
        let response = format!("{:?} {:?}", self.headers, self.body);
        assert!(!response.contains(code), "{code}: {}", self.asked);
    }

    fn check_refusal(&self) {
        let asked = &self.asked;
        assert_eq!(
            self.seen.len(),
            0,
            "the layer refused the request and called the inner service: {asked}"
        );
        let expected = [
            400,
            403,
            413,
            429,
            503,
            self.role.unauthenticated().as_u16(),
        ];
        assert!(
            expected.contains(&self.status.as_u16()),
            "{}: {asked}",
            self.status
        );
        assert_eq!(self.header(CACHE_CONTROL.as_str()), Some("no-store"));
        assert_eq!(self.heard[0].status, Some(self.status));
        let foreign = match self.role {
            ServerRole::Origin => PROXY_AUTHENTICATE,
            ServerRole::Proxy => WWW_AUTHENTICATE,
        };
        assert!(!self.headers.contains_key(foreign));
        let challenges = self.challenges();
        assert!(
            self.status != self.role.unauthenticated() || !challenges.is_empty(),
            "RFC 9110 section 15.5.2: at least one challenge: {asked}"
        );
        // The server proves itself only to a caller whom a scheme has admitted, and a policy then refused.
        let is_admitted = self.heard.iter().any(|event| event.identity.is_some());
        let [own, foreign] = match self.role {
            ServerRole::Origin => ["authentication-info", "proxy-authentication-info"],
            ServerRole::Proxy => ["proxy-authentication-info", "authentication-info"],
        };
        assert!(is_admitted || !self.headers.contains_key(own), "{asked}");
        assert!(!self.headers.contains_key(foreign), "{asked}");
    }

    /// Returns whether the response comes from the inner service.
    #[must_use]
    pub fn is_from_inside(&self) -> bool {
        self.headers.contains_key(REACHED)
    }

    /// Returns the value of a field, which must have at most one line.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.headers.get_all(name).iter();
        let line = lines.next()?.to_str().unwrap();
        assert_eq!(lines.next(), None, "several lines of {name}");
        Some(line)
    }

    /// Returns the challenges of all lines.
    #[must_use]
    pub fn challenges(&self) -> Vec<Challenge> {
        let lines = self.headers.get_all(self.role.challenge_field());
        parse(lines.iter().map(HeaderValue::as_bytes))
    }

    /// Returns the values of the parameter `name` in the challenges of `scheme`.
    #[must_use]
    pub fn params(&self, scheme: &str, name: &str) -> Vec<String> {
        let challenges = self.challenges().into_iter();
        let challenges = challenges.filter(|challenge| challenge.scheme().as_str() == scheme);
        let values = challenges.filter_map(|challenge| {
            let value = challenge.param(name)?;
            Some(value.to_str().unwrap().into_owned())
        });
        values.collect()
    }

    /// Asserts that the layer admitted the request as `user`.
    pub fn is_admitted_as(self, user: &str) -> Self {
        self.outcome(AuditOutcome::Admitted, StatusCode::OK);
        assert_eq!(self.seen.len(), 1, "{}", self.asked);
        let identity = self.seen[0].identity();
        assert_eq!(
            identity.as_ref().map(|principal| principal.name()),
            Some(user)
        );
        assert!(
            self.settled
                .iter()
                .all(|outcome| *outcome == throttle::AttemptOutcome::Success)
        );
        self
    }

    /// Asserts that the layer admitted the request without an identity.
    pub fn is_anonymous(self) -> Self {
        self.outcome(AuditOutcome::Anonymous, StatusCode::OK);
        assert_eq!(self.seen.len(), 1, "{}", self.asked);
        assert_eq!(self.seen[0].identity(), None);
        self
    }

    /// Asserts that the credentials were refused and that the attempt does not count as a failure.
    pub fn is_refused_uncounted(self) -> Self {
        self.outcome(AuditOutcome::Uncounted, self.role.unauthenticated());
        assert_eq!(
            self.settled,
            [throttle::AttemptOutcome::NotCounted],
            "{}",
            self.asked
        );
        self
    }

    /// Asserts that the credentials were wrong, and that the throttle counts one failure.
    pub fn is_refused(self) -> Self {
        self.outcome(AuditOutcome::Refused, self.role.unauthenticated());
        assert_eq!(
            self.settled,
            [throttle::AttemptOutcome::Failure],
            "{}",
            self.asked
        );
        assert_eq!(self.params("Digest", "stale"), [""; 0], "{}", self.asked);
        self
    }

    /// Asserts that the client sent no credentials that count: the response has challenges without an error, no
    /// verifier was called, and the throttle counts no failure.
    pub fn is_challenged(self) -> Self {
        self.outcome(AuditOutcome::Challenged, self.role.unauthenticated());
        let counted = self.settled.iter();
        let counted = counted.filter(|outcome| **outcome != throttle::AttemptOutcome::NotCounted);
        assert_eq!(counted.count(), 0, "{}", self.asked);
        assert_eq!(self.params("Bearer", "error"), [""; 0], "{}", self.asked);
        assert_eq!(self.params("Digest", "stale"), [""; 0], "{}", self.asked);
        assert_eq!(self.verified, [""; 0], "{}", self.asked);
        self
    }

    /// Asserts that the credentials were right and out of date, and that the throttle counts no failure.
    pub fn is_stale(self) -> Self {
        self.outcome(AuditOutcome::Stale, self.role.unauthenticated());
        assert_eq!(
            self.settled,
            [throttle::AttemptOutcome::NotCounted],
            "{}",
            self.asked
        );
        let stale = self.params("Digest", "stale");
        assert!(!stale.is_empty(), "{}", self.asked);
        assert!(stale.iter().all(|value| value == "true"), "{}", self.asked);
        self
    }

    /// Asserts a `400`: no verifier was called, and the attempt is settled as malformed.
    pub fn is_malformed(self) -> Self {
        self.outcome(AuditOutcome::Malformed, StatusCode::BAD_REQUEST);
        assert_eq!(
            self.settled,
            [throttle::AttemptOutcome::Malformed],
            "{}",
            self.asked
        );
        assert_eq!(self.verified, [""; 0], "{}", self.asked);
        self
    }

    /// Asserts that the exchange goes on: the response has one challenge, and the throttle counts nothing.
    pub fn is_continued(self) -> Self {
        self.outcome(AuditOutcome::Continued, self.role.unauthenticated());
        assert_eq!(self.challenges().len(), 1, "{}", self.asked);
        let mut settled = self.settled.iter();
        let is_free = settled.all(|outcome| *outcome == throttle::AttemptOutcome::NotCounted);
        assert!(is_free, "{}", self.asked);
        self
    }

    /// Asserts a `403` from a policy.
    pub fn is_forbidden(self) -> Self {
        self.outcome(AuditOutcome::Forbidden, StatusCode::FORBIDDEN);
        self
    }

    /// Asserts a `403` because the request did not come over TLS.
    pub fn is_insecure(self) -> Self {
        self.outcome(AuditOutcome::Insecure, StatusCode::FORBIDDEN);
        self
    }

    /// Asserts a `503` with `Retry-After` and without a challenge.
    pub fn is_unavailable(self) -> Self {
        self.outcome(AuditOutcome::Unavailable, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(self.challenges(), []);
        assert!(self.retry_after() >= 1);
        self
    }

    /// Asserts a `429` with `Retry-After` and without a challenge.
    pub fn is_throttled(self) -> Self {
        self.outcome(AuditOutcome::Throttled, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(self.challenges(), []);
        assert!(self.retry_after() >= 1);
        self
    }

    fn retry_after(&self) -> u64 {
        self.header(RETRY_AFTER.as_str()).unwrap().parse().unwrap()
    }

    fn outcome(&self, outcome: AuditOutcome, status: StatusCode) {
        let heard = &self.heard[0];
        let got = (self.status, heard.outcome);
        assert_eq!(got, (status, outcome), "{}: {}", heard.text, self.asked);
    }
}
