//! The cookbook: a page for each example, with the answers to its commands.
//!
//! | your task | page |
//! |---|---|
//! | **begin** | |
//! | try Basic, Digest and Bearer without writing code | [`showcase`] |
//! | protect a first axum application with passwords | [`axum_basic`] |
//! | protect a bare hyper server | [`hyper_basic`] |
//! | **passwords** | |
//! | keep users in a database | [`database_users`] |
//! | keep users in an `htpasswd` file | [`htpasswd`] |
//! | let clients prove their password without sending it | [`axum_digest`] |
//! | the same, with a store from which no password can be read | [`scram`] |
//! | let the server prove, too, that it knows the password | [`mutual`] |
//! | notice a changed body without TLS | [`digest_auth_int`] |
//! | sign in with keys in place of passwords, also in a browser | [`hoba`] |
//! | **tokens** | |
//! | give programs tokens with scopes | [`axum_bearer`] |
//! | accept the tokens of an authorization server | [`jwt_jwks`] |
//! | ask an authorization server about opaque tokens | [`introspection`] |
//! | accept tokens that are bound to a key of the client | [`dpop`] |
//! | protect the tools of an MCP server | [`mcp_server`] |
//! | open a WebSocket from a page in a browser | [`websocket`] |
//! | bind tokens to client certificates, or log in with a certificate alone | [`client_certificate`] |
//! | require a recent login with a second factor for some requests | [`step_up`] |
//! | **signed requests** | |
//! | verify AWS signatures | [`s3_gateway`] |
//! | put an S3 server behind the layer | [`s3_server`] |
//! | **rules and answers** | |
//! | offer several schemes at once | [`axum_several_schemes`] |
//! | give each route its own rule | [`axum_per_route`] |
//! | describe the rules in OpenAPI | [`openapi`] |
//! | send people to a login page | [`sessions_and_keys`] |
//! | answer with JSON or HTML | [`problem_json`] |
//! | log each decision, and ban attackers with fail2ban | [`audit_log`] |
//! | **other servers** | |
//! | protect gRPC | [`tonic_health`] |
//! | let only known clients use a forward proxy | [`proxy`] |
//! | run several machines that share their memory in Redis | [`cluster`] |
//! | test a client against one setting | [`conformance`] |
//!
//! Each page begins with the command that starts the example in the repository. The example prints the other commands:
//! paste them into a second terminal. A test runs them, and compares the answers with the page, except for the field
//! `date`. A value that differs in each run is in capital letters, such as `nonce="NONCE"`. A line that begins with `log:`
//! is written by the server, and `..` ends a line that is too long for the page.

#[doc = include_str!("showcase.md")]
pub mod showcase {}
#[doc = include_str!("axum_basic.md")]
#[doc = "## The program\n\n```rust,ignore"]
#[doc = include_str!("../../../examples/axum_basic.rs")]
#[doc = "```"]
pub mod axum_basic {}
#[doc = include_str!("hyper_basic.md")]
#[doc = "## The program\n\n```rust,ignore"]
#[doc = include_str!("../../../examples/hyper_basic.rs")]
#[doc = "```"]
pub mod hyper_basic {}
#[doc = include_str!("database_users.md")]
pub mod database_users {}
#[doc = include_str!("htpasswd.md")]
#[doc = "## The program\n\n```rust,ignore"]
#[doc = include_str!("../../../examples/htpasswd/main.rs")]
#[doc = "```"]
pub mod htpasswd {}
#[doc = include_str!("axum_digest.md")]
#[doc = "## The program\n\n```rust,ignore"]
#[doc = include_str!("../../../examples/axum_digest.rs")]
#[doc = "```"]
pub mod axum_digest {}
#[doc = include_str!("scram.md")]
#[doc = "## The program\n\n```rust,ignore"]
#[doc = include_str!("../../../examples/scram.rs")]
#[doc = "```"]
pub mod scram {}
#[doc = include_str!("mutual.md")]
#[doc = "## The program\n\n```rust,ignore"]
#[doc = include_str!("../../../examples/mutual.rs")]
#[doc = "```"]
pub mod mutual {}
#[doc = include_str!("hoba.md")]
pub mod hoba {}
#[doc = include_str!("digest_auth_int.md")]
#[doc = "## The program\n\n```rust,ignore"]
#[doc = include_str!("../../../examples/digest_auth_int.rs")]
#[doc = "```"]
pub mod digest_auth_int {}
#[doc = include_str!("axum_bearer.md")]
#[doc = "## The program\n\n```rust,ignore"]
#[doc = include_str!("../../../examples/axum_bearer.rs")]
#[doc = "```"]
pub mod axum_bearer {}
#[doc = include_str!("introspection.md")]
#[doc = "## The program\n\n```rust,ignore"]
#[doc = include_str!("../../../examples/introspection.rs")]
#[doc = "```"]
pub mod introspection {}
#[doc = include_str!("jwt_jwks.md")]
#[doc = "## The program\n\n```rust,ignore"]
#[doc = include_str!("../../../examples/jwt_jwks.rs")]
#[doc = "```"]
pub mod jwt_jwks {}
#[doc = include_str!("dpop.md")]
#[doc = "## The program\n\n```rust,ignore"]
#[doc = include_str!("../../../examples/dpop.rs")]
#[doc = "```"]
pub mod dpop {}
#[doc = include_str!("client_certificate.md")]
pub mod client_certificate {}
#[doc = include_str!("step_up.md")]
#[doc = "## The program\n\n```rust,ignore"]
#[doc = include_str!("../../../examples/step_up.rs")]
#[doc = "```"]
pub mod step_up {}
#[doc = include_str!("mcp_server.md")]
pub mod mcp_server {}
#[doc = include_str!("s3_gateway.md")]
pub mod s3_gateway {}
#[doc = include_str!("s3_server.md")]
pub mod s3_server {}
#[doc = include_str!("axum_several_schemes.md")]
#[doc = "## The program\n\n```rust,ignore"]
#[doc = include_str!("../../../examples/axum_several_schemes.rs")]
#[doc = "```"]
pub mod axum_several_schemes {}
#[doc = include_str!("axum_per_route.md")]
#[doc = "## The program\n\n```rust,ignore"]
#[doc = include_str!("../../../examples/axum_per_route.rs")]
#[doc = "```"]
pub mod axum_per_route {}
#[doc = include_str!("openapi.md")]
pub mod openapi {}
#[doc = include_str!("sessions_and_keys.md")]
pub mod sessions_and_keys {}
#[doc = include_str!("problem_json.md")]
#[doc = "## The program\n\n```rust,ignore"]
#[doc = include_str!("../../../examples/problem_json.rs")]
#[doc = "```"]
pub mod problem_json {}
#[doc = include_str!("audit_log.md")]
#[doc = "## The program\n\n```rust,ignore"]
#[doc = include_str!("../../../examples/audit_log.rs")]
#[doc = "```"]
pub mod audit_log {}
#[doc = include_str!("tonic_health.md")]
pub mod tonic_health {}
#[doc = include_str!("proxy.md")]
#[doc = "## The program\n\n```rust,ignore"]
#[doc = include_str!("../../../examples/proxy.rs")]
#[doc = "```"]
pub mod proxy {}
#[doc = include_str!("cluster.md")]
pub mod cluster {}
#[doc = include_str!("conformance.md")]
pub mod conformance {}
#[doc = include_str!("websocket.md")]
pub mod websocket {}
