//! What a scheme still has to check about a body.

use super::{BodyLimits, VerifyChunks};
use crate::derives::shows;
use crate::now_or_later::{IntoAnswer, NowOrLater};
use crate::scheme::{Admission, Refusal, Verdict, VerdictNowOrLater};
use crate::unavailable::Unavailable;

/// What a [`SignedBody`](super::SignedBody) scheme still has to check about the body, once the head has verified as far as
/// it can: [`Verdict::ReadBody`].
///
/// A body that need not be checked is [`Verdict::Admit`] as ever, and is handed on as it came.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use std::time::SystemTime;
/// use tower_challenge::clock::ManualClock;
/// use tower_challenge::scheme::{Admission, BodyCheck, BodyLimits, Refusal, Verdict};
///
/// let limits = BodyLimits::new(ManualClock::new(SystemTime::UNIX_EPOCH)); // `TokioClock::new()` in a server
/// let check = BodyCheck::judge_whole(limits, |body: &[u8]| match body {
///     b"what was signed" => Verdict::Admit(Admission::new("ada")),
///     _ => Verdict::Refuse(Refusal::wrong("another body was signed")),
/// });
/// # drop(check);
/// # }
/// ```
#[must_use]
pub struct BodyCheck<I> {
    pub(super) limits: BodyLimits,
    /// Whom the head has admitted, if it could.
    admission: Option<Admission<I>>,
    pub(super) kind: CheckKind<I>,
}

/// Which part of the body is looked at when.
pub(super) enum CheckKind<I> {
    /// All of it, before the inner service is called: it says who is calling.
    Whole(Box<dyn JudgeBody<VerdictNowOrLater<I>>>),
    /// All of it, before the inner service is called.
    Held(Box<dyn JudgeBody<Result<(), Refusal>>>),
    /// Chunk by chunk, while the inner service reads.
    Stream(Box<dyn VerifyChunks>),
}

impl<I> BodyCheck<I> {
    /// Keeps the body in memory, within `limits`, and lets `judge` decide who is calling. The inner service is called if it
    /// admits, with the body that was judged, and without its trailers, which nobody has.
    ///
    /// `judge` is a function of the body, `|body: &[u8]| ..`, or hashes it as it comes: see [`JudgeBody`]. It gives a
    /// [`Verdict`], or a `Result` or [`NowOrLater`] of one: what is good once is claimed when the body has verified, and that
    /// may take time.
    pub fn judge_whole<V>(limits: BodyLimits, judge: impl JudgeBody<V> + 'static) -> Self
    where
        V: IntoAnswer<ParamValue = Verdict<I>> + 'static,
    {
        let judge = IntoAnswerJudge(Box::new(judge));
        Self {
            limits,
            admission: None,
            kind: CheckKind::Whole(Box::new(judge)),
        }
    }

    /// The same where the head has verified already, and says what the body has to be. The policies are asked before any of
    /// the body is read, and `judge` says whether it is the one that was signed.
    ///
    /// An attempt that was reserved with a throttle is settled when the head has verified: whoever could sign that has
    /// guessed nothing.
    pub fn verify_whole(
        limits: BodyLimits,
        admission: Admission<I>,
        judge: impl JudgeBody<Result<(), Refusal>> + 'static,
    ) -> Self {
        Self {
            limits,
            admission: Some(admission),
            kind: CheckKind::Held(Box::new(judge)),
        }
    }

    /// Admits at once, since the head has verified, and hands on each chunk of the body once `verifier` has verified it.
    ///
    /// The body ends with an error, [`BodyError`](crate::scheme::BodyError), where it does not verify. Whatever the
    /// inner service then answers is replaced by the refusal, so that there is no success for a bad body. What the inner
    /// service does not read is not verified: an answer that it gives before the end of the body stands. Only the end of
    /// the body says that all of it is there.
    ///
    /// Policies and the throttle hear of it as with [`held`](Self::held).
    pub fn verify_chunks(
        limits: BodyLimits,
        admission: Admission<I>,
        verifier: impl VerifyChunks,
    ) -> Self {
        Self {
            limits,
            admission: Some(admission),
            kind: CheckKind::Stream(Box::new(verifier)),
        }
    }
}

impl<I> BodyCheck<I> {
    /// Takes out whom the head has admitted.
    pub(super) fn take_admission(&mut self) -> Option<Admission<I>> {
        self.admission.take()
    }
}

impl<I: 'static> BodyCheck<I> {
    pub(super) fn map<J: 'static>(self, f: impl FnOnce(I) -> J + Send + 'static) -> BodyCheck<J> {
        let limits = self.limits;
        let (admission, kind) = match (self.kind, self.admission) {
            (CheckKind::Whole(judge), _) => (
                None,
                CheckKind::Whole(Box::new(MapJudge { judge, f }) as Box<_>),
            ),
            (CheckKind::Held(judge), admission) => {
                (admission.map(|it| it.map(f)), CheckKind::Held(judge))
            }
            (CheckKind::Stream(verifier), admission) => {
                (admission.map(|it| it.map(f)), CheckKind::Stream(verifier))
            }
        };
        BodyCheck {
            limits,
            admission,
            kind,
        }
    }
}

shows! { impl[I] BodyCheck[I] as self { limits: self.limits } }

/// Judges a whole body. A function of it, `|body: &[u8]| -> V`, does; one that hashes need not go over it twice.
pub trait JudgeBody<V>: Send {
    /// Takes note of the next octets of the body, while it comes in.
    fn push(&mut self, octets: &[u8]) {
        let _ = octets;
    }

    /// Says what is to be said, now that all of `body` is there.
    fn finish(self: Box<Self>, body: &[u8]) -> V;
}

impl<V, F> JudgeBody<V> for F
where
    F: FnOnce(&[u8]) -> V + Send,
{
    fn finish(self: Box<Self>, body: &[u8]) -> V {
        self(body)
    }
}

/// A judge whose identities are turned into others.
struct MapJudge<I, F> {
    judge: Box<dyn JudgeBody<VerdictNowOrLater<I>>>,
    f: F,
}

impl<I: 'static, J: 'static, F> JudgeBody<VerdictNowOrLater<J>> for MapJudge<I, F>
where
    F: FnOnce(I) -> J + Send + 'static,
{
    fn push(&mut self, octets: &[u8]) {
        self.judge.push(octets);
    }

    fn finish(self: Box<Self>, body: &[u8]) -> VerdictNowOrLater<J> {
        let (verdict, f) = (self.judge.finish(body), self.f);
        verdict.map(|verdict| Ok(verdict?.map_identity(f)))
    }
}

/// A judge whose answers are brought into their full form.
struct IntoAnswerJudge<V>(Box<dyn JudgeBody<V>>);

impl<I, V: IntoAnswer<ParamValue = Verdict<I>>> JudgeBody<VerdictNowOrLater<I>>
    for IntoAnswerJudge<V>
{
    fn push(&mut self, octets: &[u8]) {
        self.0.push(octets);
    }

    fn finish(self: Box<Self>, body: &[u8]) -> VerdictNowOrLater<I> {
        self.0.finish(body).into_answer()
    }
}

/// A verdict that is here already.
impl<I> IntoAnswer for Verdict<I> {
    type ParamValue = Self;

    fn into_answer(self) -> NowOrLater<Result<Self, Unavailable>> {
        NowOrLater::now(Ok(self))
    }
}
