//! What does a scheme say about the credentials it was shown?

use super::{Admission, BodyAccess, BodyUnread, Refusal};
use crate::header::Challenge;
use crate::now_or_later::NowOrLater;
use crate::unavailable::Unavailable;

/// What a scheme says about the credentials it was shown.
#[derive(Debug)]
#[must_use]
#[non_exhaustive]
pub enum Verdict<I, R: BodyAccess = BodyUnread> {
    /// The credentials are good.
    Admit(Admission<I>),
    /// The exchange is under way and needs another leg; nobody failed. The only challenge in that refusal.
    Continue(Challenge),
    /// The body decides, or the rest of it is to be verified. Cannot be said by a scheme that reads the [`BodyUnread`] alone.
    ReadBody(R::Check<I>),
    /// The credentials are bad.
    Refuse(Refusal),
}

impl<I: 'static, R: BodyAccess> Verdict<I, R> {
    /// Lets `f` turn the identity, if there is one, into another.
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

/// A [`Verdict`], now or later.
pub type VerdictNowOrLater<I, R = BodyUnread> = NowOrLater<Result<Verdict<I, R>, Unavailable>>;

impl<I> Verdict<I> {
    /// The same verdict of a scheme that reads more than the head.
    pub(crate) fn widened<R: BodyAccess>(self) -> Verdict<I, R> {
        match self {
            Self::Admit(admission) => Verdict::Admit(admission),
            Self::Continue(challenge) => Verdict::Continue(challenge),
            Self::ReadBody(never) => match never {},
            Self::Refuse(refusal) => Verdict::Refuse(refusal),
        }
    }
}

impl Refusal {
    /// Refuses at once.
    pub fn at_once<I, R: BodyAccess>(self) -> VerdictNowOrLater<I, R> {
        NowOrLater::now(Ok(Verdict::Refuse(self)))
    }
}
