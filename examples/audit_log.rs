//! Shows the operator's view: the audit writes every decision as an event of `tracing`, and as a line that fail2ban
//! reads.
//!
//! ```text
//! cargo run --features axum,tracing --example audit_log                         # lines to standard output
//! cargo run --features axum,tracing --example audit_log -- authentication.log   # lines to a file
//! ```
//!
//! The events of `tracing` go to standard error. To ban attackers, copy the filter and the jail of `contrib/fail2ban`
//! to `/etc/fail2ban`, and write the path of the log file into the jail. To test the filter with the log:
//!
//! ```text
//! fail2ban-regex authentication.log contrib/fail2ban/filter.d/tower-challenge.conf
//! ```

use std::env;
use std::error::Error;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tower_challenge::audit::{Audit, LineAudit, TracingAudit};
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::scheme::Basic;
use tower_challenge::{Authenticated, ConfigError, Principal, RequestHead, RequireAuth};

fn app(audit: impl Audit) -> Result<Router, ConfigError> {
    let accounts = PlaintextAccounts::new([("ada", "lovelace"), ("grace", "hopper")])?;
    let auth = RequireAuth::new(Basic::new("files", accounts)?)?;
    let auth = auth.policy(only_ada_deletes).audit(audit);
    Ok(Router::new()
        .route("/", get(hello).delete(hello))
        .layer(auth))
}

async fn hello(caller: Authenticated<Principal>) -> String {
    format!("hello {}\n", caller.name())
}

fn only_ada_deletes(caller: &Principal, request: &RequestHead<'_>) -> bool {
    request.method() != "DELETE" || caller.name() == "ada"
}

/// Opens the log file that the first argument names, or standard output without an argument. Use a file that no other
/// program writes to: fail2ban would take its lines for events of this server.
fn log() -> io::Result<Box<dyn Write + Send>> {
    let Some(path) = env::args().nth(1) else {
        return Ok(Box::new(io::stdout()));
    };
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    Ok(Box::new(file))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let audit = TracingAudit.and(LineAudit::to(log()?));

    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!(
        r#"    curl -i -u ada:lovelace http://{address}/
        200: `outcome=admitted`, and `principal="ada"`
    curl -i http://{address}/
        401: `outcome=challenged`. fail2ban does not count it, because every login begins like this
    curl -i -u ada:babbage http://{address}/
        401: `outcome=refused`. fail2ban counts it
    curl -i -u 'ada" outcome=refused client=192.0.2.1 "':babbage http://{address}/
        401: the same; the log shows the name as `account="ada\" outcome\u{{3d}}refused client\u{{3d}}192.0.2.1 \""`
    curl -i -u grace:hopper -X DELETE http://{address}/
        403: `outcome=forbidden`
    curl -i -H 'Authorization: Basic !' http://{address}/
        400: `outcome=malformed`
    curl -i 'http://{address}/?access_token=secret'
        401: `path="/"`, without the query

listening on http://{address}"#
    );
    // With the connection's address, each event names the client.
    let app = app(audit)?.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).await?;
    Ok(())
}
