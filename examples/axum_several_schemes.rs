//! Three schemes in one layer, one type for whoever is calling, and a refusal that people can read.
//!
//! ```text
//! cargo run --features axum --example axum_several_schemes
//! ```
//!
//! A client that comes without credentials gets a challenge for each scheme, and takes the one it likes best. The first
//! scheme that claims the credentials judges them: a wrong Digest is wrong, whatever Basic would have said.

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

/// Who may be calling, in the application's own words.
#[derive(Clone, Debug)]
enum Caller {
    Person(Principal),
    Machine(Principal),
}

fn app() -> Result<Router, ConfigError> {
    let (realm, people) = ("files", [("ada", "lovelace"), ("grace", "hopper")]);
    let tokens = StaticTokens::new()?.token("t0ken", Principal::new("backup"))?;
    // What each scheme delivers becomes what the application wants: the members of a tuple must agree on it.
    let bearer = Bearer::new(realm, tokens)?.map_identity(Caller::Machine);
    let digest =
        Digest::new(realm, DigestAccounts::new(realm, people)?)?.map_identity(Caller::Person);
    let basic = Basic::new(realm, PlaintextAccounts::new(people)?)?.map_identity(Caller::Person);
    // The strongest first: this is the order of the challenges. `Vec<BoxScheme<_>>` does for a list from a file.
    let auth = RequireAuth::new((bearer, digest, basic))?.respond_with(explain);
    Ok(Router::new().route("/", get(hello)).layer(auth))
}

/// Renders a refusal. The layer stamps the status and the challenges on it afterwards, so that none can be forgotten.
fn explain(denial: &Denial, _: &RequestHead<'_>) -> Response<Body> {
    let schemes = denial.challenges().iter().map(|it| it.scheme().to_string());
    let schemes = schemes.collect::<Vec<_>>().join(", ");
    Response::new(format!("{} [{schemes}]\n", denial.status()).into())
}

async fn hello(caller: Authenticated<Caller>) -> String {
    match caller.into_identity() {
        Caller::Person(it) => format!("hello {}\n", it.name()),
        Caller::Machine(it) => format!("HELLO {}\n", it.name()),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!(
        r#"    curl -i http://{address}/
        401: three challenges, a line for each
    curl -i -H 'Authorization: Bearer t0ken' http://{address}/
        200: HELLO backup
    curl -i --digest -u ada:lovelace http://{address}/
        200: hello ada
    curl -i --basic -u ada:lovelace http://{address}/
        200: hello ada
    curl -i --anyauth -u ada:lovelace http://{address}/
        200: hello ada; curl asks first, and takes Digest
    curl -i -H 'Authorization: Bearer stolen' http://{address}/
        401: and Bearer's challenge says invalid_token

listening on http://{address}"#
    );
    axum::serve(listener, app()?).await?;
    Ok(())
}
