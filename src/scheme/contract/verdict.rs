//! The verdict of a scheme about credentials that it has claimed.

use super::{Admission, BodyAccess, BodyUnread, Refusal};
use crate::header::Challenge;
use crate::now_or_later::NowOrLater;
use crate::unavailable::Unavailable;

/// The verdict of a scheme about credentials that it has claimed.
///
/// The layer turns a verdict into an action:
///
/// | verdict | the layer |
/// |---|---|
/// | [`Admit`](Self::Admit) | asks the policies, and then calls the inner service |
/// | [`Continue`](Self::Continue) | answers `401` with the one challenge |
/// | [`ReadBody`](Self::ReadBody) | reads the body and verifies it |
/// | [`Refuse`](Self::Refuse) | answers `401` or `400`, as the [`Refusal`] says |
///
/// # An exchange of several requests
///
/// Some schemes need more than one request. For example, a client of SCRAM (RFC 7804) first names its user, and proves
/// the password with a second request. For such an exchange:
///
/// - The first request gets [`Continue`](Self::Continue) with a challenge, and the last one gets
///   [`Admit`](Self::Admit) or [`Refuse`](Self::Refuse). The audit receives an event for each request.
/// - Each request is one attempt for the throttle. The layer reserves it before the scheme is asked, and settles it
///   after the verdict: `Continue` gives it back, because the client has guessed nothing yet; a
///   [wrong](Refusal::wrong) proof uses it up. If the client abandons the exchange between two requests, no attempt is
///   used up. A request that a deadline or a disconnect cuts off uses up its attempt. So the challenge of a `Continue`
///   must not let a client test a guess by itself.
/// - [`Scheme::account`](super::Scheme::account) names the same account in every request.
/// - The scheme keeps no state for a client that has not proved anything, or an attacker could fill the memory of the
///   server. It sends the state to the client with a MAC, and takes it back with the next request.
/// - The server proves itself with a field of the [`Admission`] ([`with_reply`](Admission::with_reply)), which the
///   response has even if a policy then refuses the caller.
#[derive(Debug)]
#[must_use]
#[non_exhaustive]
pub enum Verdict<I, R: BodyAccess = BodyUnread> {
    /// The credentials are valid.
    Admit(Admission<I>),
    /// The exchange has more steps: the client must send another request, with the answer to this challenge.
    ///
    /// The response carries this challenge and no other. A throttle counts no failure. The outcome for the audit is
    /// [`AuditOutcome::Continued`](crate::audit::AuditOutcome::Continued).
    Continue(Challenge),
    /// The scheme needs the body: the body decides who the caller is, or it must still be verified.
    ///
    /// A [`BodyUnread`] scheme cannot return this verdict, because its check type has no values.
    ReadBody(R::Check<I>),
    /// The credentials are invalid.
    Refuse(Refusal),
}

impl<I: 'static, R: BodyAccess> Verdict<I, R> {
    /// Converts the identity with `f`, if the verdict has one or will have one after the body is read.
    pub fn map_identity<J: 'static>(
        self,
        f: impl FnOnce(I) -> J + Send + 'static,
    ) -> Verdict<J, R> {
        match self {
            Self::Admit(admission) => Verdict::Admit(admission.map(f)),
            Self::Continue(challenge) => Verdict::Continue(challenge),
            Self::ReadBody(check) => Verdict::ReadBody(R::map_check(check, f)),
            Self::Refuse(refusal) => Verdict::Refuse(refusal),
        }
    }
}

/// A [`Verdict`] that is known at once, or that a future returns later.
///
/// An error means that the scheme could not judge the credentials, for example because a database did not answer. The
/// layer then answers `503`.
pub type VerdictNowOrLater<I, R = BodyUnread> = NowOrLater<Result<Verdict<I, R>, Unavailable>>;

impl<I> Verdict<I> {
    /// Converts the verdict of a scheme that reads the head alone, for use beside schemes that read the body.
    pub(crate) fn widened<R: BodyAccess>(self) -> Verdict<I, R> {
        match self {
            Self::Admit(admission) => Verdict::Admit(admission),
            Self::Continue(challenge) => Verdict::Continue(challenge),
            Self::ReadBody(never) => match never {},
            Self::Refuse(refusal) => Verdict::Refuse(refusal),
        }
    }
}

impl<I> Admission<I> {
    /// Wraps the admission as a verdict that is known at once, for [`Scheme::authenticate`](super::Scheme::authenticate).
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::scheme::{Admission, BodyUnread, Refusal, Verdict, VerdictNowOrLater};
    /// use tower_challenge::{Principal, Secret};
    ///
    /// fn judge(key: Secret<'_>) -> VerdictNowOrLater<Principal, BodyUnread> {
    ///     match key.matches("k3y") {
    ///         true => Admission::new(Principal::new("robot")).at_once(),
    ///         false => Refusal::wrong("another key").at_once(),
    ///     }
    /// }
    ///
    /// let right = judge(Secret::new("k3y")).try_now();
    /// assert!(matches!(right, Ok(Ok(Verdict::Admit(admission))) if admission.identity().name() == "robot"));
    /// assert!(matches!(judge(Secret::new("0ther")).try_now(), Ok(Ok(Verdict::Refuse(_)))));
    /// ```
    pub fn at_once<R: BodyAccess>(self) -> VerdictNowOrLater<I, R> {
        NowOrLater::now(Ok(Verdict::Admit(self)))
    }
}

impl Refusal {
    /// Wraps the refusal as a verdict that is known at once, for [`Scheme::authenticate`](super::Scheme::authenticate).
    pub fn at_once<I, R: BodyAccess>(self) -> VerdictNowOrLater<I, R> {
        NowOrLater::now(Ok(Verdict::Refuse(self)))
    }
}
