//! Redirects people to a login page and back. Programs get a `401`.
//!
//! ```text
//! cargo run --features axum,basic --example login_redirect
//! ```
//!
//! The login page and its cookie belong to the application. The crate does three things: it distinguishes a navigating
//! browser from a program, it adds the return path to the redirect, and it checks that the return path stays on this
//! server. The cookie is a scheme of the application's own. Programs use Basic, which is the second scheme of the
//! layer.

mod sessions;

use std::collections::HashMap;
use std::env;
use std::error::Error;

use axum::Router;
use axum::extract::{Form, State};
use axum::http::{StatusCode, Uri, header::SET_COOKIE};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tower_challenge::password::{PlaintextAccounts, VerifyPassword};
use tower_challenge::respond::{LoginRedirect, NegotiatedBody, ReturnTo, escape_html};
use tower_challenge::scheme::Basic;
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth, Secret};

use self::sessions::Sessions;

#[derive(Clone)]
struct Login {
    accounts: PlaintextAccounts,
    sessions: Sessions,
}

fn app() -> Result<Router, ConfigError> {
    let accounts = PlaintextAccounts::new([("ada", "lovelace"), ("grace", "hopper")])?;
    let sessions = Sessions::default();
    // With this setting, a browser does not ask for a password when a script of a page gets `401`.
    let basic = Basic::new("notes", accounts.clone())?.hide_from_scripts();
    let respond = LoginRedirect::to("/login")?.otherwise(NegotiatedBody::new());
    let auth = RequireAuth::new((sessions.clone(), basic))?.respond_with(respond);
    let login = get(login_page).post(log_in);
    Ok(Router::new()
        .route("/notes", get(notes))
        .layer(auth)
        // The application adds the login page after the layer, so it is public.
        .route("/login", login.with_state(Login { accounts, sessions })))
}

async fn notes(caller: Authenticated<Principal>) -> String {
    format!("notes of {}\n", caller.name())
}

/// Shows the login form. An attacker can send a user a link to this page with any return path, so the return path is
/// checked before it goes into the form.
async fn login_page(uri: Uri) -> Html<String> {
    let return_to = ReturnTo::in_query(&uri);
    let return_to = escape_html(return_to.as_ref().map_or("/notes", ReturnTo::as_str));
    Html(format!(
        "<!DOCTYPE html><title>Log in</title><form method=\"post\" action=\"/login\">\
         <input name=\"name\" autocomplete=\"username\"><input name=\"password\" type=\"password\">\
         <input name=\"return_to\" type=\"hidden\" value=\"{return_to}\"><button>Log in</button></form>"
    ))
}

/// Logs a user in. The return path is checked again, because an attacker's page can send this form, too.
async fn log_in(State(login): State<Login>, Form(form): Form<HashMap<String, String>>) -> Response {
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let password = Secret::new(field("password"));
    match login.accounts.verify(field("name"), password).await {
        Ok(Ok(caller)) => {
            let return_to = ReturnTo::parse(field("return_to"));
            let return_to = return_to.as_ref().map_or("/notes", ReturnTo::as_str);
            let cookie = login.sessions.open(caller.name());
            ([(SET_COOKIE, cookie)], Redirect::to(return_to)).into_response()
        }
        // A real application needs a throttle here, as before every password check: see `FailureThrottle`.
        Ok(Err(_)) => (StatusCode::FORBIDDEN, "wrong name or password\n").into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!(
        r#"    curl -i -H 'Accept: text/html' http://{address}/notes
        303: a browser goes to `/login?return_to=%2Fnotes`; open the page in one to see the form
    curl -i http://{address}/notes
        401: a program gets the challenge of `Basic`
    curl -i -H 'Accept: text/html' -d x=y http://{address}/notes
        401: a POST is not a navigation, so it is not redirected
    curl -i -u ada:lovelace http://{address}/notes
        200: `notes of ada`
    curl -i -d 'name=ada&password=lovelace&return_to=/notes' http://{address}/login
        303: to `/notes`, with a cookie
    curl -i -d 'name=ada&password=lovelace&return_to=//evil.example' http://{address}/login
        303: to `/notes`, and not to evil.example
    curl -i -b '' -L -d 'name=ada&password=lovelace' http://{address}/login
        200: `notes of ada`, by the cookie
    curl -i -d 'name=ada&password=babbage' http://{address}/login
        403: `wrong name or password`

listening on http://{address}"#
    );
    axum::serve(listener, app()?).await?;
    Ok(())
}
