//! The login page and the logout.

use std::collections::HashMap;

use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Redirect, Response};
use tower_challenge::Secret;
use tower_challenge::password::{PlaintextAccounts, VerifyPassword};
use tower_challenge::respond::{ReturnTo, escape_html};
use tower_sessions::{Session, session};

use crate::same_site::is_from_this_site;
use crate::sessions::USER;

/// Shows the login form. An attacker can send a person a link to this page with any return path, so the return path is
/// checked before it goes into the form.
pub(crate) async fn login_page(uri: Uri) -> Html<String> {
    let return_to = ReturnTo::in_query(&uri);
    let return_to = escape_html(return_to.as_ref().map_or("/notes", ReturnTo::as_str));
    Html(format!(
        "<!DOCTYPE html><title>Log in</title><form method=\"post\" action=\"/login\">\
         <input name=\"name\" autocomplete=\"username\"><input name=\"password\" type=\"password\">\
         <input name=\"return_to\" type=\"hidden\" value=\"{return_to}\"><button>Log in</button></form>"
    ))
}

/// Logs a person in. The form must come from this site: a page of an attacker could otherwise log a visitor in to the
/// attacker's own account.
pub(crate) async fn log_in(
    State(accounts): State<PlaintextAccounts>,
    session: Session,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    if !is_from_this_site(&headers) {
        return (StatusCode::FORBIDDEN, "log in on the login page\n").into_response();
    }
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let password = Secret::new(field("password"));
    // A real application needs a throttle here, as before every password check: see `FailureThrottle`.
    match accounts.verify(field("name"), password).await {
        Ok(Ok(caller)) => {
            let return_to = ReturnTo::parse(field("return_to"));
            let return_to = return_to.as_ref().map_or("/notes", ReturnTo::as_str);
            opened(&session, caller.name()).await.map_or_else(
                |_| StatusCode::SERVICE_UNAVAILABLE.into_response(),
                |()| Redirect::to(return_to).into_response(),
            )
        }
        Ok(Err(_)) => (StatusCode::FORBIDDEN, "wrong name or password\n").into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// Opens the session of `user` under a new id. An attacker may know the old one, because he can have given it to the
/// browser (session fixation).
async fn opened(session: &Session, user: &str) -> Result<(), session::Error> {
    session.cycle_id().await?;
    session.insert(USER, user).await
}

/// Logs a person out. The server forgets the session, so a copy of the cookie is worth nothing any more.
pub(crate) async fn log_out(session: Session) -> Result<Redirect, StatusCode> {
    let flushed = session.flush().await;
    flushed.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(Redirect::to("/login"))
}
