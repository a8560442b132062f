//! The program of the guide `cors`.

use axum::{Router, routing::get};
use http::Method;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use tower_challenge::{ConfigError, RequireAuth};
use tower_http::cors::CorsLayer;

pub(super) fn app() -> Result<Router, ConfigError> {
    // As on the page:
    let cors = CorsLayer::new()
        .allow_origin(HeaderValue::from_static("https://app.example"))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE]);
    let auth = RequireAuth::bearer("notes", ["t0ken"])?;
    Ok(Router::new()
        .route("/notes", get(async || "notes"))
        .layer(auth.expose_to_scripts())
        .layer(cors))
}
