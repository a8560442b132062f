//! The layer.

use std::sync::Arc;

use tower_layer::Layer;

use super::RequirePolicyService;
use super::shared::SharedPolicy;
use crate::derives::{clones, shows};
use crate::policy::Policy;
use crate::principal::Principal;
use crate::respond::EmptyBody;

/// Requires a policy of the callers that a [`RequireAuth`](crate::RequireAuth) around it has let through.
///
/// One `RequireAuth` around the whole router finds out who is calling, once; each route says with a `RequirePolicy` what it takes.
/// A second `RequireAuth` inside the first cannot do that where credentials are good for one use: the first uses up a
/// nonce count of Digest, and the second takes it for a replay, for ever.
///
/// What it refuses looks as if the layer around it had: the same status, the challenges of its schemes, its renderer, and
/// an event in its audit, after the one that says that the caller was admitted. Whom that layer let pass unseen, because
/// authentication is optional there or the path public, is asked to log in: `401`, or `403` where TLS is required and
/// there is none. Of several, inside each other, all must allow. Behind no `RequireAuth` with this identity it answers `500`,
/// and says so with a [`MissingLayer`](crate::require_auth::MissingLayer).
///
/// A CORS layer belongs around the `RequireAuth`: a preflight has no credentials, and is refused.
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
    /// Requires `policy` of every caller.
    pub fn new(policy: impl Policy<Principal>) -> Self {
        Self::of_identity(policy)
    }
}

impl<I> RequirePolicy<I> {
    /// As [`new`](RequirePolicy::new), where callers have an identity of the application's own.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::{RequirePolicy, RequestHead};
    ///
    /// #[derive(Clone)]
    /// struct Employee { number: u64 }
    ///
    /// let founders = RequirePolicy::of_identity(|caller: &Employee, _: &RequestHead<'_>| caller.number < 10);
    /// # let _ = founders;
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
    /// Renders refusals with `respond`, and not as the layer around it does. Status and challenges are stamped as ever.
    ///
    /// A body that is not `Default` needs it, for the layer around can render a body of its own type alone.
    pub fn respond_with<Q>(self, respond: Q) -> RequirePolicy<I, Q> {
        RequirePolicy {
            policy: self.policy,
            respond,
            renders: true,
        }
    }
}

impl<I, R: Clone, S> Layer<S> for RequirePolicy<I, R> {
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
