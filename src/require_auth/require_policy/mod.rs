//! What one route asks of the callers that a layer around it has let through.

mod future;
mod layer;
mod policy_refusal;
mod service;
mod shared;

pub use self::future::RequirePolicyFuture;
pub use self::layer::RequirePolicy;
pub use self::policy_refusal::MissingLayer;
pub use self::service::RequirePolicyService;

pub(super) use self::policy_refusal::PolicyRefusal;
