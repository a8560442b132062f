//! A policy for a single route inside a [`RequireAuth`](crate::RequireAuth) layer.

mod future;
mod layer;
mod policy_refusal;
mod service;
mod shared;

pub use self::future::RequirePolicyFuture;
pub use self::layer::RequirePolicy;
pub use self::service::RequirePolicyService;

pub(super) use self::policy_refusal::{PolicyRefusal, PolicyRendering};
