//! What does a server of the Model Context Protocol (MCP) need so that its clients can log in?
//!
//! An MCP server over HTTP is a resource server of OAuth. Its clients find the authorization server by the metadata of
//! the resource, ask for the scopes that a challenge names, and ask again when a tool needs more. These are the parts:
//!
//! | part | what it does |
//! |---|---|
//! | [`McpDiscovery`] | a layer outside of authentication: the metadata document, CORS preflights, and `404` where old clients look for an authorization server |
//! | [`bearer`] | the scheme, with the metadata and the scopes in each challenge |
//! | [`RequireMcpScopes`] | a layer inside of authentication: the scopes that each method and each tool needs ([`McpScopes`]) |
//! | `protect` | all of these around a router of axum (feature `axum`) |
//!
//! The verifier checks that the token was issued for this server: its audience must be
//! [`ResourceMetadata::resource`](crate::resource_metadata::ResourceMetadata::resource). A static token needs no such check,
//! because no other server accepts it.
//!
//! # Which request needs which scope
//!
//! Clients of the revision 2026-07-28 name the method and the tool in the fields `Mcp-Method` and `Mcp-Name`, and older
//! clients do not. [`RequireMcpScopes`] reads neither field. It reads the message, within limits of length and time, and
//! passes the same bytes on. So the decision holds for all clients, and no field can contradict the message. The server
//! inside compares the fields with the message, as the revision requires.
//!
//! A caller who lacks a scope gets `403` with all scopes that the message needs. Tools find the caller in the extensions of
//! the request, as [`Authenticated`](crate::Authenticated).
//!
//! # Example
//!
//! ```
//! # #[cfg(feature = "testing")] {
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::convert::Infallible;
//! use std::time::SystemTime;
//!
//! use bytes::Bytes;
//! use http::{Request, Response, header::{AUTHORIZATION, WWW_AUTHENTICATE}};
//! use http_body_util::Full;
//! use tower::{ServiceBuilder, ServiceExt};
//! use tower_challenge::clock::ManualClock;
//! use tower_challenge::mcp::{self, McpBody, McpDiscovery, McpScopes, RequireMcpScopes};
//! use tower_challenge::resource_metadata::ResourceMetadata;
//! use tower_challenge::scheme::BodyLimits;
//! use tower_challenge::scheme::bearer::StaticTokens;
//! use tower_challenge::{Principal, RequireAuth};
//!
//! let metadata = ResourceMetadata::builder("https://api.example/mcp")
//!     .authorization_server("https://login.example")
//!     .build()?;
//! let tokens = StaticTokens::new()?.token("t0ken", Principal::new("ada").with_scopes("mcp:read"))?;
//! let timer = ManualClock::new(SystemTime::UNIX_EPOCH); // `TokioClock::new()` in a server
//! let scopes = McpScopes::new("mcp:read")?.tool("whoami", "")?.tool("put", "mcp:write")?;
//! let service = ServiceBuilder::new()
//!     .layer(McpDiscovery::new(&metadata))
//!     .layer(RequireAuth::new(mcp::bearer(&metadata, tokens, &scopes)?)?)
//!     .layer(RequireMcpScopes::new(scopes, BodyLimits::new(timer)))
//!     .service_fn(async |_: Request<McpBody>| Ok::<_, Infallible>(Response::new("done".to_owned())));
//!
//! let call = |tool: &str| {
//!     let message = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}"}}}}"#);
//!     Request::post("/mcp").header(AUTHORIZATION, "Bearer t0ken").body(Full::<Bytes>::from(message))
//! };
//! let response = service.clone().oneshot(call("whoami")?).await?;
//! assert_eq!(response.body(), "done");
//!
//! let response = service.oneshot(call("put")?).await?;
//! assert_eq!(response.status(), 403);
//! let challenge = response.headers()[WWW_AUTHENTICATE].to_str()?;
//! assert!(challenge.ends_with(r#"error="insufficient_scope", scope="mcp:read mcp:write""#));
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
//! ```

mod bearer;
mod body;
mod discovery;
mod future;
mod layer;
mod message;
mod operation_policy;
#[cfg(feature = "axum")]
mod protect;
mod scopes;
mod service;

pub use self::bearer::bearer;
pub use self::body::McpBody;
pub use self::discovery::{McpDiscovery, McpDiscoveryFuture, McpDiscoveryService};
pub use self::future::RequireMcpScopesFuture;
pub use self::layer::RequireMcpScopes;
#[cfg(feature = "axum")]
pub use self::protect::{protect, protect_with};
pub use self::scopes::McpScopes;
pub use self::service::RequireMcpScopesService;
