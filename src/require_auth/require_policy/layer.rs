//! The layer that requires a policy for a single route.

use std::sync::Arc;

use tower_layer::Layer;

use super::RequirePolicyService;
use super::shared::SharedPolicy;
use crate::derives::{clones, shows};
use crate::policy::Policy;
use crate::principal::Principal;
use crate::respond::EmptyBody;

/// Requires a policy for a route inside a [`RequireAuth`](crate::RequireAuth) layer.
///
/// Put one `RequireAuth` around the whole router, which authenticates the caller once, and a `RequirePolicy` around
/// each route with its requirements. A second `RequireAuth` inside the first cannot replace it, because some
/// credentials are good for one use. For example, the outer layer uses up a nonce count of Digest, and the inner layer
/// always takes it for a replay.
///
/// - A refusal looks like those of the layer around it: it has the same status, the challenges of its schemes, and its
///   renderer. The audit of that layer receives an event for the refusal, after the event that the caller was admitted.
/// - If that layer let the request pass without a caller, because authentication is optional or the request is public,
///   the client gets `401`. If the layer requires TLS and the request came without, the client gets `403`.
/// - If several `RequirePolicy` layers are inside each other, all of them must allow the request.
/// - If there is no `RequireAuth` with this identity around it, the client gets `500`. The response has a
///   [`MissingLayer`](crate::require_auth::MissingLayer) in its extensions, which names the types. The audit of a layer
///   around it receives an event, and so does `tracing` (feature `tracing`).
///
/// Put a CORS layer around the `RequireAuth`: a preflight request has no credentials, so the `RequireAuth` would refuse
/// it.
///
/// # Example
///
/// ```
/// # #[cfg(all(feature = "bearer", feature = "axum"))] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use axum::{Router, body::Body, routing::{get, post}};
/// use http::{Request, header::{AUTHORIZATION, WWW_AUTHENTICATE}};
/// use tower::ServiceExt;
/// use tower_challenge::policy::scopes;
/// use tower_challenge::scheme::bearer::{Bearer, StaticTokens};
/// use tower_challenge::{RequirePolicy, Principal, RequireAuth};
///
/// let tokens = StaticTokens::new()?.token("r3ad", Principal::new("ada").with_scopes("read"))?;
/// let write = post(|| async { "noted" }).layer(RequirePolicy::new(scopes("write")?));
/// let app = Router::new()
///     .route("/notes", get(|| async { "a note" }).merge(write))
///     .layer(RequireAuth::new(Bearer::new("notes", tokens)?)?);
///
/// let request = |method| Request::builder().method(method).uri("/notes").header(AUTHORIZATION, "Bearer r3ad");
/// let response = app.clone().oneshot(request("GET").body(Body::empty())?).await?;
/// assert_eq!(response.status(), 200);
///
/// let response = app.oneshot(request("POST").body(Body::empty())?).await?;
/// assert_eq!(response.status(), 403);
/// let challenge = r#"Bearer realm="notes", error="insufficient_scope", scope="write""#;
/// assert_eq!(response.headers()[WWW_AUTHENTICATE], challenge);
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
#[must_use]
pub struct RequirePolicy<I = Principal, R = EmptyBody> {
    policy: Arc<dyn Policy<I>>,
    respond: R,
    renders: bool,
}

impl RequirePolicy {
    /// Requires `policy` for callers that are a [`Principal`].
    ///
    /// With any other identity, call [`of_identity`](Self::of_identity). For example, the callers of
    /// `JwtVerifierBuilder::claims` are `VerifiedClaims`. `new(role("admin")?)` compiles there, too, and answers each
    /// request with `500`, because the layer around it has no `Principal`. The audit of that layer names both types, see
    /// [`MissingLayer`](crate::require_auth::MissingLayer).
    pub fn new(policy: impl Policy<Principal>) -> Self {
        Self::of_identity(policy)
    }
}

impl<I> RequirePolicy<I> {
    /// Requires `policy` for callers with an identity type of the application.
    ///
    /// A policy such as [`role`](crate::policy::role) fits several types. Name the type in front of the call.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::policy::{HasRoles, role};
    /// use tower_challenge::{RequirePolicy, RequestHead};
    ///
    /// #[derive(Clone)]
    /// struct Employee { number: u64, is_admin: bool }
    ///
    /// impl HasRoles for Employee {
    ///     fn has_role(&self, role: &str) -> bool {
    ///         role == "admin" && self.is_admin
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), tower_challenge::ConfigError> {
    /// let founders = RequirePolicy::of_identity(|caller: &Employee, _: &RequestHead<'_>| caller.number < 10);
    /// let admins = RequirePolicy::<Employee>::of_identity(role("admin")?);
    /// # let _ = (founders, admins);
    /// # Ok(())
    /// # }
    /// ```
    pub fn of_identity(policy: impl Policy<I>) -> Self {
        Self {
            policy: Arc::new(policy),
            respond: EmptyBody,
            renders: false,
        }
    }
}

impl<I, R> RequirePolicy<I, R> {
    /// Renders refusals with `respond`, and not with the renderer of the layer around it. The status and the challenges
    /// stay the same.
    ///
    /// A body type that does not implement `Default` needs this call. Without it, this layer first makes a response
    /// with an empty body, which the layer around it replaces.
    pub fn respond_with<Q>(self, respond: Q) -> RequirePolicy<I, Q> {
        RequirePolicy {
            policy: self.policy,
            respond,
            renders: true,
        }
    }
}

impl<I, R: Clone, S: Clone> Layer<S> for RequirePolicy<I, R> {
    type Service = RequirePolicyService<S, I, R>;

    fn layer(&self, inner: S) -> Self::Service {
        RequirePolicyService::new(
            inner,
            SharedPolicy {
                policy: Arc::clone(&self.policy),
                respond: self.respond.clone(),
                renders: self.renders,
            },
        )
    }
}

clones! { impl[I, R: Clone] RequirePolicy[I, R] { policy, respond, renders } }

shows! { impl[I, R] RequirePolicy[I, R] as self {} }
