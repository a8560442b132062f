//! The protected routes. The page shows the functions of this file beside the buttons.

use axum::Router;
use axum::routing::{MethodRouter, get, post};
use tower_challenge::policy::scopes;
use tower_challenge::scheme::{Basic, Bearer, Digest, SchemeExt};
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth};

const REALM: &str = "showcase";
const PEOPLE: [(&str, &str); 2] = [("ada", "lovelace"), ("grace", "hopper")];

pub(crate) fn routes() -> Result<Router, ConfigError> {
    Ok(Router::new()
        .route("/basic", basic()?)
        .route("/digest", digest()?)
        .route("/bearer", bearer()?)
        .route("/bearer/write", bearer_with_scope()?)
        .route("/all", all_three()?))
}

async fn hello(caller: Authenticated<Principal>) -> String {
    format!("hello {}\n", caller.name())
}

fn basic() -> Result<MethodRouter, ConfigError> {
    let auth = RequireAuth::basic(REALM, PEOPLE)?;
    Ok(get(hello).layer(auth))
}

fn digest() -> Result<MethodRouter, ConfigError> {
    let auth = RequireAuth::digest(REALM, PEOPLE)?;
    Ok(get(hello).layer(auth))
}

fn tokens() -> [(Principal, &'static str); 2] {
    let robot = Principal::new("robot");
    let reader = robot.clone().with_scopes("read");
    let writer = robot.with_scopes("read write");
    [(reader, "r3ad"), (writer, "wr1te")]
}

fn bearer() -> Result<MethodRouter, ConfigError> {
    let auth = RequireAuth::bearer(REALM, tokens())?;
    Ok(get(hello).layer(auth))
}

fn bearer_with_scope() -> Result<MethodRouter, ConfigError> {
    let auth = RequireAuth::bearer(REALM, tokens())?;
    let may_write = auth.policy(scopes("write")?);
    Ok(post(hello).layer(may_write))
}

fn all_three() -> Result<MethodRouter, ConfigError> {
    let schemes = vec![
        Bearer::new(REALM, tokens())?.boxed(),
        Digest::new(REALM, PEOPLE)?.boxed(),
        Basic::new(REALM, PEOPLE)?.boxed(),
    ];
    Ok(get(hello).layer(RequireAuth::new(schemes)?))
}
