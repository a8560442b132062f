//! An MCP server behind the layer: the crate `rmcp` speaks the protocol, and this crate decides who may call which tool.
//!
//! ```text
//! cargo run --package mcp_server --example mcp_server -- --listen 127.0.0.1:9200
//! ```
//!
//! | tool | scopes |
//! |---|---|
//! | `whoami` | `mcp:read` |
//! | `put` | `mcp:read mcp:write` |
//!
//! The scope `mcp` implies both. The tokens are `read-token` (`mcp:read`), `as-token` (`mcp:read mcp:write`) and
//! `admin-token` (`mcp`). A client without a token learns from the `401` where the metadata is, and from the metadata which
//! authorization server issues tokens.

mod arguments;
#[path = "../conformance/stop.rs"]
mod stop;
mod tools;

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;

use axum::Router;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tower_challenge::clock::TokioClock;
use tower_challenge::mcp::{self, McpScopes, RequireMcpScopes};
use tower_challenge::policy::ScopeImplications;
use tower_challenge::resource_metadata::{BearerMethod, ResourceMetadata};
use tower_challenge::scheme::BodyLimits;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::{ConfigError, Principal};

use self::arguments::Arguments;
use self::tools::Tools;

/// The metadata of the resource `/mcp`. The origin comes from the arguments and never from a request.
fn metadata(arguments: &Arguments, address: SocketAddr) -> Result<ResourceMetadata, ConfigError> {
    let origin = arguments.origin.clone();
    let origin = origin.unwrap_or_else(|| format!("http://{address}"));
    ResourceMetadata::builder(&format!("{origin}/mcp"))
        .authorization_server(&arguments.authorization_server)
        .scopes_supported("mcp:read")
        .bearer_methods_supported([BearerMethod::Header])
        .resource_name("The MCP server of an example")
        .build()
}

fn tokens() -> Result<StaticTokens, ConfigError> {
    let ada = |scopes| Principal::new("ada").with_scopes(scopes);
    StaticTokens::new()?
        .token("read-token", ada("mcp:read"))?
        .token("as-token", ada("mcp:read mcp:write"))?
        .token("admin-token", ada("mcp"))
}

fn scopes() -> Result<RequireMcpScopes, ConfigError> {
    let broader = ScopeImplications::new().implies("mcp", "mcp:read mcp:write")?;
    let scopes = McpScopes::new("mcp:read")?
        .tool("whoami", "")?
        .tool("put", "mcp:write")?
        .implied_by(broader);
    let limits = BodyLimits::new(TokioClock::new());
    Ok(RequireMcpScopes::new(scopes, limits))
}

fn app(arguments: &Arguments, address: SocketAddr) -> Result<Router, ConfigError> {
    let mut config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true);
    // `rmcp` answers requests for names of this machine only, unless it is told others.
    let origin = arguments.origin.as_deref().unwrap_or_default();
    if let Some((_, authority)) = origin.split_once("://") {
        config.allowed_hosts.push(authority.to_owned());
    }
    let server = StreamableHttpService::new(|| Ok(Tools), Default::default(), config);
    let server: StreamableHttpService<Tools> = server;
    let router = Router::new().nest_service("/mcp", server);
    mcp::protect(router, &metadata(arguments, address)?, tokens()?, scopes()?)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let stop = stop::told()?;
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let listener = TcpListener::bind(&arguments.listen).await?;
    let address = listener.local_addr()?;
    let app = app(&arguments, address)?;
    println!("listening on http://{address}");
    axum::serve(listener, app)
        .with_graceful_shutdown(stop)
        .await?;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
