//! Every renderer over every kind of refusal.

mod bodies;
mod grpc;
mod login;
mod negotiation;
mod ways_back;

use std::time::Duration;

use http::header::{HeaderName, PROXY_AUTHENTICATE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Request, Response, StatusCode};

use super::{Denial, Kind, Respond};
use crate::header::Challenge;
use crate::request_head::RequestHead;

pub(super) const CHALLENGE: &str = "Basic realm=\"files\"";

/// One of each kind, as the layer makes them.
pub(super) fn denials() -> Vec<Denial> {
    let plain = [
        (Kind::Malformed, StatusCode::BAD_REQUEST),
        (Kind::Forbidden, StatusCode::FORBIDDEN),
        (Kind::Insecure, StatusCode::FORBIDDEN),
        (Kind::TooLong, StatusCode::PAYLOAD_TOO_LARGE),
        (Kind::TooSlow, StatusCode::REQUEST_TIMEOUT),
        (Kind::Misplaced, StatusCode::INTERNAL_SERVER_ERROR),
    ];
    let later = [
        (Kind::Throttled, StatusCode::TOO_MANY_REQUESTS),
        (Kind::Unavailable, StatusCode::SERVICE_UNAVAILABLE),
    ];
    let plain = plain.map(|(kind, status)| Denial::new(kind, status, WWW_AUTHENTICATE));
    let later = later.map(|(kind, status)| {
        Denial::new(kind, status, WWW_AUTHENTICATE).retry_after(Duration::from_millis(1500))
    });
    let proxy = StatusCode::PROXY_AUTHENTICATION_REQUIRED;
    let nobody = [nobody(), challenging(proxy, PROXY_AUTHENTICATE)];
    nobody.into_iter().chain(plain).chain(later).collect()
}

/// A `401`.
pub(super) fn nobody() -> Denial {
    challenging(StatusCode::UNAUTHORIZED, WWW_AUTHENTICATE)
}

fn challenging(status: StatusCode, field: HeaderName) -> Denial {
    let challenge = Challenge::parse(CHALLENGE.as_bytes()).unwrap();
    Denial::new(Kind::Unauthenticated, status, field).with_challenges(vec![challenge])
}

/// What goes out.
pub(super) fn show(
    respond: &impl Respond<String>,
    denial: &Denial,
    request: &Request<()>,
) -> Response<String> {
    let shown = respond.respond(denial, &RequestHead::of(request));
    shown.stamped(denial.clone())
}

/// A `GET` of `target` with these fields.
pub(super) fn get(target: &str, fields: &[(&str, &str)]) -> Request<()> {
    ask("GET", target, fields)
}

pub(super) fn ask(method: &str, target: &str, fields: &[(&str, &str)]) -> Request<()> {
    let request = Request::builder().method(method).uri(target);
    let request = fields.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    request.body(()).unwrap()
}

/// The lines of a field.
pub(super) fn lines(response: &Response<String>, name: &str) -> Vec<String> {
    let lines = response.headers().get_all(name).iter();
    lines.map(|it| it.to_str().unwrap().to_owned()).collect()
}

/// What the layer stamps on every refusal under its own status or another.
pub(super) fn assert_stamped(response: &Response<String>, denial: &Denial) {
    assert_eq!(lines(response, "cache-control"), ["no-store"]);
    let challenges = lines(response, denial.field.as_str());
    assert_eq!(challenges.len(), denial.challenges().len());
    let later = denial.retry_after.map(|_| HeaderValue::from_static("2"));
    assert_eq!(response.headers().get(RETRY_AFTER), later.as_ref());
}
