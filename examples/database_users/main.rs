//! Basic over a table of users in a database: SQLite through `sqlx`, and any other in the same way.
//!
//! ```text
//! cargo run --example database_users
//! ```
//!
//! Every request asks the database, so that a password that was changed, or an account that was disabled, counts at once.
//! Only the hash is saved: once a password was right, it is not hashed again until its row changes.

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

/// A database with two users, one of whom may not log in.
async fn database() -> Result<SqlitePool, Box<dyn Error>> {
    // One connection, because each to memory is a database of its own.
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

/// One row. That the database is away is no verdict: it becomes 503, and nobody's password was wrong.
async fn find(database: SqlitePool, name: String) -> Result<Option<HashedAccount>, Unavailable> {
    let query = sqlx::query_as("SELECT name, hash, disabled FROM users WHERE name = ?");
    let row = query.bind(name).fetch_optional(&database).await;
    let row: Option<(String, String, bool)> = row.map_err(Unavailable::new)?;
    // The name in the row: another database may find it by another spelling, which must not be another identity.
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
    // For a name that is not in the table, a hash is computed that costs what those in the table cost.
    let like = PasswordHash::parse(&argon2id(Secret::new("nobody has this"))?)?;
    let verifier = HashedPasswords::new(from_lookup(lookup, &like))?;
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
        200: hello ada
    curl -i -u ada:babbage http://{address}/
        401: the wrong password
    curl -i -u grace:hopper http://{address}/
        401: the right password of a user who is disabled, and the same answer at the same cost
    curl -i -u nobody:lovelace http://{address}/
        401: no such user, and again the same

listening on http://{address}"#
    );
    axum::serve(listener, app).await?;
    Ok(())
}
