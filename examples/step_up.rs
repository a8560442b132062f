//! Requires a recent login with a second factor for payments (RFC 9470), and a grant for the account (RFC 9396).
//!
//! ```text
//! cargo run --features axum,jwt,testing --example step_up
//! ```
//!
//! The issuer is a small one for tests, in the same program. It stands for your authorization server.

use std::env;
use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::routing::{get, post};
use serde_json::json;
use tokio::net::TcpListener;
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::policy::{PolicyExt, authorization, role, scopes, step_up};
use tower_challenge::testing::TestIssuer;
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth, RequirePolicy};

/// The name of this server at the issuer.
const AUDIENCE: &str = "https://bank.example";

fn app(issuer: &TestIssuer) -> Result<Router, ConfigError> {
    let verifier = JwtVerifier::builder(issuer.issuer(), issuer.keys()).audience(AUDIENCE);
    let auth = RequireAuth::bearer("bank", verifier.build())?;

    // A login with a second factor in the last five minutes. `phr` resists phishing, and is preferred.
    let recent = step_up()
        .acr_values("phr mfa")
        .max_age(Duration::from_secs(300));
    // A program has no login that could become stronger: `403` ends its attempts. The login comes before the scope, so that a
    // client that lacks both gets one challenge for both.
    let may_pay = role("program")?
        .not()
        .and(recent.build()?)
        .and(scopes("pay")?)
        .and(authorization("payment")?.actions("initiate"));
    let pay = post(pay).layer(RequirePolicy::new(may_pay));
    Ok(Router::new()
        .route("/balance", get(async || "1,000.00 EUR\n"))
        .route("/payments", pay)
        .layer(auth))
}

/// Shows the limit of the grant, which is a member of this application's own.
async fn pay(caller: Authenticated<Principal>) -> String {
    let details = caller.authorization_details().iter();
    let grants = details.map(|detail| detail.json()).collect::<Vec<_>>();
    format!("{} may pay by {}\n", caller.name(), grants.join(", "))
}

fn seconds_ago(seconds: u64) -> Result<u64, Box<dyn Error>> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the issuer of the example has a clock"
    )]
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(now.as_secs().saturating_sub(seconds))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let issuer = TestIssuer::new("https://as.example")?;
    let token = |acr, auth_time| {
        let token = issuer.token("ada").audience(AUDIENCE).scope("balance");
        token.claim("acr", acr).claim("auth_time", auth_time)
    };
    let password = token("pwd", seconds_ago(10)?);
    let morning = token("mfa", seconds_ago(4 * 3600)?).scope("pay");
    let recent = token("mfa", seconds_ago(10)?);
    let scoped = recent.clone().scope("balance pay");
    let detail = json!([{ "type": "payment", "actions": ["initiate"], "limit": "50.00 EUR" }]);
    let granted = scoped.clone().claim("authorization_details", detail);
    let program = issuer
        .token("cron")
        .audience(AUDIENCE)
        .claim("roles", json!(["program"]));

    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!(
        r#"The tokens are valid for five minutes.

    curl -i -H 'Authorization: Bearer {password}' http://{address}/balance
        200: reading needs no better login than that with a password
    curl -i -H 'Authorization: Bearer {password}' -X POST http://{address}/payments
        401: `error="insufficient_user_authentication", acr_values="phr mfa", max_age="300", scope="pay"`
    curl -i -H 'Authorization: Bearer {morning}' -X POST http://{address}/payments
        401: `error="insufficient_user_authentication"`, because the login was four hours ago
    curl -i -H 'Authorization: Bearer {recent}' -X POST http://{address}/payments
        403: `error="insufficient_scope", scope="pay"`
    curl -i -H 'Authorization: Bearer {scoped}' -X POST http://{address}/payments
        403: the token has no authorization details
    curl -i -H 'Authorization: Bearer {granted}' -X POST http://{address}/payments
        200: `ada may pay`
    curl -i -H 'Authorization: Bearer {program}' -X POST http://{address}/payments
        403: a program cannot log in again
    curl -i -X POST http://{address}/payments
        401: a client without a token does not learn what the request needs

listening on http://{address}"#,
        password = password.sign(),
        morning = morning.sign(),
        recent = recent.sign(),
        scoped = scoped.sign(),
        granted = granted.sign(),
        program = program.sign(),
    );
    axum::serve(listener, app(&issuer)?).await?;
    Ok(())
}
