//! The check of a body that a scheme asks the layer for.

use super::VerifyChunks;
use crate::body_limits::BodyLimits;
use crate::derives::shows;
use crate::now_or_later::{IntoAnswer, NowOrLater};
use crate::scheme::{Admission, Refusal, Verdict, VerdictNowOrLater};
use crate::unavailable::Unavailable;

/// The check of the body that a [`SignedBody`](super::SignedBody) scheme asks for with [`Verdict::ReadBody`].
///
/// There are three kinds of checks:
///
/// | constructor | identifies the caller | when the layer calls the inner service |
/// |---|---|---|
/// | [`judge_whole`](Self::judge_whole) | the body | after it has verified the whole body |
/// | [`verify_whole`](Self::verify_whole) | the head | after it has verified the whole body |
/// | [`verify_chunks`](Self::verify_chunks) | the head | at once, and it verifies each chunk that is read |
///
/// If the body needs no check, the scheme returns [`Verdict::Admit`]. The inner service then gets the body unchanged.
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
///     b"the signed body" => Verdict::Admit(Admission::new("ada")),
///     _ => Verdict::Refuse(Refusal::wrong("body mismatch")),
/// });
/// # drop(check);
/// # }
/// ```
#[must_use]
pub struct BodyCheck<I> {
    pub(super) limits: BodyLimits,
    /// The admission, if the head alone has identified the caller.
    admission: Option<Admission<I>>,
    pub(super) kind: CheckKind<I>,
}

/// The kind of a check: one variant for each constructor of [`BodyCheck`].
pub(super) enum CheckKind<I> {
    /// Reads the whole body before the inner service is called. The body decides who the caller is.
    JudgeWhole(Box<dyn JudgeBody<VerdictNowOrLater<I>>>),
    /// Reads the whole body before the inner service is called. The head has identified the caller.
    VerifyWhole(Box<dyn JudgeBody<Result<(), Refusal>>>),
    /// Verifies the body chunk by chunk, while the inner service reads it.
    VerifyChunks(Box<dyn VerifyChunks>),
}

impl<I> BodyCheck<I> {
    /// Reads the whole body into memory, within `limits`, and lets `judge` decide who the caller is.
    ///
    /// Use it if the head alone cannot be verified. For example, the signature of SigV4 covers the hash of the body,
    /// and a client of a service other than S3 need not send that hash.
    ///
    /// If `judge` admits the caller, the layer calls the inner service with the body, without its trailers: `judge` has
    /// not seen them.
    ///
    /// `judge` is a function of the body, `|body: &[u8]| ..`, or a [`JudgeBody`] that hashes the body while it arrives.
    /// It returns a [`Verdict`], or a `Result` or a [`NowOrLater`] of one. A later verdict allows a scheme to claim a
    /// signature in a replay store after the body has verified.
    pub fn judge_whole<V>(limits: BodyLimits, judge: impl JudgeBody<V> + 'static) -> Self
    where
        V: IntoAnswer<Value = Verdict<I>> + 'static,
    {
        let judge = IntoAnswerJudge(Box::new(judge));
        Self {
            limits,
            admission: None,
            kind: CheckKind::JudgeWhole(Box::new(judge)),
        }
    }

    /// Reads the whole body into memory, within `limits`, and lets `judge` decide whether it is the signed body. The
    /// head has already verified, and `admission` says who the caller is.
    ///
    /// Use it if the head contains a signed hash of the body.
    ///
    /// The layer asks the policies before it reads any of the body. For example, a caller whom a policy forbids gets
    /// `403`, and the layer does not read the body. The layer also settles the attempt with the throttle as a success
    /// before it reads the body, because a client that could sign the head has not guessed.
    pub fn verify_whole(
        limits: BodyLimits,
        admission: Admission<I>,
        judge: impl JudgeBody<Result<(), Refusal>> + 'static,
    ) -> Self {
        Self {
            limits,
            admission: Some(admission),
            kind: CheckKind::VerifyWhole(Box::new(judge)),
        }
    }

    /// Calls the inner service at once, and verifies each chunk of the body before the inner service reads it. The head
    /// has already verified, and `admission` says who the caller is.
    ///
    /// Use it for large bodies: the memory needed depends on the size of a chunk, and not on the length of the body.
    ///
    /// If the body fails verification, reading it returns a [`BodyError`](crate::scheme::BodyError). The layer then
    /// replaces the response of the inner service with the refusal, so that a handler that reads to the end of a bad
    /// body cannot answer with a success. A response that has already begun stays, and only the audit receives the
    /// refusal.
    ///
    /// The inner service must read to the end of the body before it relies on the body. The layer does not verify a
    /// part that the inner service does not read: a response that the inner service returns before the end of the body
    /// is sent to the client. Only the end of the body proves that the body is complete. For example, an upload must
    /// not replace a file before the end of the body.
    ///
    /// The layer asks the policies and settles the throttle as for [`verify_whole`](Self::verify_whole).
    pub fn verify_chunks(
        limits: BodyLimits,
        admission: Admission<I>,
        verifier: impl VerifyChunks,
    ) -> Self {
        Self {
            limits,
            admission: Some(admission),
            kind: CheckKind::VerifyChunks(Box::new(verifier)),
        }
    }
}

impl<I> BodyCheck<I> {
    /// Takes out the admission, if the head alone has identified the caller.
    pub(super) fn take_admission(&mut self) -> Option<Admission<I>> {
        self.admission.take()
    }
}

impl<I: 'static> BodyCheck<I> {
    pub(super) fn map<J: 'static>(self, f: impl FnOnce(I) -> J + Send + 'static) -> BodyCheck<J> {
        let limits = self.limits;
        let (admission, kind) = match (self.kind, self.admission) {
            (CheckKind::JudgeWhole(judge), _) => (
                None,
                CheckKind::JudgeWhole(Box::new(MapJudge { judge, f }) as Box<_>),
            ),
            (CheckKind::VerifyWhole(judge), admission) => (
                admission.map(|admission| admission.map(f)),
                CheckKind::VerifyWhole(judge),
            ),
            (CheckKind::VerifyChunks(verifier), admission) => (
                admission.map(|admission| admission.map(f)),
                CheckKind::VerifyChunks(verifier),
            ),
        };
        BodyCheck {
            limits,
            admission,
            kind,
        }
    }
}

