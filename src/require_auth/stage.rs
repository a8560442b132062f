//! The stages and the results of the [`flow`](super::flow).

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::BodyFor;
use crate::header::SchemeName;
use crate::now_or_later::NowOrLater;
use crate::policy::PolicyDecision;
use crate::respond::Denial;
use crate::scheme::{
    Admission, BodyAccess, BodyAccessFor, BodyError, BodyVerdict, Scheme, VerdictNowOrLater,
};
use crate::throttle::Reservation;
use crate::unavailable::Unavailable;

/// The stage of a request: the answer that the flow waits for, and the state that it needs once the answer is there.
pub(super) enum FlowStage<A: Scheme> {
    /// The throttle reserves an attempt.
    Reserving(NowOrLater<Result<Reservation, Unavailable>>),
    /// The scheme judges the credentials.
    Judging(VerdictNowOrLater<A::Identity, A::BodyAccess>),
    /// The throttle settles the attempt; the result of the credentials is known.
    Settling(NowOrLater<()>, CredentialsResult<A>),
    /// The policy with this index decides about the caller.
    Deciding(
        usize,
        NowOrLater<Result<PolicyDecision, Unavailable>>,
        AdmittedCaller<A>,
    ),
    /// A check has to read the body, and has not begun. With an admission, the head has verified, and the check only
    /// has to find that the body is the signed one. Without an admission, the body decides whether the caller is
    /// admitted.
    Unread(BodyCheckOf<A>, Option<Admission<A::Identity>>),
    /// A check reads the body. The admission is that of `Unread`.
    Reading(Option<Admission<A::Identity>>),
}

pub(super) type BodyCheckOf<A> =
    <<A as Scheme>::BodyAccess as BodyAccess>::Check<<A as Scheme>::Identity>;

pub(super) type InspectionOf<A, B> =
    <<A as Scheme>::BodyAccess as BodyAccessFor<B>>::Inspection<<A as Scheme>::Identity>;

pub(super) type InspectionOutput<A, B> =
    Result<(BodyVerdict<<A as Scheme>::Identity>, BodyFor<A, B>), BodyError>;

/// The result of the credentials: an admitted caller, no caller (authentication is optional), or a refusal.
pub(super) type CredentialsResult<A> = Result<Option<AdmittedCaller<A>>, Denial>;

/// A caller whom a scheme admits, and the check of the body that follows once the policies allow the caller.
pub(super) struct AdmittedCaller<A: Scheme> {
    pub(super) admission: Admission<A::Identity>,
    pub(super) check: Option<BodyCheckOf<A>>,
}

/// The decision about the request.
pub(super) enum FlowDecision<A: Scheme> {
    /// Call the inner service without an identity.
    Pass,
    /// Call the inner service with the identity of the caller. The name is that of the scheme that found the credentials
    /// outside of the credentials field, if it is known.
    Admit(Admission<A::Identity>, Option<SchemeName<'static>>),
    /// Answer with a refusal.
    Deny(Denial),
}

/// The arguments of a poll that may wait: the waker, and the body with its check.
pub(super) struct FlowPollContext<'w, 'c, B, I> {
    pub(super) cx: &'w mut Context<'c>,
    /// The body; `None` once a check has taken it.
    pub(super) body: &'w mut Option<B>,
    /// The running check, from the time when it took the body until it ends. It is pinned inside the response future,
    /// because the flow itself is not pinned.
    pub(super) inspection: Pin<&'w mut Option<I>>,
}

impl<B, I: Future> FlowPollContext<'_, '_, B, I> {
    /// Polls the check, and drops it when it ends. Returns `None` if there is no check.
    pub(super) fn inspect(&mut self) -> Poll<Option<I::Output>> {
        let Some(inspection) = self.inspection.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let inspected = ready!(inspection.poll(self.cx));
        self.inspection.set(None);
        Poll::Ready(Some(inspected))
    }
}
