//! The program of the guide `responses`.

use axum::{Router, routing::get};
use tower_challenge::respond::{GrpcErrors, HtmlPage, LoginRedirect, NegotiatedBody};
use tower_challenge::{ConfigError, RequireAuth};

pub(super) fn app() -> Result<Router, ConfigError> {
    // As on the page:
    let page = HtmlPage::template("<!DOCTYPE html><title>{{title}}</title><p>{{detail}}</p>")?;
    let people = LoginRedirect::to("/login")?.otherwise(NegotiatedBody::new().page(page));
    let auth = RequireAuth::basic("notes", [("ada", "lovelace")])?
        .respond_with(GrpcErrors::new().otherwise(people));
    Ok(Router::new()
        .route("/notes", get(|| async { "milk" }))
        .layer(auth)
        .route("/login", get(|| async { "the form" })))
}
