//! Guides: a page for each task, with code that the tests compile and run.
//!
//! | your task | guide |
//! |---|---|
//! | see an example, and what it answers | [`cookbook`] |
//! | protect a first service | [`start`] |
//! | keep users in a database, with argon2 | [`users_in_a_database`] |
//! | accept the tokens of Keycloak, Auth0 or Entra ID | [`jwt`] |
//! | ask an authorization server about opaque tokens | [`introspection`] |
//! | accept tokens that are bound to a key of the client | [`dpop`] |
//! | log in with SCRAM, or with the passwords of PostgreSQL | [`scram`] |
//! | log in with a password, and let the server prove that it knows it, too | [`mutual`] |
//! | protect an MCP server | [`mcp`] |
//! | let users and programs sign in with keys in place of passwords | [`hoba`] |
//! | give each route its own rules in axum | [`axum_routes`] |
//! | stop password guessing | [`brute_force`] |
//! | run behind nginx, Caddy, Traefik or a load balancer | [`proxies`] |
//! | let pages of other origins call | [`cors`] |
//! | protect a gRPC service with tonic | [`tonic`] |
//! | protect a WebSocket | [`websocket`] |
//! | choose what a refused client sees | [`responses`] |
//! | know each refusal, and the limits | [`refusals`] |
//! | see what happened | [`audit`] |
//! | test that an application is closed | [`testing`] |
//! | run several machines | [`several_machines`] |
//! | go to production | [`production`] |
//! | write a scheme of your own | [`writing_a_scheme`] |
//! | write a store of your own | [`writing_a_store`] |
//! | move from another crate | [`migrate`] |
//! | find out why a request was refused | [`why_refused`] |
//! | compare with other crates | [`comparison`] |
//! | see how known attacks are met | [`known_attacks`] |
//!
//! The code of a page is a test. Most pages need the features that they name at the top.

pub mod cookbook;

#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("start.md"))]
pub mod start {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("jwt.md"))]
pub mod jwt {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("introspection.md"))]
pub mod introspection {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("dpop.md"))]
pub mod dpop {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("scram.md"))]
pub mod scram {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("mutual.md"))]
pub mod mutual {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("mcp.md"))]
pub mod mcp {}
pub mod axum_routes {
    #![cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("axum_routes.md"))]
    //! ## The layers in a picture
    //!
    #![doc = include_str!("../../pictures/layer_order.svg")]
}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("brute_force.md"))]
pub mod brute_force {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("proxies.md"))]
pub mod proxies {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("cors.md"))]
pub mod cors {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("responses.md"))]
pub mod responses {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("refusals.md"))]
pub mod refusals {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("audit.md"))]
pub mod audit {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("testing.md"))]
pub mod testing {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("several_machines.md"))]
pub mod several_machines {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("production.md"))]
pub mod production {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("writing_a_scheme.md"))]
pub mod writing_a_scheme {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("writing_a_store.md"))]
pub mod writing_a_store {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("why_refused.md"))]
pub mod why_refused {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("comparison.md"))]
pub mod comparison {}
#[cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("known_attacks.md"))]
pub mod known_attacks {}

// The code of these pages needs crates that the library does not. The package `tests/guides` tests it.
#[cfg_attr(not(doctest), doc = include_str!("users_in_a_database.md"))]
pub mod users_in_a_database {}
#[cfg_attr(not(doctest), doc = include_str!("hoba.md"))]
pub mod hoba {}
#[cfg_attr(not(doctest), doc = include_str!("tonic.md"))]
pub mod tonic {}
#[cfg_attr(not(doctest), doc = include_str!("websocket.md"))]
pub mod websocket {}
#[cfg_attr(not(doctest), doc = include_str!("migrate.md"))]
pub mod migrate {}
