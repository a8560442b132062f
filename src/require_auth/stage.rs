//! How far can a request have come, and what follows from it?

use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::BodyFor;
use crate::now_or_later::NowOrLater;
use crate::policy::PolicyDecision;
use crate::respond::Denial;
use crate::scheme::{
    Admission, BodyAccess, BodyAccessFor, BodyError, BodyVerdict, Scheme, VerdictNowOrLater,
};
use crate::throttle::Reservation;
use crate::unavailable::Unavailable;

/// What the flow does next, or waits for.
pub(super) enum FlowStage<A: Scheme> {
    Arriving,
    Reserving(NowOrLater<Result<Reservation, Unavailable>>),
    Judging(VerdictNowOrLater<A::Identity, A::BodyAccess>),
    Settling(NowOrLater<()>, CredentialsResult<A>),
    Deciding(
        usize,
        NowOrLater<Result<PolicyDecision, Unavailable>>,
        AdmittedCaller<A>,
    ),
    /// The body decides, or has to be the one that was signed by whom the head has admitted.
    Unread(BodyCheckOf<A>, Option<Admission<A::Identity>>),
    Reading(Option<Admission<A::Identity>>),
    Decided,
}

pub(super) type BodyCheckOf<A> =
    <<A as Scheme>::BodyAccess as BodyAccess>::Check<<A as Scheme>::Identity>;

pub(super) type InspectionOf<A, B> =
    <<A as Scheme>::BodyAccess as BodyAccessFor<B>>::Inspection<<A as Scheme>::Identity>;

pub(super) type InspectionOutput<A, B> =
    Result<(BodyVerdict<<A as Scheme>::Identity>, BodyFor<A, B>), BodyError>;

/// What came of the credentials: a caller, none, or a refusal.
pub(super) type CredentialsResult<A> = Result<Option<AdmittedCaller<A>>, Denial>;

/// Whom a scheme admits, and what is to be checked about the body once the policies permit.
pub(super) struct AdmittedCaller<A: Scheme> {
    pub(super) admission: Admission<A::Identity>,
    pub(super) check: Option<BodyCheckOf<A>>,
}

/// What is to be done with the request.
pub(super) enum FlowDecision<A: Scheme> {
    /// Call the inner service, without an identity.
    Pass,
    /// Call the inner service.
    Admit(Admission<A::Identity>),
    /// Answer.
    Deny(Denial),
}

/// A step, if the flow has come to one; otherwise it goes on with its stage.
pub(super) type FlowControl<A> = ControlFlow<FlowDecision<A>>;

/// What a flow that may wait is given at each wake-up.
pub(super) struct WaitContext<'w, 'c, B, I> {
    pub(super) cx: &'w mut Context<'c>,
    /// The body, until a check takes it.
    pub(super) body: &'w mut Option<B>,
    /// The check, from then on, until it ends.
    pub(super) inspection: Pin<&'w mut Option<I>>,
}

impl<B, I: Future> WaitContext<'_, '_, B, I> {
    /// Goes on with the check, and drops it when it ends; `None` if there is none.
    pub(super) fn inspect(&mut self) -> Poll<Option<I::Output>> {
        let Some(inspection) = self.inspection.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let inspected = ready!(inspection.poll(self.cx));
        self.inspection.set(None);
        Poll::Ready(Some(inspected))
    }
}
