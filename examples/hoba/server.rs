//! The server: the services of HOBA, and a protected part.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use serde_json::json;
use tower_challenge::client::ClientResolver;
use tower_challenge::client::ForwardedHeader::XForwardedFor;
use tower_challenge::clock::TokioClock;
use tower_challenge::hoba_services::{
    HobaKeyStore, HobaServices, MemoryHobaKeys, RegisteredKeys, RegistrationDecision,
    RegistrationForm,
};
use tower_challenge::scheme::Hoba;
use tower_challenge::scheme::hoba::{HobaSession, HobaSessions};
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth, Unavailable};

use crate::page;

type Keys = RegisteredKeys<MemoryHobaKeys>;
type Services = HobaServices<Keys>;
type Auth = RequireAuth<(HobaSession<Keys>, Hoba<Keys>)>;

#[derive(Clone)]
struct Devices {
    keys: MemoryHobaKeys,
    services: Services,
}

/// Makes the application for `origin`, for example `https://notes.example`, behind a proxy with TLS in the network `proxy`.
/// Without a proxy, it is for clients on this machine.
pub(crate) fn app(origin: &str, proxy: Option<&str>) -> Result<Router, ConfigError> {
    // A server that keeps its accounts needs a database here: see the guide `hoba`.
    let keys = MemoryHobaKeys::new();
    let hoba = Hoba::builder(origin, RegisteredKeys::of(keys.clone()))
        .sessions(HobaSessions::new()?)
        .build()?;
    let (services, auth) = parts(hoba, keys.clone(), proxy)?;
    let devices = Devices {
        keys,
        services: services.clone(),
    };
    let protected = Router::new()
        .route("/me", get(me))
        .route("/devices/invitations", post(invite))
        .route("/devices/{kid}", delete(remove))
        .with_state(devices)
        .layer(auth);
    Ok(page::routes()
        .merge(protected)
        .route_service("/.well-known/hoba/{name}", services))
}

/// Makes the services and the layer. Both need TLS, except from this machine if there is no proxy.
fn parts(
    hoba: Hoba<Keys>,
    keys: MemoryHobaKeys,
    proxy: Option<&str>,
) -> Result<(Services, Auth), ConfigError> {
    let services = HobaServices::builder(hoba.clone(), keys, TokioClock::new());
    let services = services
        .open_registration(own_account)
        // For the log of the operator: who registered, joined, removed or was refused.
        .on_event(|event| eprintln!("{event}"));
    let auth = RequireAuth::new((HobaSession::of(&hoba)?, hoba))?;
    let Some(network) = proxy else {
        let services = services.require_tls_beyond_loopback().build()?;
        return Ok((services, auth.require_tls_beyond_loopback()));
    };
    let resolver = ClientResolver::behind_networks(XForwardedFor, [network])?;
    let services = services.client(resolver.clone()).build()?;
    Ok((services, auth.client(resolver).require_tls()))
}

/// Each key becomes an account of its own, named by the start of its hash. A stranger who tries many keys can get a name
/// that he likes, but not the name of an account that has a key. A public server also limits the rate of registrations.
fn own_account(form: &RegistrationForm) -> RegistrationDecision {
    if !form.is_hashed {
        return RegistrationDecision::Refuse; // The client chose the kid.
    }
    let start = form.kid.chars().take(8).collect::<String>();
    RegistrationDecision::Register(format!("guest-{start}"))
}

/// The account of the caller and its devices.
async fn me(caller: Authenticated<Principal>, State(devices): State<Devices>) -> Response {
    let found = devices.keys.devices(caller.name()).await;
    let found = match found {
        Ok(found) => found.into_iter(),
        Err(why) => return unavailable(&why),
    };
    let listed = found.map(|device| json!({ "kid": device.kid, "name": device.name }));
    let listed = listed.collect::<Vec<_>>();
    let text = json!({ "account": caller.name(), "devices": listed }).to_string();
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}

/// Makes an invitation for a further device of the caller.
async fn invite(caller: Authenticated<Principal>, State(devices): State<Devices>) -> Response {
    match devices.services.invite(caller.name()).await {
        Ok(Some(path)) => (StatusCode::CREATED, [(LOCATION, path)]).into_response(),
        Ok(None) => StatusCode::TOO_MANY_REQUESTS.into_response(),
        Err(why) => unavailable(&why),
    }
}

/// Removes a device of the caller.
async fn remove(
    caller: Authenticated<Principal>,
    State(devices): State<Devices>,
    Path(kid): Path<String>,
) -> Response {
    match devices.services.remove(caller.name(), &kid).await {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) => StatusCode::NOT_FOUND.into_response(),
        Err(why) => unavailable(&why),
    }
}

fn unavailable(why: &Unavailable) -> Response {
    eprintln!("{why}");
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}
