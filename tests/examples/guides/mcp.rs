//! The program of the test in the guide `mcp`, which needs no issuer.

use axum::{Router, routing::post};
use tower_challenge::clock::TokioClock;
use tower_challenge::mcp::{self, McpScopes, RequireMcpScopes};
use tower_challenge::resource_metadata::ResourceMetadata;
use tower_challenge::scheme::{BodyLimits, bearer::StaticTokens};
use tower_challenge::{Authenticated, ConfigError, Principal};

pub(super) fn app() -> Result<Router, ConfigError> {
    // As on the page:
    let metadata = ResourceMetadata::builder("https://api.example/mcp")
        .authorization_server("https://login.example");
    let tokens =
        StaticTokens::new()?.token("t0ken", Principal::new("ada").with_scopes("mcp:read"))?;
    let scopes = McpScopes::new("mcp:read")?
        .tool("whoami", "")?
        .tool("put", "mcp:write")?;
    let scopes = RequireMcpScopes::new(scopes, BodyLimits::new(TokioClock::new()));
    let server = post(|caller: Authenticated<Principal>| async move { caller.name().to_owned() });
    let app = mcp::protect(
        Router::new().route("/mcp", server),
        &metadata.build()?,
        tokens,
        scopes,
    )?;
    // End.
    Ok(app)
}
