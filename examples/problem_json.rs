//! Renders refusals for each kind of client: problem details for programs, a page for people, a line of text for curl.
//!
//! ```text
//! cargo run --features axum --example problem_json
//! ```
//!
//! The layer writes the status and the challenges for every body. No body says exactly what was wrong: only the audit
//! receives that.

use std::env;
use std::error::Error;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::policy::role;
use tower_challenge::respond::{HtmlPage, NegotiatedBody};
use tower_challenge::scheme::Basic;
use tower_challenge::{ConfigError, RequireAuth};

/// The application's own page. The template is checked when the program starts. For example, `{{titel}}` is an error,
/// since no such placeholder exists.
const PAGE: &str = "<!DOCTYPE html>
<html lang=\"en\">
<head>
  <meta charset=\"utf-8\">
  <title>{{title}}</title>
  <style>body { font-family: sans-serif; max-width: 30em; margin: 4em auto }</style>
</head>
<body><h1>{{title}}</h1><p>{{detail}}</p><p><a href=\"/\">Home</a></p></body>
</html>
";

fn app() -> Result<Router, ConfigError> {
    let accounts = PlaintextAccounts::new([("ada", "lovelace"), ("grace", "hopper")])?;
    // The client's `Accept` field chooses. For an API without browsers, `ProblemJson` alone is enough.
    let respond = NegotiatedBody::new().page(HtmlPage::template(PAGE)?);
    let auth = RequireAuth::new(Basic::new("files", accounts)?)?.respond_with(respond);
    let admin = get(async || "users\n").layer(auth.clone().policy(role("admin")?));
    Ok(Router::new()
        .route("/notes", get(async || "notes\n").layer(auth))
        .route("/admin", admin)
        .route("/", get(async || "home\n")))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!(
        r#"    curl -i http://{address}/notes
        401: a line of `text/plain`, and a challenge
    curl -i -H 'Accept: application/json' http://{address}/notes
        401: `application/problem+json`, and the same challenge
    curl -i -H 'Accept: text/html' http://{address}/notes
        401: a page in `text/html`; in a browser, cancel the password dialog to see it
    curl -i -H 'Accept: application/json' -H 'Authorization: Basic !' http://{address}/notes
        400: `application/problem+json`; another password would not help
    curl -i -H 'Accept: application/json' -u ada:lovelace http://{address}/admin
        403: `application/problem+json`, and no challenge
    curl -i -u ada:lovelace http://{address}/notes
        200: notes

listening on http://{address}"#
    );
    axum::serve(listener, app()?).await?;
    Ok(())
}
