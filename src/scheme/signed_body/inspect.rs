//! What happens to a body before the inner service is called.

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
use super::pace::BodyPace;
use super::{BodyCheck, BodyLimits, VerifiedBody};
use crate::derives::shows;
use crate::scheme::{BodyError, BodyVerdict, Refusal, VerdictNowOrLater};

pin_project! {
    /// Reads a body for a [`BodyCheck`], as much of it as has to be there first.
    #[must_use = "futures do nothing unless polled"]
    pub struct InspectBody<B, I> {
        #[pin]
        state: InspectState<B, I>,
    }
}

pin_project! {
    #[project = InspectStateProj]
    enum InspectState<B, I> {
        /// The whole body comes in.
        Reading {
            #[pin]
            body: B,
            whole: Option<WholeBody<I>>,
        },
        /// Nothing has to be read first.
        Known {
            outcome: Option<InspectResult<B, I>>,
        },
    }
}

/// What has come in, and who judges it.
struct WholeBody<I> {
    judge: BodyJudge<I>,
    pace: BodyPace,
    octets: BytesMut,
}

/// Says who is calling, or whether the body is the one that was signed.
enum BodyJudge<I> {
    Decides(Box<dyn JudgeBody<VerdictNowOrLater<I>>>),
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
                CheckKind::Whole(judge) => {
                    InspectState::reading(body, BodyJudge::Decides(judge), pace)
                }
                CheckKind::Held(judge) => {
                    InspectState::reading(body, BodyJudge::Compares(judge), pace)
                }
                CheckKind::Stream(verifier) => {
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
        let octets = BytesMut::new();
        let whole = Some(WholeBody {
            judge,
            pace,
            octets,
        });
        Self::Reading { body, whole }
    }
}

/// Whether the body is too long by what is said of it, before any of it is asked for. RFC 9110 section 10.1.1: a client
/// that expects `100` has its final status then, and sends none of it.
fn announces_too_much(limits: &BodyLimits, headers: &HeaderMap, body: &impl Body) -> bool {
    let announced = headers.get(CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse().ok());
    let least = body.size_hint().lower().max(announced.unwrap_or(0));
    !limits.allows_length(least)
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
            Poll::Pending => return reading.pace.poll_too_slow(cx).map(Err),
            Poll::Ready(Some(Ok(frame))) => {
                // Trailers are nothing that a judge has seen, and are handed to nobody.
                if let Ok(data) = frame.into_data() {
                    reading.take(data)?;
                }
            }
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(broken(error))),
            Poll::Ready(None) => {
                let whole = whole.take().expect("it is here");
                return Poll::Ready(whole.finish());
            }
        }
    }
}

impl<I> WholeBody<I> {
    fn take(&mut self, data: impl Buf) -> Result<(), BodyError> {
        self.pace.arrived(data.remaining())?;
        let judge = &mut self.judge;
        append(&mut self.octets, data, |octets| judge.push(octets));
        Ok(())
    }

    fn finish<B>(self) -> InspectResult<B, I> {
        let octets = self.octets.freeze();
        let checked = self.judge.finish(&octets)?;
        Ok((checked, VerifiedBody::read(octets)))
    }
}

impl<I> BodyJudge<I> {
    fn push(&mut self, octets: &[u8]) {
        match self {
            Self::Decides(judge) => judge.push(octets),
            Self::Compares(judge) => judge.push(octets),
        }
    }

    fn finish(self, body: &[u8]) -> Result<BodyVerdict<I>, BodyError> {
        match self {
            Self::Decides(judge) => Ok(Some(judge.finish(body))),
            Self::Compares(judge) => {
                let compared = judge.finish(body);
                compared.map(|()| None).map_err(BodyError::Refused)
            }
        }
    }
}

shows! { impl[B, I] InspectBody[B, I] as self {} }
