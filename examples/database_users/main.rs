//! An axum application that requires Basic, with the accounts of a database table. It uses SQLite through `sqlx`; other
//! databases work the same way.
//!
//! ```text
//! cargo run --example database_users
//! ```
//!
//! Every request queries the database, so a changed password or a disabled account takes effect at once. The cache
//! saves only the computation of the hash: after a password was right once, it is not hashed again until the hash in
//! its row changes.

use std::env;
use std::error::Error;

use axum::Router;
use axum::routing::get;
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use tokio::net::TcpListener;
use tower_challenge::password::hash::{HashFormats, PasswordHash, argon2id};
use tower_challenge::password::{HashedAccount, HashedPasswords, from_lookup};
use tower_challenge::scheme::Basic;
use tower_challenge::{Authenticated, NowOrLater, Principal, RequireAuth, Secret, Unavailable};

/// Creates a database with two users, ada and grace. The account of grace is disabled.
async fn database() -> Result<SqlitePool, Box<dyn Error>> {
    // SQLite creates a new database in memory for each connection, so there must be only one connection.
    let options = SqlitePoolOptions::new().max_connections(1);
    let database = options.connect("sqlite::memory:").await?;
    let table =
        "CREATE TABLE users (name TEXT PRIMARY KEY, hash TEXT NOT NULL, disabled INTEGER NOT NULL)";
    sqlx::query(table).execute(&database).await?;
    for (name, password, disabled) in [("ada", "lovelace", false), ("grace", "hopper", true)] {
        let hash = argon2id(Secret::new(password))?;
        let insert = sqlx::query("INSERT INTO users VALUES (?, ?, ?)");
        let insert = insert.bind(name).bind(hash).bind(disabled);
        insert.execute(&database).await?;
    }
    Ok(database)
}

/// Finds the row of a user. A database error becomes `503` and not `401`, because it says nothing about the password.
async fn find(database: SqlitePool, name: String) -> Result<Option<HashedAccount>, Unavailable> {
    let query = sqlx::query_as("SELECT name, hash, disabled FROM users WHERE name = ?");
    let row = query.bind(name).fetch_optional(&database).await;
    let row: Option<(String, String, bool)> = row.map_err(Unavailable::new)?;
    // The identity has the name in the row and not the name in the request. A database that ignores case finds one row
    // for `ada` and for `ADA`, and that account must have one identity.
    Ok(row.map(|(name, hash, disabled)| {
        let account = HashedAccount::from_stored(&HashFormats::new(), &hash, Principal::new(&name));
        if disabled {
            account.disabled()
        } else {
            account
        }
    }))
}

fn app(database: SqlitePool) -> Result<Router, Box<dyn Error>> {
    let lookup = move |name: &str| NowOrLater::later(find(database.clone(), name.to_owned()));
    // For an unknown name, the verifier computes a hash with the cost of this decoy, which is the cost of the hashes in
    // the table. So the response time does not tell whether a name exists.
    let decoy = PasswordHash::parse(&argon2id(Secret::new("the decoy has this password"))?)?;
    let verifier = HashedPasswords::new(from_lookup(lookup, &decoy))?;
    let auth = RequireAuth::new(Basic::new("files", verifier)?)?;
    Ok(Router::new().route("/", get(hello)).layer(auth))
}

async fn hello(caller: Authenticated<Principal>) -> String {
    format!("hello {}\n", caller.name())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = app(database().await?)?;
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!(
        r#"    curl -i -u ada:lovelace http://{address}/
        200: `hello ada`
    curl -i -u ada:babbage http://{address}/
        401: the wrong password
    curl -i -u grace:hopper http://{address}/
        401: the right password of a disabled account; the answer and its cost are the same
    curl -i -u nobody:lovelace http://{address}/
        401: no such user; the answer and its cost are the same

listening on http://{address}"#
    );
    axum::serve(listener, app).await?;
    Ok(())
}
