//! Schemes in which the body decides.

mod body;
mod check;
mod chunks;
mod inspect;
mod limits;
mod pace;
mod reading_body;

pub use self::body::VerifiedBody;
pub use self::check::{BodyCheck, JudgeBody};
pub use self::chunks::VerifyChunks;
pub use self::inspect::Inspect;
pub use self::limits::BodyLimits;
pub use self::reading_body::ReadingBody;

use std::error::Error;

use http::HeaderMap;
use http_body::Body;

use super::Admission;
use super::reads::{OnRefusal, Reads, ReadsFrom, sealed::Sealed};

/// What errors of bodies become.
type BoxError = Box<dyn Error + Send + Sync>;

/// The scheme judges by the body as well. The inner service sees of it what has verified, and nothing else.
///
/// A [`BodyCheck`] says how: the whole body before the inner service is called, or chunk by chunk while it reads.
#[derive(Debug)]
pub enum SignedBody {}

impl Sealed for SignedBody {}

impl Reads for SignedBody {
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

impl<B> ReadsFrom<B> for SignedBody
where
    B: Body<Error: Into<BoxError>>,
{
    type Body = VerifiedBody<B>;
    type Inspection<I> = Inspect<B, I>;

    fn untouched(body: B) -> VerifiedBody<B> {
        VerifiedBody::untouched(body)
    }

    fn inspect<I>(check: BodyCheck<I>, headers: &HeaderMap, body: B) -> Inspect<B, I> {
        Inspect::new(check, headers, body)
    }

    fn refusals(body: &mut VerifiedBody<B>) -> Option<&mut OnRefusal> {
        body.refusals()
    }
}
