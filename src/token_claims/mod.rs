//! What does an issuer say about a token? The dates, and the identity of the owner: in the claims of a signed token, and
//! in the answer of an introspection.

mod binding_check;
mod caller_claims;
mod claim_path;
mod identity;
mod numeric_date;
mod owner;
mod valid_time;

pub(crate) use self::binding_check::{BindingCheck, BoundTokens, PlainTokens, UncheckedBinding};
pub(crate) use self::claim_path::{ClaimPath, RequiredClaim, path};
pub use self::identity::VerifiedClaims;
pub(crate) use self::identity::{ReadIdentity, principal_alone, with_claims};
pub(crate) use self::numeric_date::NumericDate;
pub(crate) use self::owner::OwnerPaths;
pub(crate) use self::valid_time::{NotValidNow, ValidTime};
