//! Protects an MCP server in axum.

use axum::Router;
use axum::body::Body;

use super::{McpDiscovery, RequireMcpScopes, bearer};
use crate::config_error::ConfigError;
use crate::policy::HasScopes;
use crate::require_auth::RequireAuth;
use crate::resource_metadata::ResourceMetadata;
use crate::respond::Respond;
use crate::scheme::bearer::VerifyToken;
use crate::scheme::{BodyUnread, Scheme};

/// Protects a router with an MCP server in it: every route of it, and its fallback.
///
/// The router gets the layers [`RequireMcpScopes`], [`RequireAuth`] with [`bearer`], and [`McpDiscovery`], in this order
/// from the inside. So clients find the metadata document at its path, preflights are answered, and every other request
/// needs a token that `verifier` accepts and the scopes of `scopes`. `verifier` must accept only tokens that were issued for
/// [`metadata.resource()`](ResourceMetadata::resource).
///
/// For a throttle, an audit or another renderer, use [`protect_with`]. Merge routes that need no token into the result.
///
/// # Errors
///
/// As for [`bearer`].
///
/// # Example
///
/// ```
/// # #[cfg(feature = "tokio")] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use axum::{Router, body::Body, routing::post};
/// use http::{Request, header::AUTHORIZATION};
/// use tower::ServiceExt;
/// use tower_challenge::clock::TokioClock;
/// use tower_challenge::mcp::{self, McpScopes, RequireMcpScopes};
/// use tower_challenge::resource_metadata::ResourceMetadata;
/// use tower_challenge::scheme::BodyLimits;
/// use tower_challenge::scheme::bearer::StaticTokens;
/// use tower_challenge::{Authenticated, Principal};
///
/// let metadata = ResourceMetadata::builder("https://api.example/mcp").authorization_server("https://login.example").build()?;
/// let tokens = StaticTokens::new()?.token("t0ken", Principal::new("ada").with_scopes("mcp:read"))?;
/// let scopes = McpScopes::new("mcp:read")?.tool("whoami", "")?;
/// let scopes = RequireMcpScopes::new(scopes, BodyLimits::new(TokioClock::new()));
/// // `nest_service("/mcp", server)` with a server such as that of `rmcp`
/// let server = post(|caller: Authenticated<Principal>| async move { caller.name().to_owned() });
/// let app = mcp::protect(Router::new().route("/mcp", server), &metadata, tokens, scopes)?;
///
/// let request = |token: &str| Request::post("/mcp").header(AUTHORIZATION, format!("Bearer {token}")).body(Body::empty());
/// assert_eq!(app.clone().oneshot(request("t0ken")?).await?.status(), 200);
/// assert_eq!(app.clone().oneshot(request("other")?).await?.status(), 401);
/// let request = Request::get("/.well-known/oauth-protected-resource/mcp").body(Body::empty())?;
/// assert_eq!(app.oneshot(request).await?.status(), 200);
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(example()).unwrap(); }
/// ```
pub fn protect<T, V>(
    router: Router<T>,
    metadata: &ResourceMetadata,
    verifier: V,
    scopes: RequireMcpScopes<V::Identity>,
) -> Result<Router<T>, ConfigError>
where
    T: Clone + Send + Sync + 'static,
    V: VerifyToken<Identity: HasScopes>,
{
    let bearer = bearer(metadata, verifier, scopes.scopes())?;
    let auth = RequireAuth::new(bearer)?;
    Ok(protect_with(router, metadata, auth, scopes))
}

/// Protects a router with an MCP server in it, as [`protect`] does, with a layer of the application.
///
/// `auth` has the scheme of [`bearer`], or a scheme with the same challenge first: some clients read only a first challenge
/// that is `Bearer`.
pub fn protect_with<T, A, R>(
    router: Router<T>,
    metadata: &ResourceMetadata,
    auth: RequireAuth<A, R>,
    scopes: RequireMcpScopes<A::Identity>,
) -> Router<T>
where
    T: Clone + Send + Sync + 'static,
    A: Scheme<BodyAccess = BodyUnread, Identity: HasScopes>,
    R: Respond<Body> + Clone + Send + Sync + 'static,
{
    let router = router.layer(scopes).layer(auth);
    router.layer(McpDiscovery::new(metadata))
}
