//! Three machines that share their memory in Redis, behind a proxy that sends each request to the next one.
//!
//! ```text
//! cargo run --package cluster --example cluster
//! REDIS_URL=redis://127.0.0.1:6379 cargo run --package cluster --example cluster
//! ```
//!
//! Without `REDIS_URL`, the example starts a `redis-server` of its own, and stops it at its end. On Debian, it is in the
//! package `redis-server`; an argument names another program. The machines are three servers in this process, which
//! share nothing but the keys of the configuration and Redis. The field `x-machine` of a response says which of them has
//! answered.

mod machine;
mod own_redis;
mod proxy;

use std::env;
use std::error::Error;
use std::net::SocketAddr;

use tokio::net::TcpListener;
use tower_challenge::testing::{DpopKey, TestIssuer, TestToken};

use self::machine::{AUDIENCE, ISSUER, SharedConfiguration};
use self::own_redis::OwnRedis;

/// How many machines there are.
const MACHINES: u32 = 3;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // It ends with `main`.
    let own_redis = match env::var("REDIS_URL") {
        Ok(_) => None,
        Err(_) => {
            let program = env::args().nth(1);
            Some(OwnRedis::start(program.as_deref().unwrap_or("redis-server")).await?)
        }
    };
    let url = match &own_redis {
        Some(own) => own.url().to_owned(),
        None => env::var("REDIS_URL")?,
    };
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let issuer = TestIssuer::new(ISSUER)?;
    let shared = SharedConfiguration::new(&url, &origin, &issuer)?;
    let mut machines = Vec::new();
    for number in 1..=MACHINES {
        let machine = TcpListener::bind("127.0.0.1:0").await?;
        machines.push(machine.local_addr()?);
        let app = machine::app(number, &shared).await?;
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(axum::serve(machine, app).into_future());
    }
    print_commands(&origin, &issuer)?;
    axum::serve(listener, proxy::over(machines)).await?;
    Ok(())
}

fn print_commands(origin: &str, issuer: &TestIssuer) -> Result<(), Box<dyn Error>> {
    let token = || -> TestToken { issuer.token("ada").audience(AUDIENCE) };
    let bearer = token().sign();
    let key = DpopKey::generate()?;
    let bound = token().bound_to(&key).sign();
    let proof = key.proof("GET", &format!("{origin}/orders"));
    let proof = proof.token(&bound).sign();
    println!(
        r#"Digest: the nonce is of one machine, and the proof goes to the next.

    curl -i --digest -u ada:lovelace {origin}/files
        200: `hello ada`

Throttling: four wrong passwords at any machines lock the account at all of them.

    curl -i --digest -u grace:wrong-1 {origin}/files
        401: a wrong password
    curl -i --digest -u grace:wrong-2 {origin}/files
        401: a wrong password
    curl -i --digest -u grace:wrong-3 {origin}/files
        401: a wrong password
    curl -i --digest -u grace:wrong-4 {origin}/files
        401: a wrong password
    curl -s -o /dev/null -w '%{{http_code}}\n' --digest -u grace:hopper {origin}/files
        429: the right password, too late
    curl -s -o /dev/null -w '%{{http_code}}\n' --digest -u grace:hopper {origin}/files
        429: the same at the next machines

DPoP: a proof is good once at all machines together, for five minutes.

    curl -i -H 'Authorization: DPoP {bound}' -H 'DPoP: {proof}' {origin}/orders
        200: `hello ada`
    curl -i -H 'Authorization: DPoP {bound}' -H 'DPoP: {proof}' {origin}/orders
        401: `error="invalid_dpop_proof"` at the next machine

Revocation: a client that logs out at one machine is logged out at all.

    curl -i -H 'Authorization: Bearer {bearer}' {origin}/notes
        200: `hello ada`
    curl -i -X POST -H 'Authorization: Bearer {bearer}' {origin}/notes/log-out
        204: one machine tells the others
    curl -i -H 'Authorization: Bearer {bearer}' {origin}/notes
        401: `error="invalid_token"` at the next machine

listening on {origin}"#,
    );
    Ok(())
}
