//! Defines the operations of a service of notes.

use axum::Router;
use axum::extract::Path;
use http::StatusCode;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::scheme::{Basic, Bearer, SchemeExt};
use tower_challenge::{Authenticated, ConfigError, Principal};
use utoipa::OpenApi;
use utoipa_axum::routes;

use crate::api::{Access, Api};

#[derive(OpenApi)]
#[openapi(info(title = "Notes", version = "1.0.0"))]
struct Document;

/// Makes the application. People log in with a password, and programs with a token.
///
/// # Errors
///
/// As for the schemes and policies: for example, there is no account.
pub(crate) fn app(
    accounts: PlaintextAccounts,
    tokens: StaticTokens,
) -> Result<Router, ConfigError> {
    let schemes = (
        Basic::new("notes", accounts)?,
        Bearer::new("notes", tokens)?,
    );
    Api::new(Document::openapi(), schemes.boxed())?
        .operations(Access::Public, routes!(health))?
        .operations(Access::Login, routes!(profile))?
        .operations(Access::Scopes("notes:read"), routes!(list))?
        .operations(Access::Scopes("notes:read notes:write"), routes!(add))?
        .operations(Access::Scopes("notes:write"), routes!(remove))?
        .build()
}

/// Tells whether the service runs.
#[utoipa::path(get, path = "/health", responses((status = 200, body = String)))]
async fn health() -> &'static str {
    "fine\n"
}

/// Tells who the caller is.
#[utoipa::path(get, path = "/profile", responses((status = 200, body = String)))]
async fn profile(caller: Authenticated<Principal>) -> String {
    format!("{}\n", caller.name())
}

/// Lists the notes.
#[utoipa::path(get, path = "/notes", responses((status = 200, body = String)))]
async fn list() -> &'static str {
    "a note\n"
}

/// Adds a note.
#[utoipa::path(post, path = "/notes", request_body = String, responses((status = 201)))]
async fn add(_note: String) -> StatusCode {
    StatusCode::CREATED
}

/// Removes a note.
#[utoipa::path(delete, path = "/notes/{id}", params(("id" = u32, Path)), responses((status = 204)))]
async fn remove(Path(_id): Path<u32>) -> StatusCode {
    StatusCode::NO_CONTENT
}
