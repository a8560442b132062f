//! A correct program, which compiles if the crate `axum` is the one that the library uses.

use axum::Router;
use axum::routing::get;
use tower_challenge::password::OneAccount;
use tower_challenge::scheme::Basic;
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth};

async fn whoami(caller: Authenticated<Principal>) -> String {
    caller.name().to_owned()
}

fn app(auth: RequireAuth<Basic<OneAccount>>) -> Result<Router, ConfigError> {
    Ok(Router::new().route("/", get(whoami)).layer(auth))
}

fn main() {}
