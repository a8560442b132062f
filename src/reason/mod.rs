//! Why is a request refused?
//!
//! Every refusal has one [`RefusalReason`]. The table in [`RefusalReason::row`] says what follows from it: the kind that a client may
//! learn, the outcome that the audit hears, and what the throttle counts. Beside it goes a text, which only the audit
//! reads.

mod attempt_outcome;
mod kind;
mod outcome;

pub use self::attempt_outcome::AttemptOutcome;
pub use self::kind::RefusalKind;
pub use self::outcome::AuditOutcome;

/// Why a request is refused.
///
/// A client learns only the [`kind`](Self::kind). The audit hears all of it: in an [`AuditEvent`](crate::audit::AuditEvent) the
/// reason stands beside a text, which a scheme or a verifier may choose.
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
    /// The exchange takes another leg.
    ContinueExchange,
    /// The credentials are wrong.
    WrongCredentials,
    /// The credentials are wrong, and the attempt was no guess: a former password, for example.
    NotCompared,
    /// The credentials are right and out of date, or were used before.
    Stale,
    /// The credentials break the grammar of the field or of their scheme.
    Malformed,
    /// The body that the credentials cover is longer than may be read.
    BodyTooLong,
    /// The body that the credentials cover came too slowly.
    BodyTooSlow,
    /// The body that the credentials cover broke off.
    BodyBroken,
    /// A policy refused the caller.
    Forbidden,
    /// A policy requires a better login.
    StepUpRequired,
    /// The request came without TLS.
    TlsRequired,
    /// Too many attempts have failed before.
    TooManyFailures,
    /// The credentials or the permission could not be judged.
    Unavailable,
    /// A scheme claimed credentials that it had said it does not claim, so that no attempt was reserved for it.
    NotReserved,
    /// A [`RequirePolicy`](crate::RequirePolicy) is behind no layer that identified the caller.
    MissingLayer,
}

/// What follows from a reason.
struct ReasonRow {
    code: &'static str,
    kind: RefusalKind,
    outcome: AuditOutcome,
    attempt: AttemptOutcome,
    text: &'static str,
}

impl RefusalReason {
    #[rustfmt::skip]
    #[inline]
    const fn row(self) -> ReasonRow {
        use AttemptOutcome as A;
        use RefusalKind as K;
        use AuditOutcome as O;
        let (code, kind, outcome, attempt, text) = match self {
            Self::NoCredentials => ("no_credentials", K::Unauthenticated, O::Challenged, A::NotCounted, "no credentials"),
            Self::UnknownScheme => ("unknown_scheme", K::Unauthenticated, O::Challenged, A::NotCounted, "credentials of no scheme here"),
            Self::LoginRequired => ("login_required", K::Unauthenticated, O::Challenged, A::NotCounted, "the route wants somebody"),
            Self::ContinueExchange => ("another_leg", K::Unauthenticated, O::Continued, A::NotCounted, "another leg"),
            Self::WrongCredentials => ("wrong_credentials", K::Unauthenticated, O::Refused, A::Failure, "the credentials are wrong"),
            Self::NotCompared => ("no_guess", K::Unauthenticated, O::Uncounted, A::NotCounted, "the credentials are wrong, and no guess"),
            Self::Stale => ("stale", K::Unauthenticated, O::Stale, A::NotCounted, "the credentials are out of date"),
            Self::Malformed => ("malformed", K::Malformed, O::Malformed, A::Malformed, "the credentials field cannot be read"),
            Self::BodyTooLong => ("body_too_long", K::TooLong, O::Malformed, A::NotCounted, "the body is too long"),
            Self::BodyTooSlow => ("body_too_slow", K::TooSlow, O::TooSlow, A::NotCounted, "the body came too slowly"),
            Self::BodyBroken => ("body_broken", K::Malformed, O::Malformed, A::NotCounted, "the body broke off"),
            Self::Forbidden => ("forbidden", K::Forbidden, O::Forbidden, A::Success, "not permitted"),
            Self::StepUpRequired => ("better_login", K::Unauthenticated, O::Forbidden, A::Success, "a better login is required"),
            Self::TlsRequired => ("no_tls", K::Insecure, O::Insecure, A::NotCounted, "no TLS"),
            Self::TooManyFailures => ("too_many_failures", K::Throttled, O::Throttled, A::NotCounted, "too many failures"),
            Self::Unavailable => ("unavailable", K::Unavailable, O::Unavailable, A::Unjudged, "could not be judged"),
            Self::NotReserved => ("unreserved", K::Unavailable, O::Unavailable, A::Unjudged, "claimed without a reservation"),
            Self::MissingLayer => ("misplaced", K::MissingLayer, O::Unavailable, A::NotCounted, "no layer identified the caller"),
        };
        ReasonRow { code, kind, outcome, attempt, text }
    }

    /// Small letters that do not change, for sinks and filters of the application. The sinks of this crate write the word of
    /// the [`outcome`](Self::outcome) and the text.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.row().code
    }

    /// What a client may learn, and a renderer may read.
    #[must_use]
    #[inline]
    pub const fn kind(self) -> RefusalKind {
        self.row().kind
    }

    /// What the audit hears.
    #[must_use]
    #[inline]
    pub const fn outcome(self) -> AuditOutcome {
        self.row().outcome
    }

    /// What a throttle counts the attempt as.
    #[must_use]
    #[inline]
    pub const fn attempt(self) -> AttemptOutcome {
        self.row().attempt
    }

    /// The text for the audit, where neither a scheme nor a verifier has another.
    #[must_use]
    #[inline]
    pub const fn text(self) -> &'static str {
        self.row().text
    }
}
