//! Support for schemes whose credentials cover the request body.

mod beside_signed_body;
mod body;
mod check;
mod chunks;
mod data;
mod inspect;

pub use self::beside_signed_body::BesideSignedBody;
pub use self::body::VerifiedBody;
pub use self::check::{BodyCheck, JudgeBody};
pub use self::chunks::VerifyChunks;
pub use self::inspect::InspectBody;

use bytes::Bytes;
use http::HeaderMap;
use http_body::Body;

use self::data::BoxError;
use super::contract::body_access::sealed::Sealed;
use super::{Admission, BodyAccess, BodyAccessFor, OnRefusal};

/// The scheme reads the body as well as the head. The inner service gets only those bytes that have been verified.
///
/// Name it as the [`Scheme::BodyAccess`](super::Scheme::BodyAccess) of a scheme whose credentials cover the body. The
/// scheme then returns [`Verdict::ReadBody`](super::Verdict::ReadBody) with a [`BodyCheck`]. The check says when the
/// layer verifies the body: as a whole before it calls the inner service, or chunk by chunk while the inner service
/// reads. The inner service gets a [`VerifiedBody`].
///
/// # Example
///
/// ```
/// # #[cfg(feature = "tokio")] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::convert::Infallible;
///
/// use http::{Request, Response, header::AUTHORIZATION};
/// use tower::{ServiceBuilder, ServiceExt};
/// use tower_challenge::clock::TokioClock;
/// use tower_challenge::ErrorParams;
/// use tower_challenge::header::{Challenge, SchemeName};
/// use tower_challenge::scheme::{
///     Admission, Attempt, BodyCheck, BodyLimits, Refusal, Scheme, SignedBody, Verdict, VerdictNowOrLater,
///     VerifiedBody,
/// };
/// use tower_challenge::{ClaimedAccount, NowOrLater, Principal, RequireAuth};
///
/// /// Admits a request with `Authorization: Length 5` if its body has 5 bytes. A real scheme also needs a key.
/// struct Length(BodyLimits);
///
/// fn name() -> SchemeName<'static> {
///     SchemeName::parse("Length").expect("a token")
/// }
///
/// impl Scheme for Length {
///     type Identity = Principal;
///     type BodyAccess = SignedBody;
///
///     fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
///         challenges.extend(Challenge::builder(name()).build().ok());
///     }
///
///     fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
///         attempt.names(name())
///     }
///
///     fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
///         None
///     }
///
///     fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal, SignedBody>> {
///         let length = attempt.credentials(name())?.token68()?.parse::<usize>().ok();
///         let check = BodyCheck::judge_whole(self.0.clone(), move |body: &[u8]| match length {
///             Some(length) if body.len() == length => Verdict::Admit(Admission::new(Principal::new("ada"))),
///             _ => Verdict::Refuse(Refusal::wrong("body length mismatch")),
///         });
///         Some(NowOrLater::now(Ok(Verdict::ReadBody(check))))
///     }
///
///     fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
///         attempt.breaks_grammar(name())
///     }
/// }
///
/// async fn hello(_: Request<VerifiedBody<String>>) -> Result<Response<String>, Infallible> {
///     Ok(Response::new("hello".to_owned()))
/// }
///
/// let auth = RequireAuth::new(Length(BodyLimits::new(TokioClock::new())))?;
/// let service = ServiceBuilder::new().layer(auth).service_fn(hello);
/// let ask = |body: &str| Request::post("/").header(AUTHORIZATION, "Length 5").body(body.to_owned());
/// assert_eq!(service.clone().oneshot(ask("12345")?).await?.status(), 200);
/// assert_eq!(service.oneshot(ask("123456")?).await?.status(), 401);
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(example()).unwrap(); }
/// ```
#[derive(Debug)]
pub enum SignedBody {}

impl Sealed for SignedBody {}

impl BodyAccess for SignedBody {
    type Check<I> = BodyCheck<I>;

    fn take_admission<I>(check: &mut BodyCheck<I>) -> Option<Admission<I>> {
        check.take_admission()
    }

    fn map_check<I: 'static, J: 'static>(
        check: BodyCheck<I>,
        f: impl FnOnce(I) -> J + Send + 'static,
    ) -> BodyCheck<J> {
        check.map(f)
    }
}

impl<B> BodyAccessFor<B> for SignedBody
where
    B: Body<Error: Into<BoxError>>,
{
    type Body = VerifiedBody<B>;
    type Inspection<I> = InspectBody<B, I>;

    fn has_ended(body: &B) -> bool {
        body.is_end_stream()
    }

    /// A scheme may have verified that a body at its end has no bytes. Such a body is dropped here, so that the inner
    /// service gets no bytes if that was wrong.
    fn untouched(body: B, has_ended: bool) -> VerifiedBody<B> {
        match has_ended {
            true => VerifiedBody::read(Bytes::new()),
            false => VerifiedBody::untouched(body),
        }
    }

    fn inspect<I>(check: BodyCheck<I>, headers: &HeaderMap, body: B) -> InspectBody<B, I> {
        InspectBody::new(check, headers, body)
    }

    fn refusals(body: &mut VerifiedBody<B>) -> Option<&mut OnRefusal> {
        body.refusals()
    }
}
