//! Accepts people with a session cookie, programs with a Bearer token and programs with an API key, in one layer.
//!
//! ```text
//! cargo run --package sessions_and_keys --example sessions_and_keys
//! ```
//!
//! The sessions are those of `tower-sessions`: this crate keeps none. A person who opens a page without a session gets to
//! the login page. A program gets a `401`. A browser sends the cookie by itself, also with a form of another site, so the
//! layer checks where a request with the cookie comes from. It does not check that of a token and a key, which no browser
//! adds. An API key may only read.

mod caller;
mod login;
mod same_site;
mod sessions;

use std::env;
use std::error::Error;

use axum::response::Html;
use axum::routing::{get, post};
use axum::{Form, Router};
use tokio::net::TcpListener;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::respond::{LoginRedirect, NegotiatedBody, escape_html};
use tower_challenge::scheme::{ApiKey, Bearer, SchemeExt};
use tower_challenge::{Authenticated, ConfigError, RequireAuth};
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, MemoryStore, SessionManagerLayer};

use self::caller::{Caller, keys_only_read};
use self::login::{log_in, log_out, login_page};
use self::same_site::people_come_from_this_site;
use self::sessions::{COOKIE, Sessions};

fn app() -> Result<Router, ConfigError> {
    // Real accounts have slow hashes (`HashedPasswords`), and tokens and keys are in a database (`verify_async`).
    let accounts = PlaintextAccounts::new([("ada", "lovelace"), ("grace", "hopper")])?;
    let tokens = Bearer::new("notes", [("backup", "t0ken")])?;
    let keys = ApiKey::new("notes", [("status-page", "5|kq8Zr0")])?;
    // The first scheme with credentials decides. The cookie is the last, because a browser sends it by itself.
    let schemes = (
        tokens.map_identity(Caller::Program),
        keys.map_identity(Caller::Key),
        Sessions,
    );
    let auth = RequireAuth::new(schemes)?
        .policy(people_come_from_this_site)
        .policy(keys_only_read)
        .name_identity(Caller::name)
        .respond_with(LoginRedirect::to("/login")?.otherwise(NegotiatedBody::new()));
    Ok(Router::new()
        .route("/notes", get(notes).post(add))
        .route("/logout", post(log_out))
        .layer(auth)
        // The login page is added after the layer, so it is public.
        .route("/login", get(login_page).post(log_in))
        .with_state(accounts)
        // The sessions are around the layer, because its scheme asks them.
        .layer(sessions()))
}

/// The session layer. Behind TLS, leave `with_secure(false)` out, and call the cookie `__Host-session`.
fn sessions() -> SessionManagerLayer<MemoryStore> {
    SessionManagerLayer::new(MemoryStore::default())
        .with_name(COOKIE)
        .with_secure(false)
        // `Lax`, so that a link of another site leads into the session. `Strict` would show the login page.
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(Duration::hours(8)))
}

async fn notes(caller: Authenticated<Caller>) -> Html<String> {
    let name = escape_html(&caller.name());
    Html(format!(
        "<!DOCTYPE html><title>Notes</title><p>notes of {name}</p>\
         <form method=\"post\" action=\"/logout\"><button>Log out</button></form>\n"
    ))
}

async fn add(caller: Authenticated<Caller>, Form(fields): Form<Vec<(String, String)>>) -> String {
    format!("{} added {} note\n", caller.name(), fields.len())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    let cookies = env::temp_dir().join(format!("cookies-{}", address.port()));
    let cookies = cookies.display();
    println!(
        r#"    curl -i -H 'Accept: text/html' http://{address}/notes
        303: a browser goes to `/login?return_to=%2Fnotes`; open the page in one to see the form
    curl -i http://{address}/notes
        401: a program gets two challenges
    curl -i -H 'Accept: text/html' -d note=milk http://{address}/notes
        401: a POST is not a navigation, so it is not redirected

    curl -i -H 'Authorization: Bearer t0ken' http://{address}/notes
        200: `notes of backup`
    curl -i -H 'Authorization: Bearer t0ken' -H 'Sec-Fetch-Site: cross-site' -d note=milk http://{address}/notes
        200: no browser adds the token by itself
    curl -i -H 'X-Api-Key: 5|kq8Zr0' http://{address}/notes
        200: `notes of status-page`
    curl -i -H 'X-Api-Key: 5|kq8Zr0' -d note=milk http://{address}/notes
        403: a key may only read
    curl -i -H 'X-Api-Key: stolen' -H 'Accept: text/html' http://{address}/notes
        401: a wrong key is not redirected to the login page

    curl -i -d 'name=ada&password=lovelace' http://{address}/login
        403: nothing says that this site sends the form
    curl -i -H 'Origin: http://{address}' -d 'name=ada&password=babbage' http://{address}/login
        403: `wrong name or password`
    curl -i -H 'Origin: http://{address}' -d 'name=ada&password=lovelace&return_to=//evil.example' http://{address}/login
        303: to `/notes`, and not to evil.example
    curl -i -c {cookies} -H 'Origin: http://{address}' -d 'name=ada&password=lovelace&return_to=/notes' http://{address}/login
        303: to `/notes`, with a cookie

    curl -i -b {cookies} http://{address}/notes
        200: `notes of ada`, by the cookie
    curl -i -b {cookies} -H 'Sec-Fetch-Site: same-origin' -d note=milk http://{address}/notes
        200: a form of this site
    curl -i -b {cookies} -H 'Sec-Fetch-Site: cross-site' -d note=milk http://{address}/notes
        403: a form of another site
    curl -i -b {cookies} -d note=milk http://{address}/notes
        403: nothing says that this site sends the form
    curl -i -b {cookies} -H 'X-Api-Key: 5|kq8Zr0' http://{address}/notes
        200: `notes of status-page`; the key comes before the cookie
    curl -i -b {cookies} -H 'Origin: http://{address}' -d x=y http://{address}/logout
        303: to `/login`; the server forgets the session
    curl -i -b {cookies} http://{address}/notes
        401: the cookie is worth nothing any more
    curl -i -b {cookies} -H 'Accept: text/html' http://{address}/notes
        303: a browser goes to the login page

listening on http://{address}"#
    );
    axum::serve(listener, app()?).await?;
    Ok(())
}
