//! Why is a request refused?
//!
//! Every refusal has one [`RefusalReason`]. The table in [`RefusalReason::row`] says what follows from it: the kind
//! that a client may learn, the outcome that the audit records, and what the throttle counts. Each reason also has a
//! text, which only the audit reads.

mod attempt_outcome;
mod kind;
mod outcome;
mod reason_text;

pub use self::attempt_outcome::AttemptOutcome;
pub use self::kind::RefusalKind;
pub use self::outcome::AuditOutcome;
pub(crate) use self::reason_text::{CodedText, ReasonText, coded, coded_text, reasons};

/// Says why a request is refused, for the audit.
///
/// A client learns only the [`kind`](Self::kind). The audit receives the reason itself: an
/// [`AuditEvent`](crate::audit::AuditEvent) has the reason and a text, and a scheme or a verifier may choose that text.
///
/// # Example
///
/// ```
/// use tower_challenge::audit::{AuditOutcome, RefusalReason};
/// use tower_challenge::respond::RefusalKind;
///
/// assert_eq!(RefusalReason::WrongCredentials.code(), "wrong_credentials");
/// assert_eq!(RefusalReason::WrongCredentials.outcome(), AuditOutcome::Refused);
/// // To the client, missing and wrong credentials are of one kind.
/// assert_eq!(RefusalReason::WrongCredentials.kind(), RefusalKind::Unauthenticated);
/// assert_eq!(RefusalReason::NoCredentials.kind(), RefusalKind::Unauthenticated);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalReason {
    /// The request has no credentials.
    NoCredentials,
    /// No scheme of the layer claims the credentials.
    UnknownScheme,
    /// The layer let the request pass without an identity, and the route requires a caller.
    LoginRequired,
    /// The scheme needs another request of the client to finish its exchange.
    ContinueExchange,
    /// The credentials are wrong.
    WrongCredentials,
    /// The credentials are wrong, but the attempt was not a guess. For example, the client sent a former password, or a
    /// signature of AWS that is out of its time, for which the scheme looks no key up.
    Uncounted,
    /// The credentials are wrong, and their scheme answers `403` in place of `401`. For example, vapid may do so (RFC 8292
    /// section 4.2).
    Rejected,
    /// The credentials are right, but they are out of date or were used before.
    Stale,
    /// The credentials break the grammar of the field or of their scheme.
    Malformed,
    /// The body that the credentials cover is longer than the limit.
    BodyTooLong,
    /// The body that the credentials cover arrived too slowly.
    BodyTooSlow,
    /// The body that the credentials cover failed before its end. For example, the client closed the connection.
    BodyBroken,
    /// A policy refused the caller.
    Forbidden,
    /// A policy requires a stronger login, such as one with a second factor.
    StepUpRequired,
    /// The request came without TLS, and the layer requires TLS.
    TlsRequired,
    /// Too many attempts have failed before.
    TooManyFailures,
    /// The layer could not decide. For example, a verifier or a policy answered [`Unavailable`](crate::Unavailable),
    /// panicked, or took longer than the deadline.
    Unavailable,
    /// A scheme claimed credentials after its `may_claim` had returned `false`, so that no attempt was reserved for
    /// them.
    NotReserved,
    /// A [`RequirePolicy`](crate::RequirePolicy) is not inside a [`RequireAuth`](crate::RequireAuth) with its identity.
    MissingLayer,
}

/// The consequences of a reason.
struct ReasonRow {
    text: &'static CodedText,
    kind: RefusalKind,
    outcome: AuditOutcome,
    attempt: AttemptOutcome,
}

