//! Schemes in which the body decides.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::Collect;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use pin_project_lite::pin_project;

use super::reads::{BodyUnreadable, Head, Reads, ReadsFrom, sealed::Sealed};
use super::verdict::Verdict;
use super::{Attempt, Judgement, Scheme};
use crate::header::{Challenge, ErrorParams};
use crate::principal::Account;

type BoxError = Box<dyn Error + Send + Sync>;

/// The scheme judges by the body as well, which the inner service sees only after it has verified.
#[derive(Debug)]
pub enum WholeBody {}

impl Sealed for WholeBody {}

impl Reads for WholeBody {
    type Check<I> = BodyCheck<I>;

    fn map_check<I: 'static, J: 'static>(
        check: BodyCheck<I>,
        f: impl FnOnce(I) -> J + Send + 'static,
    ) -> BodyCheck<J> {
        BodyCheck::new(check.limit, move |body| {
            (check.finish)(body).map_identity(f)
        })
    }
}

impl<B> ReadsFrom<B> for WholeBody
where
    B: Body<Error: Into<BoxError>>,
{
    type Body = Replay<B>;
    type Inspection<I> = Inspect<B, I>;

    fn untouched(body: B) -> Replay<B> {
        Replay {
            state: State::Untouched { body },
        }
    }

    fn inspect<I>(check: BodyCheck<I>, body: B) -> Inspect<B, I> {
        Inspect {
            body: Limited::new(body, check.limit).collect(),
            finish: Some(check.finish),
        }
    }
}

/// What a [`WholeBody`] scheme still has to check once it has the body.
pub struct BodyCheck<I> {
    limit: usize,
    finish: Finish<I>,
}

type Finish<I> = Box<dyn FnOnce(&[u8]) -> Verdict<I> + Send>;

impl<I> BodyCheck<I> {
    /// Reads at most `limit` octets and lets `finish` judge them. A longer body is answered with `413`.
    ///
    /// There is no timer here: a client who sends slowly is waited for, and holds what the inner service reserved when it
    /// was polled ready. Put a timeout around the layer.
    pub fn new(limit: usize, finish: impl FnOnce(&[u8]) -> Verdict<I> + Send + 'static) -> Self {
        Self {
            limit,
            finish: Box::new(finish),
        }
    }
}

impl<I> fmt::Debug for BodyCheck<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyCheck")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// Reads a body for a [`BodyCheck`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Inspect<B, I>
    where
        B: Body,
        B::Error: Into<BoxError>,
    {
        #[pin]
        body: Collect<Limited<B>>,
        finish: Option<Finish<I>>,
    }
}

impl<B, I> Future for Inspect<B, I>
where
    B: Body<Error: Into<BoxError>>,
{
    type Output = Result<(Verdict<I>, Replay<B>), BodyUnreadable>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let bytes = ready!(this.body.poll(cx)).map_err(unreadable)?.to_bytes();
        let finish = this.finish.take().expect("polled after completion");
        let verdict = finish(&bytes);
        let state = State::Read { body: bytes.into() };
        Poll::Ready(Ok((verdict, Replay { state })))
    }
}

fn unreadable(error: BoxError) -> BodyUnreadable {
    if error.is::<LengthLimitError>() {
        BodyUnreadable::TooLong
    } else {
        BodyUnreadable::Broken(error)
    }
}

impl<B: Body<Error: Into<BoxError>>, I> fmt::Debug for Inspect<B, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspect").finish_non_exhaustive()
    }
}

pin_project! {
    /// A request body behind a scheme that may have read it. Trailers of a body that was read are dropped: nothing
    /// verified them.
    #[derive(Debug)]
    pub struct Replay<B> {
        #[pin]
        state: State<B>,
    }
}

pin_project! {
    #[project = StateProj]
    #[derive(Debug)]
    enum State<B> {
        Untouched {
            #[pin]
            body: B,
        },
        Read {
            body: Full<Bytes>,
        },
    }
}

impl<B> Body for Replay<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.project().state.project() {
            StateProj::Untouched { body } => body.poll_frame(cx).map_err(Into::into),
            StateProj::Read { body } => Pin::new(body)
                .poll_frame(cx)
                .map_err(|never| match never {}),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.state {
            State::Untouched { body } => body.is_end_stream(),
            State::Read { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.state {
            State::Untouched { body } => body.size_hint(),
            State::Read { body } => body.size_hint(),
        }
    }
}

/// Lets a [`Head`] scheme stand beside one that reads the body.
#[derive(Clone, Debug)]
pub struct ReadingBody<S>(pub S);

impl<S: Scheme<Reads = Head>> Scheme for ReadingBody<S> {
    type Identity = S::Identity;
    type Reads = WholeBody;

    fn challenge(&self, attempt: &Attempt<'_>, challenges: &mut Vec<Challenge>) {
        self.0.challenge(attempt, challenges);
    }

    fn explain(&self, attempt: &Attempt<'_>, error: &ErrorParams, challenges: &mut Vec<Challenge>) {
        self.0.explain(attempt, error, challenges);
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        self.0.may_claim(attempt)
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<Account<'r>> {
        self.0.account(attempt)
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<Judgement<S::Identity, WholeBody>> {
        let judgement = self.0.authenticate(attempt)?;
        Some(judgement.map(|verdict| verdict.map(widen)))
    }
}

fn widen<I>(verdict: Verdict<I>) -> Verdict<I, WholeBody> {
    match verdict {
        Verdict::Admit(admission) => Verdict::Admit(admission),
        Verdict::Continue(challenge) => Verdict::Continue(challenge),
        Verdict::ReadBody(never) => match never {},
        Verdict::Refuse(refusal) => Verdict::Refuse(refusal),
    }
}
