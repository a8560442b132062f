//! Protects an MCP server in axum.

use axum::Router;
use axum::body::Body;
use axum::routing::any_service;

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
/// For a throttle, an audit or another renderer, use [`protect_with`].
///
/// # Other routes
///
/// Routes that need no token are merged with the result, in either order: `protected.merge(open)`. The document has a route
/// of its own, so it is still there if axum keeps the fallback of the other router. Several resources may be merged, too.
/// Merge the routers of one resource before you call this function.
///
/// # Errors
///
/// As for [`bearer`].
///
/// # Panics
///
/// Panics if `router` has a route for exactly the path of the document, and that route has a handler for every method, as
/// `any` makes it. A route with handlers for some methods, as `get` makes it, is allowed. Such a handler is never called,
/// because the layer in front of it answers with the document.
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
    protect_with(router, metadata, auth, scopes)
}

/// Protects a router with an MCP server in it, as [`protect`] does, with a layer of the application.
///
/// `auth` has the scheme of [`bearer`], alone or as the first of several schemes. The scopes of the `401` are those that
/// [`bearer`] got.
///
/// # Errors
///
/// Fails if the first challenge of `auth` is not `Bearer`. Some clients of MCP look for `Bearer` in the first challenge
/// alone. They would not find the metadata, and could not log in.
///
/// # Panics
///
/// As [`protect`] does.
///
/// # Example
///
/// ```
/// # #[cfg(all(feature = "basic", feature = "tokio"))] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use axum::{Router, body::Body, routing::post};
/// use http::{Request, header::{AUTHORIZATION, WWW_AUTHENTICATE}};
/// use tower::ServiceExt;
/// use tower_challenge::clock::TokioClock;
/// use tower_challenge::mcp::{self, McpScopes, RequireMcpScopes};
/// use tower_challenge::password::OneAccount;
/// use tower_challenge::resource_metadata::ResourceMetadata;
/// use tower_challenge::scheme::bearer::StaticTokens;
/// use tower_challenge::scheme::{Basic, BodyLimits};
/// use tower_challenge::{Principal, RequireAuth};
///
/// let metadata = ResourceMetadata::builder("https://api.example/mcp").authorization_server("https://login.example").build()?;
/// let tokens = StaticTokens::new()?.token("t0ken", Principal::new("ada").with_scopes("mcp:read"))?;
/// let scopes = McpScopes::new("mcp:read")?.tool("whoami", "")?;
/// let bearer = mcp::bearer(&metadata, tokens, &scopes)?;
/// let basic = Basic::new("api", OneAccount::new("ada", "lovelace")?)?;
/// let scopes = RequireMcpScopes::new(scopes, BodyLimits::new(TokioClock::new()));
/// let router = Router::new().route("/mcp", post(async || "served"));
///
/// let turned = RequireAuth::new((basic.clone(), bearer.clone()))?;
/// assert!(mcp::protect_with(router.clone(), &metadata, turned, scopes.clone()).is_err(), "Bearer must come first");
/// let app = mcp::protect_with(router, &metadata, RequireAuth::new((bearer, basic))?, scopes)?;
///
/// let request = Request::post("/mcp").header(AUTHORIZATION, "Bearer t0ken").body(Body::empty())?;
/// assert_eq!(app.clone().oneshot(request).await?.status(), 200);
/// let refused = app.oneshot(Request::post("/mcp").body(Body::empty())?).await?;
/// assert_eq!(refused.status(), 401);
/// let challenge = &refused.headers()[WWW_AUTHENTICATE];
/// assert!(challenge.to_str()?.starts_with("Bearer "));
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(example()).unwrap(); }
/// ```
pub fn protect_with<T, A, R>(
    router: Router<T>,
    metadata: &ResourceMetadata,
    auth: RequireAuth<A, R>,
    scopes: RequireMcpScopes<A::Identity>,
) -> Result<Router<T>, ConfigError>
where
    T: Clone + Send + Sync + 'static,
    A: Scheme<BodyAccess = BodyUnread, Identity: HasScopes>,
    R: Respond<Body> + Clone + Send + Sync + 'static,
{
    let first = auth.first_scheme();
    if !first.eq_ignore_ascii_case("Bearer") {
        return Err(ConfigError::new(format!(
            "the first challenge is {first}: put Bearer first, because some clients of MCP read only the first challenge"
        )));
    }
    let router = router.layer(scopes).layer(auth);
    let router = router.layer(McpDiscovery::new(metadata));
    Ok(with_document(router, metadata))
}

/// Adds a route for the document. The layer around the fallback of `router` answers, too, but that fallback is lost if the
/// application merges the router with another one.
fn with_document<T>(router: Router<T>, metadata: &ResourceMetadata) -> Router<T>
where
    T: Clone + Send + Sync + 'static,
{
    let path = metadata.path();
    // axum panics on a path with such a segment. There the layer alone answers.
    if path.split('/').any(|part| part.starts_with([':', '*'])) {
        return router;
    }
    // `any_service` sets a fallback for all methods. axum merges that with a route of the application for single methods,
    // and would panic if both had a handler for `GET`.
    router.route(path, any_service(metadata.service::<Body>()))
}
