//! The middleware: lets through whom a [`Scheme`] admits and a [`Policy`](crate::policy::Policy)
//! permits, and tells the rest how to try.
//!
//! What happens to a request, in this order:
//!
//! 1. a public path passes
//! 2. there is no TLS where it is required: `403`, and no challenge
//! 3. the throttle reserves an attempt, before any work: `429`
//! 4. several credentials fields, or one that begins with no scheme's name: `400`; the scheme that is named reads the rest,
//!    and what breaks its grammar is `400`; no scheme claims the credentials: `401` with a challenge per scheme; absent ones
//!    pass where authentication is optional and the layer has no policy, bad ones never do
//! 5. the scheme that claims them judges: `401`, `400`, or `503` when it cannot; where the body decides, it is read here:
//!    `413`, `408`
//! 6. the policy decides: `403`, or `401` for a better login
//! 7. [`Authenticated<I>`] goes into the extensions, and the ready inner service is called
//! 8. the fields of the scheme (`Authentication-Info`) are added to the response, whatever its status
//!
//! A body whose chunks are verified while the inner service reads them is decided upon in 8: if one does not verify, the
//! response is the refusal. A route inside may ask for more, with a [`RequirePolicy`]: it refuses through this layer, which
//! renders the refusal.
//!
//! Every decision is one [audit](crate::audit) event, and the refusal of a route is one more.

#[cfg(feature = "axum")]
mod axum;
mod decision_context;
mod decision_future;
mod deny;
mod flow;
mod future;
mod identity;
mod inner_401;
mod late_refusal;
mod layer;
mod outer_layer;
mod public_paths;
mod require_policy;
mod response_edits;
mod rules;
mod service;
mod shared;
mod space;
mod stage;

pub use self::future::ResponseFuture;
pub use self::identity::Authenticated;
pub use self::inner_401::Inner401;
pub use self::layer::RequireAuth;
pub use self::public_paths::PublicPaths;
pub use self::require_policy::{
    MissingLayer, RequirePolicy, RequirePolicyFuture, RequirePolicyService,
};
pub use self::service::RequireAuthService;

use crate::scheme::{BodyAccessFor, Scheme};

/// The body that the inner service of a `RequireAuthService<_, A>` is handed for a body of type `B`.
pub type BodyFor<A, B> = <<A as Scheme>::BodyAccess as BodyAccessFor<B>>::Body;
