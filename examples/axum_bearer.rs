//! Accepts Bearer tokens with scopes, and logs every decision.
//!
//! ```text
//! cargo run --features axum --example axum_bearer
//! ```
//!
//! The server admits every client that holds a token. Use TLS, so that an eavesdropper cannot read it.

use std::env;
use std::error::Error;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tower_challenge::audit::AuditEvent;
use tower_challenge::policy::scopes;
use tower_challenge::scheme::Bearer;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth};

/// A fixed list of tokens. Up to four tokens stay in memory as they are, and of more the server keeps only hashes. To ask a database or an introspection endpoint
/// instead, pass `bearer::verify_async(an_async_function)`.
#[expect(clippy::disallowed_methods, reason = "an example has no clock to pass")]
fn tokens() -> Result<StaticTokens, ConfigError> {
    let ci = Principal::new("ci").with_scopes("read write");
    let yesterday = SystemTime::now() - Duration::from_secs(24 * 60 * 60);
    StaticTokens::new()?
        .token("n3w", ci.clone())?
        // To rotate a token, give the old token an expiry. This one has expired already.
        .token_until("0ld", ci, yesterday)?
        .token("d4shboard", Principal::new("dashboard").with_scopes("read"))
}

fn app() -> Result<Router, ConfigError> {
    let auth = RequireAuth::new(Bearer::new("builds", tokens()?)?)?.audit(log);
    // A clone shares the tokens and the log, and has a policy of its own.
    let may_read = auth.clone().policy(scopes("read")?);
    let may_write = auth.policy(scopes("write")?);
    let list = get(|| async { "build 1\nbuild 2\n" }).layer(may_read);
    let start = axum::routing::post(start).layer(may_write);
    Ok(Router::new().route("/builds", list.merge(start)))
}

async fn start(caller: Authenticated<Principal>) -> String {
    format!("{} started build 3\n", caller.name())
}

/// Logs each decision with its reason. An event holds no token and no password.
fn log(event: &AuditEvent<'_>) {
    eprintln!("{:?}: {}", event.outcome, event.text);
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!(
        r#"    curl -i http://{address}/builds
        401: no token; `Bearer realm="builds"` has no error parameter, because the client sent no credentials
    curl -i -H 'Authorization: Bearer n3w' http://{address}/builds
        200: the list of builds, with `build 2`
    curl -i -H 'Authorization: Bearer 0ld' http://{address}/builds
        401: `error="invalid_token"`, as for a token that never existed
    curl -i -H 'Authorization: Bearer d4shboard' -X POST http://{address}/builds
        403: `error="insufficient_scope", scope="write"`
    curl -i -H 'Authorization: Bearer n3w' -X POST http://{address}/builds
        200: `ci started build 3`
    curl -i 'http://{address}/builds?access_token=n3w'
        401: Bearer refuses a token in the query, because queries end up in logs

listening on http://{address}"#
    );
    axum::serve(listener, app()?).await?;
    Ok(())
}