impl RefusalReason {
    #[rustfmt::skip]
    #[inline]
    const fn row(self) -> ReasonRow {
        use AttemptOutcome as A;
        use RefusalKind as K;
        use AuditOutcome as O;
        let (text, kind, outcome, attempt) = match self {
            Self::NoCredentials => (coded_text!("no_credentials", "no credentials"), K::Unauthenticated, O::Challenged, A::NotCounted),
            Self::UnknownScheme => (coded_text!("unknown_scheme", "no scheme of the layer claims the credentials"), K::Unauthenticated, O::Challenged, A::NotCounted),
            Self::LoginRequired => (coded_text!("login_required", "the route requires authentication"), K::Unauthenticated, O::Challenged, A::NotCounted),
            Self::ContinueExchange => (coded_text!("continue_exchange", "the exchange continues"), K::Unauthenticated, O::Continued, A::NotCounted),
            Self::WrongCredentials => (coded_text!("wrong_credentials", "the credentials are wrong"), K::Unauthenticated, O::Refused, A::Failure),
            Self::Uncounted => (coded_text!("uncounted", "the credentials are wrong but not a guess"), K::Unauthenticated, O::Uncounted, A::NotCounted),
            Self::Rejected => (coded_text!("rejected", "the credentials are wrong, and their scheme forbids the request"), K::Forbidden, O::Refused, A::Failure),
            Self::Stale => (coded_text!("stale", "the credentials are stale"), K::Unauthenticated, O::Stale, A::NotCounted),
            Self::Malformed => (coded_text!("malformed", "the credentials field is malformed"), K::Malformed, O::Malformed, A::Malformed),
            Self::BodyTooLong => (coded_text!("body_too_long", "the request body is too long"), K::TooLong, O::Malformed, A::NotCounted),
            Self::BodyTooSlow => (coded_text!("body_too_slow", "the request body arrived too slowly"), K::TooSlow, O::TooSlow, A::NotCounted),
            Self::BodyBroken => (coded_text!("body_broken", "the request body failed before its end"), K::Malformed, O::Malformed, A::NotCounted),
            Self::Forbidden => (coded_text!("forbidden", "a policy refused the caller"), K::Forbidden, O::Forbidden, A::Success),
            Self::StepUpRequired => (coded_text!("step_up_required", "a stronger login is required"), K::Unauthenticated, O::Forbidden, A::Success),
            Self::TlsRequired => (coded_text!("tls_required", "TLS is required"), K::Insecure, O::Insecure, A::NotCounted),
            Self::TooManyFailures => (coded_text!("too_many_failures", "too many failed attempts"), K::Throttled, O::Throttled, A::NotCounted),
            Self::Unavailable => (coded_text!("unavailable", "no decision could be made"), K::Unavailable, O::Unavailable, A::Unjudged),
            Self::NotReserved => (coded_text!("not_reserved", "a scheme claimed credentials without a reserved attempt"), K::Unavailable, O::Unavailable, A::Unjudged),
            Self::MissingLayer => (coded_text!("missing_layer", "no `RequireAuth` with this identity is around the route"), K::MissingLayer, O::Unavailable, A::NotCounted),
        };
        ReasonRow { text, kind, outcome, attempt }
    }

    /// Returns a stable code in lower case, such as `wrong_credentials`, for audits and log filters of the application.
    ///
    /// The code is the name of the variant in lower case with underscores. For example,
    /// [`TlsRequired`](Self::TlsRequired) is `tls_required`. It does not change between versions. A refusal of a scheme
    /// or a verifier of this crate has a finer [code](crate::audit::AuditEvent::code) of its own.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.row().text.code
    }

    /// Returns the kind of the refusal, which is all that a client may learn and a renderer may read.
    #[must_use]
    #[inline]
    pub const fn kind(self) -> RefusalKind {
        self.row().kind
    }

    /// Returns the outcome that the audit records.
    #[must_use]
    #[inline]
    pub const fn outcome(self) -> AuditOutcome {
        self.row().outcome
    }

    /// Returns how a throttle counts the attempt. A scheme may choose another outcome for a single refusal.
    #[must_use]
    #[inline]
    pub const fn attempt(self) -> AttemptOutcome {
        self.row().attempt
    }

    /// Returns the text for the audit. It is the default: a scheme or a verifier may give its refusal another text.
    #[must_use]
    #[inline]
    pub const fn text(self) -> &'static str {
        self.row().text.text
    }

    /// Returns the text with the code.
    #[inline]
    pub(crate) const fn reason_text(self) -> ReasonText {
        ReasonText::Coded(self.row().text)
    }
}
