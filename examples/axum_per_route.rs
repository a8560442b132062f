//! Puts one layer around the whole router and a policy on each route: by scope, by method, or by the answer of a
//! function or a database.
//!
//! ```text
//! cargo run --features axum --example axum_per_route
//! ```

use std::env;
use std::error::Error;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use http::Method;
use tokio::net::TcpListener;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::policy::{PolicyExt, by_method, role, scopes};
use tower_challenge::require_auth::PublicPaths;
use tower_challenge::scheme::Basic;
use tower_challenge::{
    ConfigError, NowOrLater, Principal, RequestHead, RequireAuth, RequirePolicy, Unavailable,
};

/// Arguments for curl, and the answer to each.
const TRY: [(&str, &str); 11] = [
    ("-u grace:hopper SERVER/notes", "200: she may read"),
    (
        "-u grace:hopper -X POST SERVER/notes",
        "403: she may not write",
    ),
    ("-u ada:lovelace -X POST SERVER/notes", "200: ada may write"),
    (
        "-u ada:lovelace -X PURGE SERVER/notes",
        "403: the policy does not list the method",
    ),
    ("-u grace:hopper SERVER/home/grace", "200: her own home"),
    (
        "-u grace:hopper SERVER/home/ada",
        "403: another user's home",
    ),
    ("-u ada:lovelace SERVER/home/grace", "200: she is an admin"),
    ("-u ada:lovelace SERVER/vault", "200: she is on duty"),
    (
        "-u grace:hopper SERVER/vault",
        "503: the database does not answer",
    ),
    (
        "-u grace:hopper SERVER/admin/users",
        "403: she is not an admin",
    ),
    ("SERVER/health", "200: public"),
];

fn app() -> Result<Router, ConfigError> {
    let ada = Principal::new("ada").with_scopes("read write");
    let ada = ("ada", "lovelace", ada.with_role("admin"));
    let grace = Principal::new("grace").with_scopes("read");
    let accounts = PlaintextAccounts::with_identities([ada, ("grace", "hopper", grace)])?;
    let public = PublicPaths::exactly([Method::GET], "/health")?;
    let auth = RequireAuth::new(Basic::new("notes", accounts)?)?.public_paths(public);

    // A method that is not listed is forbidden. HEAD counts as GET.
    let notes = by_method()
        .on([Method::GET], scopes("read")?)
        .on([Method::POST], scopes("read write")?);
    let notes = RequirePolicy::new(notes.build()?);
    let home = RequirePolicy::new(is_at_home.or(role("admin")?));
    let vault = RequirePolicy::new(scopes("read")?.and(is_on_duty));
    let admin = Router::new().route("/users", get(async || "ada\ngrace\n"));

    let read_and_write = get(async || "a note\n").post(async || "noted\n");
    let at_home = get(async |Path(name): Path<String>| format!("home of {name}\n"));
    let router = Router::new()
        .route("/notes", read_and_write.layer(notes))
        .route("/home/{name}", at_home.layer(home))
        .route("/vault", get(async || "gold\n").layer(vault))
        .nest("/admin", admin.layer(RequirePolicy::new(role("admin")?)))
        .route("/health", get(async || "fine\n"));
    // The layer is around all routes, so the application cannot forget one.
    Ok(router.layer(auth))
}

/// Allows callers their own home. The router decodes `%61da` to `ada`, so a policy that compares text must refuse
/// encoded paths. Otherwise an account with the name `%61da` could read the home of `ada`. `target` is the target that
/// the client sent; `uri` is the part that a nested router has left of it.
fn is_at_home(caller: &Principal, request: &RequestHead<'_>) -> bool {
    let path = request.target().path();
    !path.contains('%') && path.strip_prefix("/home/") == Some(caller.name())
}

/// Stands for a database. If the database does not answer, the layer answers 503, and the client may retry.
fn is_on_duty(caller: &Principal, _: &RequestHead<'_>) -> NowOrLater<Result<bool, Unavailable>> {
    let is_ada = caller.name() == "ada";
    NowOrLater::later(async move {
        tokio::task::yield_now().await;
        is_ada
            .then_some(true)
            .ok_or_else(|| Unavailable::new("the roster database is unreachable"))
    })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    for (arguments, answer) in TRY {
        let arguments = arguments.replace("SERVER", &format!("http://{address}"));
        println!("    curl -i {arguments}\n        {answer}");
    }
    println!("\nlistening on http://{address}");
    axum::serve(listener, app()?).await?;
    Ok(())
}
