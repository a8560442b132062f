//! An MCP server behind the layer: the crate `rmcp` speaks the protocol, and this crate decides who may call which tool.
//!
//! ```text
//! cargo run --package mcp_server --example mcp_server -- --listen 127.0.0.1:9200
//! cargo run --package mcp_server --example mcp_server -- --issuer https://login.example
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
//!
//! With `--issuer URL`, the server accepts the JSON Web Tokens of that authorization server instead, and clients of MCP log
//! in there. Without `--origin`, they are those for `http://ADDRESS:PORT/mcp`.

mod arguments;
#[path = "../conformance/stop.rs"]
mod stop;
mod tools;

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tower_challenge::clock::TokioClock;
use tower_challenge::jwks::RemoteKeys;
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::mcp::{self, McpScopes, RequireMcpScopes};
use tower_challenge::policy::ScopeImplications;
use tower_challenge::resource_metadata::{BearerMethod, ResourceMetadata};
use tower_challenge::scheme::BodyLimits;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::{ConfigError, Principal};

use self::arguments::Arguments;
use self::tools::Tools;

/// The options of curl for a message of MCP.
const POST: &str = "-H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
    -H 'MCP-Protocol-Version: 2025-11-25'";

/// Arguments for curl, and the answer to each.
const TRY: [(&str, &str); 7] = [
    (
        "POST -d '{}' SERVER/mcp",
        "401: no token; `resource_metadata` names the document of the next command",
    ),
    (
        "SERVER/.well-known/oauth-protected-resource/mcp",
        "200: `authorization_servers` says where a client gets a token",
    ),
    (
        "POST -H 'Authorization: Bearer read-token' SERVER/mcp -d '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\
         \"params\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"curl\",\"version\":\"8\"}}}'",
        "200: `serverInfo`",
    ),
    (
        "POST -H 'Authorization: Bearer read-token' SERVER/mcp CALL whoami END",
        "200: `hello ada`",
    ),
    (
        "POST -H 'Authorization: Bearer read-token' SERVER/mcp CALL put END",
        "403: `scope=\"mcp:read mcp:write\"` are the scopes of the whole call",
    ),
    (
        "POST -H 'Authorization: Bearer admin-token' SERVER/mcp CALL put END",
        "200: `ada may write`, because the scope mcp implies both",
    ),
    (
        "POST -H 'Authorization: Bearer expired' SERVER/mcp CALL whoami END",
        "401: `error=\"invalid_token\"`",
    ),
];

/// Prints the commands. They have tokens of the list, so they are of no use with an authorization server.
fn print_commands(address: SocketAddr) {
    const CALL: &str = r#"-d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":""#;
    for (arguments, answer) in TRY {
        let arguments = arguments.replace("SERVER", &format!("http://{address}"));
        let arguments = arguments.replace("POST", POST);
        let arguments = arguments.replace("CALL ", CALL).replace(" END", r#""}}'"#);
        println!("    curl -i {arguments}\n        {answer}");
    }
    println!();
}

/// The metadata of the resource `/mcp`. The origin comes from the arguments and never from a request.
fn metadata(arguments: &Arguments, address: SocketAddr) -> Result<ResourceMetadata, ConfigError> {
    let origin = arguments.origin.clone();
    let origin = origin.unwrap_or_else(|| format!("http://{address}"));
    let issuer = arguments.issuer.as_deref();
    ResourceMetadata::builder(&format!("{origin}/mcp"))
        .authorization_server(issuer.unwrap_or(&arguments.authorization_server))
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

/// The tokens that the issuer issues for this resource. `http` is accepted for an issuer on the same machine.
fn verifier(issuer: &str, metadata: &ResourceMetadata) -> Result<JwtVerifier, ConfigError> {
    let keys = RemoteKeys::discover(issuer).danger_http_on_loopback();
    mcp::verifier(metadata, keys.build()?)?.build()
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
    let sessions = Arc::new(LocalSessionManager::default());
    let server = StreamableHttpService::new(|| Ok(Tools), sessions, config);
    let router = Router::new().nest_service("/mcp", server);
    let (metadata, scopes) = (metadata(arguments, address)?, scopes()?);
    match &arguments.issuer {
        Some(issuer) => mcp::protect(router, &metadata, verifier(issuer, &metadata)?, scopes),
        None => mcp::protect(router, &metadata, tokens()?, scopes),
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let stop = stop::told()?;
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let listener = TcpListener::bind(&arguments.listen).await?;
    let address = listener.local_addr()?;
    let app = app(&arguments, address)?;
    if arguments.issuer.is_none() {
        print_commands(address);
    }
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
