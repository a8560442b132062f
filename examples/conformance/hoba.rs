//! Makes the routes of HOBA. The keys are in memory, and each key that a client registers is an account.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::routing::{any_service, delete, post};
use tower_challenge::clock::TokioClock;
use tower_challenge::hoba_services::{
    HobaKeyStore, HobaServices, MemoryHobaKeys, RegisteredKeys, RegistrationDecision,
    RegistrationForm,
};
use tower_challenge::scheme::Hoba;
use tower_challenge::scheme::hoba::{HobaOrigin, HobaSession, HobaSessions};
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth};

use crate::handler;
use crate::index::{Index, Try};

const SIGNED: Try = Try {
    curl: "curl -i URL",
    answer: "401: register a key, and sign the challenge; then 200: hello hoba-KID",
};
const SERVICES: Try = Try {
    curl: "curl -i -X POST URL/getchal",
    answer: "200: a challenge; `register` and `logout` are beside it",
};

#[derive(Clone)]
struct Devices {
    keys: MemoryHobaKeys,
    services: HobaServices<RegisteredKeys<MemoryHobaKeys>>,
}

/// Adds the routes, if clients may use HOBA at `origin`: through TLS, or on this machine.
pub(crate) fn routes(index: &mut Index, origin: &str) -> Result<(), ConfigError> {
    if let Err(why) = HobaOrigin::parse(origin) {
        eprintln!("without the routes of HOBA: {why}");
        return Ok(());
    }
    let keys = MemoryHobaKeys::new();
    let hoba = Hoba::builder(origin, RegisteredKeys::of(keys.clone()))
        .sessions(HobaSessions::new()?)
        .nonce_keys(index.stores.nonce_keys()?)
        .store(index.stores.replay())
        .build()?;
    let services = HobaServices::builder(hoba.clone(), keys.clone(), TokioClock::new())
        .open_registration(|form: &RegistrationForm| {
            let start = form.kid.chars().take(16).collect::<String>();
            match form.is_hashed {
                true => RegistrationDecision::Register(format!("hoba-{start}")),
                false => RegistrationDecision::Refuse, // The client chose the kid.
            }
        })
        .require_tls_beyond_loopback()
        .build()?;
    let session = HobaSession::of(&hoba)?;
    let guard = RequireAuth::new((session, hoba))?.require_tls_beyond_loopback();
    let devices = Devices {
        keys,
        services: services.clone(),
    };
    let protected = Router::new()
        .route("/devices", post(invite))
        .route("/devices/{kid}", delete(remove))
        .fallback_service(handler::known())
        .with_state(devices)
        .layer(guard);
    let what = "HOBA, `max-age` 0, and a session; POST /hoba/devices and DELETE /hoba/devices/KID";
    index.add("/hoba", what, SIGNED, protected);
    let what = "the registration of keys for it";
    let path = "/.well-known/hoba";
    let routes = any_service(services);
    index.add_below(path, what, SERVICES, routes);
    Ok(())
}

/// Answers with the path at which a further device of the caller registers.
async fn invite(caller: Authenticated<Principal>, State(devices): State<Devices>) -> Response {
    match devices.services.invite(caller.name()).await {
        Ok(Some(path)) => (StatusCode::CREATED, [(LOCATION, path)]).into_response(),
        Ok(None) => StatusCode::TOO_MANY_REQUESTS.into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// Removes a device of the caller.
async fn remove(
    caller: Authenticated<Principal>,
    State(devices): State<Devices>,
    Path(kid): Path<String>,
) -> StatusCode {
    match devices.keys.remove(caller.name(), &kid).await {
        Ok(true) => StatusCode::NO_CONTENT,
        Ok(false) => StatusCode::NOT_FOUND,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