shows! { impl[I] BodyCheck[I] as self { limits: self.limits } }

/// Judges a whole body. Every function `|body: &[u8]| -> V` is a `JudgeBody`.
///
/// Implement the trait by hand to hash the body while it arrives. A function can only hash it afterwards, and then the
/// CPU reads the body a second time.
pub trait JudgeBody<V>: Send {
    /// Gets the next bytes of the body, as they arrive. The default does nothing.
    fn push(&mut self, bytes: &[u8]) {
        let _ = bytes;
    }

    /// Returns the result, once the whole `body` has arrived.
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

/// A judge whose identity is converted to another type.
struct MapJudge<I, F> {
    judge: Box<dyn JudgeBody<VerdictNowOrLater<I>>>,
    f: F,
}

impl<I: 'static, J: 'static, F> JudgeBody<VerdictNowOrLater<J>> for MapJudge<I, F>
where
    F: FnOnce(I) -> J + Send + 'static,
{
    fn push(&mut self, bytes: &[u8]) {
        self.judge.push(bytes);
    }

    fn finish(self: Box<Self>, body: &[u8]) -> VerdictNowOrLater<J> {
        let (verdict, f) = (self.judge.finish(body), self.f);
        verdict.map(|verdict| Ok(verdict?.map_identity(f)))
    }
}

/// A judge whose result is converted to a [`VerdictNowOrLater`].
struct IntoAnswerJudge<V>(Box<dyn JudgeBody<V>>);

impl<I, V: IntoAnswer<Value = Verdict<I>>> JudgeBody<VerdictNowOrLater<I>> for IntoAnswerJudge<V> {
    fn push(&mut self, bytes: &[u8]) {
        self.0.push(bytes);
    }

    fn finish(self: Box<Self>, body: &[u8]) -> VerdictNowOrLater<I> {
        self.0.finish(body).into_answer()
    }
}

/// A plain verdict is a verdict that is known at once.
impl<I> IntoAnswer for Verdict<I> {
    type Value = Self;

    fn into_answer(self) -> NowOrLater<Result<Self, Unavailable>> {
        NowOrLater::now(Ok(self))
    }
}
