//! One layer around the whole router, and what each route takes: by scope, by method, by what a function or a database
//! says.
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

/// What to try, and what comes of it.
const TRY: [(&str, &str); 11] = [
    ("-u grace:hopper SERVER/notes", "200: she may read"),
    ("-u grace:hopper -X POST SERVER/notes", "403: and not write"),
    ("-u ada:lovelace -X POST SERVER/notes", "200: ada may"),
    ("-u ada:lovelace -X PURGE SERVER/notes", "403: not named"),
    ("-u grace:hopper SERVER/home/grace", "200: hers"),
    ("-u grace:hopper SERVER/home/ada", "403: somebody else's"),
    ("-u ada:lovelace SERVER/home/grace", "200: she is an admin"),
    ("-u ada:lovelace SERVER/vault", "200: she is on duty"),
    ("-u grace:hopper SERVER/vault", "503: who knows"),
    ("-u grace:hopper SERVER/admin/users", "403: no admin"),
    ("SERVER/health", "200: public"),
];

fn app() -> Result<Router, ConfigError> {
    let ada = Principal::new("ada").with_scopes("read write");
    let ada = ("ada", "lovelace", ada.with_role("admin"));
    let grace = Principal::new("grace").with_scopes("read");
    let accounts = PlaintextAccounts::with_identities([ada, ("grace", "hopper", grace)])?;
    let public = PublicPaths::exactly([Method::GET], "/health")?;
    let auth = RequireAuth::new(Basic::new("notes", accounts)?)?.public_paths(public);

    // A method that is not named is forbidden, and HEAD is as GET.
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
    // Around all of it, so that there is nothing without a question.
    Ok(router.layer(auth))
}

/// The router decodes `%61da` to `ada`; what compares text must not let it, or whoever is called `%61da` is at home with
/// Ada. `target` is what the client asked for; `uri` is what a nested router has left of it.
fn is_at_home(caller: &Principal, request: &RequestHead<'_>) -> bool {
    let path = request.target().path();
    !path.contains('%') && path.strip_prefix("/home/") == Some(caller.name())
}

/// Stands for a database. While it gives no answer, it is 503, and the client may come again.
fn is_on_duty(caller: &Principal, _: &RequestHead<'_>) -> NowOrLater<Result<bool, Unavailable>> {
    let is_ada = caller.name() == "ada";
    NowOrLater::later(async move {
        tokio::task::yield_now().await;
        is_ada
            .then_some(true)
            .ok_or_else(|| Unavailable::new("the roster has been mislaid"))
    })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    for (what, answer) in TRY {
        let what = what.replace("SERVER", &format!("http://{address}"));
        println!("    curl -i {what}\n        {answer}");
    }
    println!("\nlistening on http://{address}");
    axum::serve(listener, app()?).await?;
    Ok(())
}
