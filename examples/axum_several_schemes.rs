//! Puts three schemes into one layer, with one identity type for all callers, and refusals that people can read.
//!
//! ```text
//! cargo run --features axum --example axum_several_schemes
//! ```
//!
//! A client without credentials gets a challenge for each scheme, and chooses the scheme that it prefers. The first
//! scheme that claims the credentials decides alone. For example, if Digest refuses a client, the layer does not ask
//! Basic.

use std::env;
use std::error::Error;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use axum::routing::get;
use tokio::net::TcpListener;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::respond::Denial;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::scheme::digest::DigestAccounts;
use tower_challenge::scheme::{Basic, Bearer, Digest, SchemeExt};
use tower_challenge::{Authenticated, ConfigError, Principal, RequestHead, RequireAuth};

/// The callers, as a type of the application's own.
#[derive(Clone, Debug)]
enum Caller {
    Person(Principal),
    Machine(Principal),
}

fn app() -> Result<Router, ConfigError> {
    let (realm, people) = ("files", [("ada", "lovelace"), ("grace", "hopper")]);
    let tokens = StaticTokens::new()?.token("t0ken", Principal::new("backup"))?;
    // All schemes of a tuple must have the same identity type, so each maps its `Principal` to a `Caller`.
    let bearer = Bearer::new(realm, tokens)?.map_identity(Caller::Machine);
    let digest =
        Digest::new(realm, DigestAccounts::new(realm, people)?)?.map_identity(Caller::Person);
    let basic = Basic::new(realm, PlaintextAccounts::new(people)?)?.map_identity(Caller::Person);
    // The strongest scheme comes first: this is the order of the challenges. For a list from a file, use a
    // `Vec<BoxScheme<_>>`.
    let auth = RequireAuth::new((bearer, digest, basic))?.respond_with(explain);
    Ok(Router::new().route("/", get(hello)).layer(auth))
}

/// Renders a refusal. The layer adds the status and the challenges afterwards, so the renderer cannot forget them.
fn explain(denial: &Denial, _: &RequestHead<'_>) -> Response<Body> {
    let schemes = denial
        .challenges()
        .iter()
        .map(|challenge| challenge.scheme().to_string());
    let schemes = schemes.collect::<Vec<_>>().join(", ");
    Response::new(format!("{} [{schemes}]\n", denial.status()).into())
}

async fn hello(caller: Authenticated<Caller>) -> String {
    match caller.into_identity() {
        Caller::Person(person) => format!("hello {}\n", person.name()),
        Caller::Machine(machine) => format!("HELLO {}\n", machine.name()),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!(
        r#"    curl -i http://{address}/
        401: three challenges, a field line for each
    curl -i -H 'Authorization: Bearer t0ken' http://{address}/
        200: `HELLO backup`
    curl -i --digest -u ada:lovelace http://{address}/
        200: `hello ada`
    curl -i --basic -u ada:lovelace http://{address}/
        200: `hello ada`
    curl -i --anyauth -u ada:lovelace http://{address}/
        200: `hello ada`; curl first asks without credentials, and then chooses Digest
    curl -i -H 'Authorization: Bearer stolen' http://{address}/
        401: and Bearer's challenge says `invalid_token`

listening on http://{address}"#
    );
    axum::serve(listener, app()?).await?;
    Ok(())
}
