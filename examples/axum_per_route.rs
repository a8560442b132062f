//! One layer, many requirements: by route, by method, by what a function or a database says.
//!
//! ```text
//! cargo run --features axum --example axum_per_route
//! ```
//!
//! A `RequireAuth` is cheap to clone, and each clone takes requirements of its own. What it had before stays: all of
//! them must allow.

use std::env;
use std::error::Error;

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tower_challenge::password::Accounts;
use tower_challenge::policy::{role, scopes};
use tower_challenge::scheme::Basic;
use tower_challenge::{
    Authenticated, ConfigError, NowOrLater, Principal, RequestHead, RequireAuth, Unavailable,
};

fn accounts() -> Result<Accounts, ConfigError> {
    let ada = Principal::new("ada")
        .with_scopes("read write")
        .with_role("admin");
    let grace = Principal::new("grace").with_scopes("read");
    Accounts::with_identities([("ada", "lovelace", ada), ("grace", "hopper", grace)])
}

fn app() -> Result<Router, ConfigError> {
    let auth = RequireAuth::new(Basic::new("notes", accounts()?)?)?;

    // By method: everybody who is known may read, some may write.
    let read = get(|| async { "a note\n" }).layer(auth.clone());
    let write = post(|| async { "noted\n" }).layer(auth.clone().permit(scopes("write")?));

    // By a function of the caller and the request: everybody has a home, and stays out of the others'.
    let home = get(|Path(name): Path<String>| async move { format!("home of {name}\n") });
    let home = home.layer(auth.clone().permit(is_at_home));

    // By an answer that takes its time. When there is none, it is 503, and the client may come again.
    let vault = get(|| async { "gold\n" }).layer(auth.clone().permit(is_on_duty));

    // Everything below a prefix.
    let admin = Router::new().route("/users", get(|| async { "ada\ngrace\n" }));
    let admin = admin.layer(auth.clone().permit(role("admin")?));

    // Known callers are greeted by name, others too. Bad credentials are refused even here.
    let greet = get(greet).layer(auth.optional());

    Ok(Router::new()
        .route("/notes", read.merge(write))
        .route("/home/{name}", home)
        .route("/vault", vault)
        .nest("/admin", admin)
        .route("/", greet)
        // No layer, no question.
        .route("/health", get(|| async { "fine\n" })))
}

/// `target` is what the client asked for; `uri` is what a nested router has left of it. The router decodes `%61da` to
/// `ada`; what compares text must not let it, or whoever is called `%61da` is at home with Ada.
fn is_at_home(caller: &Principal, request: &RequestHead<'_>) -> bool {
    let path = request.target().path();
    !path.contains('%') && path.strip_prefix("/home/") == Some(caller.name())
}

fn is_on_duty(caller: &Principal, _: &RequestHead<'_>) -> NowOrLater<Result<bool, Unavailable>> {
    let name = caller.name().to_owned();
    NowOrLater::later(async move { ask_the_roster(&name).await })
}

/// Stands for a database.
async fn ask_the_roster(name: &str) -> Result<bool, Unavailable> {
    tokio::task::yield_now().await;
    match name {
        "ada" => Ok(true),
        _ => Err(Unavailable::new("the roster has been mislaid")),
    }
}

async fn greet(caller: Option<Authenticated<Principal>>) -> String {
    let name = caller.map_or_else(|| "stranger".to_owned(), |it| it.name().to_owned());
    format!("hello {name}\n")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!(
        r#"    curl -i -u grace:hopper http://{address}/notes
        200: a note
    curl -i -u grace:hopper -X POST http://{address}/notes
        403: she lacks the scope `write`
    curl -i -u ada:lovelace -X POST http://{address}/notes
        200: noted
    curl -i -u grace:hopper http://{address}/home/grace
        200: home of grace
    curl -i -u grace:hopper http://{address}/home/ada
        403: somebody else's
    curl -i -u ada:lovelace http://{address}/vault
        200: gold
    curl -i -u grace:hopper http://{address}/vault
        503: nobody can tell
    curl -i -u ada:lovelace http://{address}/admin/users
        200: the users
    curl -i -u grace:hopper http://{address}/admin/users
        403: she is not an admin
    curl -i http://{address}/
        200: hello stranger
    curl -i -u grace:hopper http://{address}/
        200: hello grace
    curl -i -u grace:wrong http://{address}/
        401: optional, and yet not careless
    curl -i http://{address}/health
        200: fine

listening on http://{address}"#
    );
    axum::serve(listener, app()?).await?;
    Ok(())
}
