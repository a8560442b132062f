//! The middleware. It lets a request through if a [`Scheme`] admits the caller and every
//! [`Policy`](crate::policy::Policy) allows the request, and answers all other requests with a refusal.
//!
#![doc = include_str!("../../pictures/request_flow.svg")]
//!
//! The layer handles a request in this order:
//!
//! 1. A public request passes. The layer does not look at its credentials.
//! 2. The layer requires TLS, and the request came without: `403` without a challenge.
//! 3. The throttle reserves an attempt, before the scheme does any work. Too many attempts have failed: `429`.
//! 4. The layer reads the credentials field. A request with several of these fields gets `400`. The scheme that the
//!    field names reads the rest, and credentials that break its grammar get `400`. If no scheme claims the
//!    credentials, the client gets `401` with the challenges of all schemes, for example for `AWS ada:x==`. A request
//!    without credentials passes if authentication is [optional](RequireAuth::optional) and the
//!    layer has no policy. A request with wrong credentials never passes.
//! 5. The scheme that claims the credentials judges them: `401` or `400` if they are wrong, `503` if it could not
//!    decide. If the body decides, the layer reads it here: `413` if it is too long, `408` if it arrives too slowly.
//! 6. The policies decide: `403`, or `401` if they require a stronger login, or `503` if one of them could not decide.
//!    If the head contains a signed hash of the body, the layer reads the whole body after this step: `401`, `413` or
//!    `408`.
//! 7. The layer inserts [`Authenticated<I>`] into the extensions and calls the inner service.
//! 8. The layer adds the fields of the scheme, such as `Authentication-Info`, to the response, also if its status is an
//!    error. If the request passed without credentials, it [may offer a login](RequireAuth::offer_login).
//!
//! Some schemes verify a body chunk by chunk while the inner service reads it. If a chunk fails, step 8 replaces the
//! response with the refusal. A route inside the layer may require more with a [`RequirePolicy`]; the layer renders its
//! refusals.
//!
//! Every decision is one [audit](crate::audit) event. The refusal of a [`RequirePolicy`] is one more, and so is the
//! refusal of a body whose chunk fails.
//!
//! # Where the layer stands
//!
//! Layers outside of this one see also the requests that it refuses. Layers inside see only those that it lets through.
//!
#![doc = include_str!("../../pictures/layer_order.svg")]
//!
//! - A trace layer that logs header fields logs the credentials, unless a layer around it marks them as sensitive
//!   first. `RequireAuth` marks them for the layers inside.
//! - Put a layer that changes the request body inside, for example one that decompresses it: a signature or a hash
//!   covers the body that the client sent.

#[cfg(feature = "axum")]
mod axum;
mod caching;
mod clone_around;
mod decision_context;
mod decision_future;
mod deny;
#[cfg(all(feature = "mcp", feature = "axum"))]
mod first_scheme;
mod flow;
mod future;
mod identity;
mod inner_401;
mod late_refusal;
mod layer;
mod missing_address;
mod missing_layer;
mod normal_path;
mod offer;
#[cfg(feature = "tracing")]
mod operator_log;
#[cfg(not(feature = "tracing"))]
mod operator_log_absent;
mod other_credentials;
mod outer_require_auth;
mod prepared_rules;
mod public_paths;
mod require_policy;
mod response_edits;
mod rules;
mod service;
mod shared;
mod space;
mod stage;
#[cfg(feature = "client-certificate")]
mod unchallenged;

pub use self::future::ResponseFuture;
pub use self::identity::Authenticated;
pub use self::inner_401::Inner401;
pub use self::layer::RequireAuth;
pub use self::missing_layer::MissingLayer;
pub use self::public_paths::PublicPaths;
pub use self::require_policy::{RequirePolicy, RequirePolicyFuture, RequirePolicyService};
pub use self::service::RequireAuthService;

use crate::scheme::{BodyAccessFor, Scheme};

/// The body type that the inner service of a `RequireAuthService<_, A>` receives, if the server's body type is `B`.
pub type BodyFor<A, B> = <<A as Scheme>::BodyAccess as BodyAccessFor<B>>::Body;
