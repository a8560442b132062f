//! An axum application with an OpenAPI document, by `utoipa`. The security schemes of the document are the challenges
//! of the layer. The security of each operation is written once, and makes both the document and the policy of the
//! route. The test of this example compares the document with what the server answers.
//!
//! ```text
//! cargo run --example openapi
//! ```

mod api;
mod notes;

use std::env;
use std::error::Error;

use tokio::net::TcpListener;
use tower_challenge::Principal;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::scheme::bearer::StaticTokens;

/// Arguments for curl, and the answer to each.
const TRY: [(&str, &str); 7] = [
    ("SERVER/openapi.json", "200: the document"),
    ("SERVER/health", "200: public"),
    (
        "SERVER/profile",
        "401: with the challenges of Basic and Bearer",
    ),
    ("-u ada:lovelace SERVER/profile", "200: ada"),
    ("-u ada:lovelace -d text SERVER/notes", "201: she may write"),
    (
        "-H 'Authorization: Bearer r3ad' SERVER/notes",
        "200: the robot may read",
    ),
    (
        "-H 'Authorization: Bearer r3ad' -d text SERVER/notes",
        "403: the robot may not write",
    ),
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ada = Principal::new("ada").with_scopes("notes:read notes:write");
    let accounts = PlaintextAccounts::with_identities([("ada", "lovelace", ada)])?;
    let robot = Principal::new("robot").with_scopes("notes:read");
    let app = notes::app(accounts, StaticTokens::new()?.token("r3ad", robot)?)?;

    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    for (arguments, answer) in TRY {
        let arguments = arguments.replace("SERVER", &format!("http://{address}"));
        println!("    curl -i {arguments}\n        {answer}");
    }
    println!("\nlistening on http://{address}");
    axum::serve(listener, app).await?;
    Ok(())
}
