//! What a scheme still has to check about a body.

use std::fmt;

use super::{BodyLimits, VerifyChunks};
use crate::scheme::{Admission, Verdict};

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
/// let check = BodyCheck::whole(limits, |body: &[u8]| match body {
///     b"what was signed" => Verdict::Admit(Admission::new("ada")),
///     _ => Verdict::Refuse(Refusal::wrong("another body was signed")),
/// });
/// # drop(check);
/// # }
/// ```
#[must_use]
pub struct BodyCheck<I> {
    pub(super) limits: BodyLimits,
    pub(super) kind: Kind<I>,
}

/// Which part of the body is looked at when.
pub(super) enum Kind<I> {
    /// All of it, before the inner service is called.
    Whole(Box<dyn JudgeBody<I>>),
    /// Chunk by chunk, while the inner service reads.
    Stream(Admit<I>, Box<dyn VerifyChunks>),
}

/// Whom the head admits. In a box, because a check is to be `Send` whatever an identity is.
type Admit<I> = Box<dyn FnOnce() -> Admission<I> + Send>;

impl<I> BodyCheck<I> {
    /// Keeps the body in memory, within `limits`, and lets `judge` decide. The inner service is called if it admits, with
    /// the body that was judged, and without its trailers, which nobody has.
    ///
    /// `judge` is a function of the body, `|body: &[u8]| ..`, or hashes it as it comes: see [`JudgeBody`].
    pub fn whole(limits: BodyLimits, judge: impl JudgeBody<I> + 'static) -> Self {
        Self {
            limits,
            kind: Kind::Whole(Box::new(judge)),
        }
    }

    /// Admits at once, since the head has verified, and hands on each chunk of the body once `verifier` has verified it.
    ///
    /// The body ends with an error, [`BodyRefused`](crate::scheme::BodyRefused), where it does not verify. Whatever the
    /// inner service then answers is replaced by the refusal, so that there is no success for a bad body. What the inner
    /// service does not read is not verified: an answer that it gives before the end of the body stands. Only the end of
    /// the body says that all of it is there.
    ///
    /// An attempt that was reserved with a throttle is settled when the head has verified: whoever could sign that has
    /// guessed nothing.
    pub fn stream(limits: BodyLimits, admission: Admission<I>, verifier: impl VerifyChunks) -> Self
    where
        I: Send + 'static,
    {
        Self {
            limits,
            kind: Kind::Stream(Box::new(|| admission), Box::new(verifier)),
        }
    }
}

impl<I: 'static> BodyCheck<I> {
    pub(super) fn map<J: 'static>(self, f: impl FnOnce(I) -> J + Send + 'static) -> BodyCheck<J> {
        let kind = match self.kind {
            Kind::Whole(judge) => Kind::Whole(Box::new(Mapped { judge, f })),
            Kind::Stream(admit, verifier) => {
                Kind::Stream(Box::new(move || admit().map(f)), verifier)
            }
        };
        BodyCheck {
            limits: self.limits,
            kind,
        }
    }
}

impl<I> fmt::Debug for BodyCheck<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyCheck")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Judges a whole body. A function of it, `|body: &[u8]| -> Verdict<I>`, does; one that hashes need not go over it twice.
pub trait JudgeBody<I>: Send {
    /// Takes note of the next octets of the body, while it comes in.
    fn push(&mut self, octets: &[u8]) {
        let _ = octets;
    }

    /// Says what became of the credentials, now that all of `body` is there.
    fn finish(self: Box<Self>, body: &[u8]) -> Verdict<I>;
}

impl<I, F> JudgeBody<I> for F
where
    F: FnOnce(&[u8]) -> Verdict<I> + Send,
{
    fn finish(self: Box<Self>, body: &[u8]) -> Verdict<I> {
        self(body)
    }
}

/// A judge whose identities are turned into others.
struct Mapped<I, F> {
    judge: Box<dyn JudgeBody<I>>,
    f: F,
}

impl<I: 'static, J: 'static, F> JudgeBody<J> for Mapped<I, F>
where
    F: FnOnce(I) -> J + Send + 'static,
{
    fn push(&mut self, octets: &[u8]) {
        self.judge.push(octets);
    }

    fn finish(self: Box<Self>, body: &[u8]) -> Verdict<J> {
        self.judge.finish(body).map_identity(self.f)
    }
}
