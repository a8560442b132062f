//! The part of a body check that runs before the layer calls the inner service.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body::Body;
use pin_project_lite::pin_project;

use super::check::{CheckKind, JudgeBody};
use super::data::{BoxError, append, broken};
use super::{BodyCheck, VerifiedBody};
use crate::body_limits::{BodyLimits, BodyPace};
use crate::derives::shows;
use crate::scheme::{BodyError, BodyVerdict, Refusal, VerdictNowOrLater};

pin_project! {
    /// The future that runs a [`BodyCheck`] before the layer calls the inner service.
    ///
    /// It reads the whole body for `judge_whole` and `verify_whole`. For `verify_chunks` it reads nothing, because the
    /// body is verified while the inner service reads it. The layer uses it; schemes do not need it.
    #[must_use = "futures do nothing unless polled"]
    pub struct InspectBody<B, I> {
        #[pin]
        state: InspectState<B, I>,
    }
}

pin_project! {
    #[project = InspectStateProj]
    enum InspectState<B, I> {
        /// The client still sends the body.
        Reading {
            #[pin]
            body: B,
            whole: Option<WholeBody<I>>,
        },
        /// The result is known without reading the body.
        Known {
            outcome: Option<InspectResult<B, I>>,
        },
    }
}

/// The bytes of a body that have arrived, and the judge that decides about them.
struct WholeBody<I> {
    judge: BodyJudge<I>,
    pace: BodyPace,
    bytes: BytesMut,
}

/// The judge of a whole body.
enum BodyJudge<I> {
    /// Decides who the caller is.
    Identifies(Box<dyn JudgeBody<VerdictNowOrLater<I>>>),
    /// Decides whether the body is the signed one. The head has identified the caller.
    Compares(Box<dyn JudgeBody<Result<(), Refusal>>>),
}

type InspectResult<B, I> = Result<(BodyVerdict<I>, VerifiedBody<B>), BodyError>;

impl<B: Body, I> InspectBody<B, I> {
    pub(super) fn new(check: BodyCheck<I>, headers: &HeaderMap, body: B) -> Self {
        let limits = check.limits;
        let state = if announces_too_much(&limits, headers, &body) {
            InspectState::known(Err(BodyError::TooLong))
        } else {
            let pace = BodyPace::new(limits);
            match check.kind {
                CheckKind::JudgeWhole(judge) => {
                    InspectState::reading(body, BodyJudge::Identifies(judge), pace)
                }
                CheckKind::VerifyWhole(judge) => {
                    InspectState::reading(body, BodyJudge::Compares(judge), pace)
                }
                CheckKind::VerifyChunks(verifier) => {
                    InspectState::known(Ok((None, VerifiedBody::streaming(body, verifier, pace))))
                }
            }
        };
        Self { state }
    }
}

impl<B, I> InspectState<B, I> {
    const fn known(outcome: InspectResult<B, I>) -> Self {
        let outcome = Some(outcome);
        Self::Known { outcome }
    }

    fn reading(body: B, judge: BodyJudge<I>, pace: BodyPace) -> Self {
        let bytes = BytesMut::new();
        let whole = Some(WholeBody { judge, pace, bytes });
        Self::Reading { body, whole }
    }
}

/// Returns `true` if `Content-Length` or the size hint of the body says that the body is too long.
///
/// The layer checks this before it polls the body, because polling makes the server send `100 Continue`. A client that
/// expects `100` then gets its final status instead, and does not send the body (RFC 9110 section 10.1.1).
fn announces_too_much(limits: &BodyLimits, headers: &HeaderMap, body: &impl Body) -> bool {
    let announced = headers.get(CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse().ok());
    let min_length = body.size_hint().lower().max(announced.unwrap_or(0));
    !limits.allows_length(min_length)
}

impl<B, I> Future for InspectBody<B, I>
where
    B: Body<Error: Into<BoxError>>,
{
    type Output = InspectResult<B, I>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            InspectStateProj::Known { outcome } => {
                Poll::Ready(outcome.take().expect("polled after completion"))
            }
            InspectStateProj::Reading { body, whole } => poll_whole(body, whole, cx),
        }
    }
}

fn poll_whole<B, I>(
    mut body: Pin<&mut B>,
    whole: &mut Option<WholeBody<I>>,
    cx: &mut Context<'_>,
) -> Poll<InspectResult<B, I>>
where
    B: Body<Error: Into<BoxError>>,
{
    let reading = whole.as_mut().expect("polled after completion");
    loop {
        match body.as_mut().poll_frame(cx) {
            Poll::Pending => {
                return reading
                    .pace
                    .poll_too_slow(cx)
                    .map(|limit| Err(limit.into()));
            }
            Poll::Ready(Some(Ok(frame))) => {
                // Trailers are dropped: the judge does not see them, so they are not verified.
                if let Ok(data) = frame.into_data() {
                    reading.take(data)?;
                }
            }
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(broken(error))),
            Poll::Ready(None) => {
                let whole = whole.take().expect("checked at the start of this function");
                return Poll::Ready(whole.finish());
            }
        }
    }
}

impl<I> WholeBody<I> {
    fn take(&mut self, data: impl Buf) -> Result<(), BodyError> {
        self.pace.arrived(data.remaining())?;
        let judge = &mut self.judge;
        append(&mut self.bytes, data, |bytes| judge.push(bytes));
        Ok(())
    }

    fn finish<B>(self) -> InspectResult<B, I> {
        let bytes = self.bytes.freeze();
        let checked = self.judge.finish(&bytes)?;
        Ok((checked, VerifiedBody::read(bytes)))
    }
}

impl<I> BodyJudge<I> {
    fn push(&mut self, bytes: &[u8]) {
        match self {
            Self::Identifies(judge) => judge.push(bytes),
            Self::Compares(judge) => judge.push(bytes),
        }
    }

    fn finish(self, body: &[u8]) -> Result<BodyVerdict<I>, BodyError> {
        match self {
            Self::Identifies(judge) => Ok(Some(judge.finish(body))),
            Self::Compares(judge) => {
                let compared = judge.finish(body);
                compared.map(|()| None).map_err(BodyError::Refused)
            }
        }
    }
}

shows! { impl[B, I] InspectBody[B, I] as self {} }
