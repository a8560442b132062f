//! Protects an MCP server in axum with the tokens of an issuer.

#[cfg(test)]
mod tests;

use axum::Router;

use super::{McpScopes, RequireMcpScopes, protect, verifier};
use crate::body_limits::BodyLimits;
use crate::clock::TokioClock;
use crate::config_error::ConfigError;
use crate::jose::KeySource;
use crate::jwks::RemoteKeys;
use crate::resource_metadata::{BearerMethod, ResourceMetadata};

/// Protects a router with an MCP server in it, as [`protect`] does, with the tokens that `issuer` issues for `resource`.
///
/// `resource` is the URL of the MCP server, as clients see it, and `issuer` is the URL of the authorization server. Both are
/// `https`. The keys of the issuer are fetched when the first token arrives ([`RemoteKeys::discover`]). If they cannot be
/// fetched, a token gets `503`. The metadata document names the issuer, the scopes that every request needs, and that
/// tokens come in a field.
///
/// [`verifier`] says which tokens are good: among others, their audience (`aud`) must be `resource`. Tokens that
/// Keycloak, Auth0 and other authorization servers issue with the `typ` `JWT` are accepted.
///
/// If you need more, for example revocations, a stricter profile of tokens or more members of the document, call
/// [`verifier`] and [`protect`].
///
/// # Errors
///
/// `resource` or `issuer` is not an `https` URL, or has a part that RFC 9728 and RFC 8414 forbid, for example a fragment.
///
/// # Example
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use axum::{Router, body::Body, routing::post};
/// use http::{Request, header::WWW_AUTHENTICATE};
/// use tower::ServiceExt;
/// use tower_challenge::mcp::{self, McpScopes};
/// use tower_challenge::{Authenticated, Principal};
///
/// // `nest_service("/mcp", server)` with a server such as that of `rmcp`
/// let server = post(|caller: Authenticated<Principal>| async move { caller.name().to_owned() });
/// let router = Router::new().route("/mcp", server);
/// let scopes = McpScopes::new("mcp:read")?.tool("whoami", "")?.tool("put", "mcp:write")?;
/// let (resource, issuer) = ("https://api.example/mcp", "https://login.example");
/// let app = mcp::protect_by_issuer(router.clone(), resource, issuer, scopes.clone())?;
/// assert!(mcp::protect_by_issuer(router, resource, "http://login.example", scopes).is_err(), "keys need TLS");
///
/// let request = Request::get("/.well-known/oauth-protected-resource/mcp").body(Body::empty())?;
/// assert_eq!(app.clone().oneshot(request).await?.status(), 200);
///
/// let response = app.oneshot(Request::post("/mcp").body(Body::empty())?).await?;
/// assert_eq!(response.status(), 401);
/// let challenge = response.headers()[WWW_AUTHENTICATE].to_str()?;
/// assert!(challenge.contains(r#"scope="mcp:read""#));
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(example()).unwrap();
/// ```
pub fn protect_by_issuer<T>(
    router: Router<T>,
    resource: &str,
    issuer: &str,
    scopes: McpScopes,
) -> Result<Router<T>, ConfigError>
where
    T: Clone + Send + Sync + 'static,
{
    let keys = RemoteKeys::discover(issuer).build()?;
    protect_by_keys(router, resource, issuer, keys, scopes)
}

/// Protects a router with the tokens that `issuer` signs with one of `keys`.
fn protect_by_keys<T>(
    router: Router<T>,
    resource: &str,
    issuer: &str,
    keys: impl KeySource,
    scopes: McpScopes,
) -> Result<Router<T>, ConfigError>
where
    T: Clone + Send + Sync + 'static,
{
    let metadata = ResourceMetadata::builder(resource)
        .authorization_server(issuer)
        .scopes_supported(&scopes.of_every_request().to_string())
        .bearer_methods_supported([BearerMethod::Header])
        .build()?;
    let verifier = verifier(&metadata, keys)?.build()?;
    let scopes = RequireMcpScopes::new(scopes, BodyLimits::new(TokioClock::new()));
    protect(router, &metadata, verifier, scopes)
}
