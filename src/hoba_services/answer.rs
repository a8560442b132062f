//! The responses of the services.

use http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Response, StatusCode};

use super::key_store::RegistrationOutcome;
use crate::config_error::ConfigError;
use crate::header::Challenge;
use crate::text::delay::whole_seconds;
use crate::unavailable::Unavailable;

/// Says that a registration is complete, or goes on (RFC 7486 section 6.1.1).
const HOBAREG: HeaderName = HeaderName::from_static("hobareg");

/// A refusal: the response to it, boxed, because it is large and rare.
pub(super) type ServiceRefusal = Box<Response<String>>;

pub(super) type ServiceAnswer = Result<Response<String>, ServiceRefusal>;

/// A response with a text. No cache may store it.
pub(super) fn answer(status: StatusCode, text: impl Into<String>) -> Response<String> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

pub(super) fn refusal(status: StatusCode, text: &str) -> ServiceRefusal {
    Box::new(answer(status, text))
}

/// `405`: each of the URIs has one method.
pub(super) fn wrong_method() -> ServiceRefusal {
    let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED, "use POST");
    let post = HeaderValue::from_static("POST");
    response.headers_mut().insert(ALLOW, post);
    response
}

/// `408`, after which the rest of the body may still arrive. So an HTTP/1.1 server closes the connection.
pub(super) fn too_slow() -> ServiceRefusal {
    let mut response = refusal(StatusCode::REQUEST_TIMEOUT, "the form arrived too slowly");
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
    response
}

pub(super) fn unavailable(why: &Unavailable) -> ServiceRefusal {
    let mut response = refusal(StatusCode::SERVICE_UNAVAILABLE, "try again later");
    let seconds = whole_seconds(why.delay());
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}

/// The text says what is wrong with the form, and is made of constants.
pub(super) fn malformed(why: &ConfigError) -> ServiceRefusal {
    refusal(StatusCode::BAD_REQUEST, &why.to_string())
}

/// `401` with a new challenge.
pub(super) fn unauthenticated(challenges: Vec<Challenge>) -> ServiceRefusal {
    let mut response = refusal(StatusCode::UNAUTHORIZED, "a signature is required");
    for challenge in challenges {
        let headers = response.headers_mut();
        headers.append(WWW_AUTHENTICATE, challenge.into_value());
    }
    response
}

/// A registration that is complete (`regok`) or goes on (`reginwork`).
pub(super) fn registered(state: &'static str, text: &str) -> Response<String> {
    let mut response = answer(StatusCode::OK, text);
    let state = HeaderValue::from_static(state);
    response.headers_mut().insert(HOBAREG, state);
    response
}

pub(super) fn outcome(outcome: RegistrationOutcome) -> ServiceAnswer {
    let (status, text) = match outcome {
        RegistrationOutcome::Registered => return Ok(registered("regok", "the key is registered")),
        RegistrationOutcome::KidTaken => (StatusCode::CONFLICT, "the kid is taken"),
        RegistrationOutcome::AccountTaken => (StatusCode::CONFLICT, "the account is taken"),
        RegistrationOutcome::NoInvitation => {
            let text = "the invitation is unknown, used or expired";
            (StatusCode::FORBIDDEN, text)
        }
        RegistrationOutcome::TooManyDevices => {
            (StatusCode::FORBIDDEN, "the account has too many devices")
        }
    };
    Err(refusal(status, text))
}
