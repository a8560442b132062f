//! Tests each renderer with each kind of refusal.

mod bodies;
mod grpc;
mod login;
mod negotiation;
mod ways_back;

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderValue, Request, Response, StatusCode};

use super::{Denial, RefusalChallenges, Respond};
use crate::header::Challenge;
use crate::reason::RefusalReason;
use crate::request_head::RequestHead;
use crate::server_role::ServerRole;

pub(super) const CHALLENGE: &str = "Basic realm=\"files\"";

/// Makes a refusal of each kind, as the layer does.
pub(super) fn denials() -> Vec<Denial> {
    let plain = [
        (RefusalReason::Malformed, StatusCode::BAD_REQUEST),
        (RefusalReason::Forbidden, StatusCode::FORBIDDEN),
        (RefusalReason::TlsRequired, StatusCode::FORBIDDEN),
        (RefusalReason::BodyTooLong, StatusCode::PAYLOAD_TOO_LARGE),
        (RefusalReason::BodyTooSlow, StatusCode::REQUEST_TIMEOUT),
        (
            RefusalReason::MissingLayer,
            StatusCode::INTERNAL_SERVER_ERROR,
        ),
    ];
    let later = [
        (
            RefusalReason::TooManyFailures,
            StatusCode::TOO_MANY_REQUESTS,
        ),
        (RefusalReason::Unavailable, StatusCode::SERVICE_UNAVAILABLE),
    ];
    let denial = |(reason, status)| {
        let denial = Denial::new(reason, ServerRole::Origin, RefusalChallenges::NONE);
        assert_eq!(denial.status(), status);
        denial
    };
    let plain = plain.map(denial);
    let later = later.map(denial);
    let later = later.map(|denial| denial.with_retry_after(Duration::from_millis(1500)));
    let challenged = [unauthenticated(), challenging(ServerRole::Proxy)];
    challenged.into_iter().chain(plain).chain(later).collect()
}

/// A refusal with status `401`.
pub(super) fn unauthenticated() -> Denial {
    challenging(ServerRole::Origin)
}

fn challenging(role: ServerRole) -> Denial {
    let challenge = Challenge::parse(CHALLENGE.as_bytes()).unwrap();
    let challenges = RefusalChallenges::Made(vec![challenge]);
    Denial::new(RefusalReason::WrongCredentials, role, challenges)
}

/// Renders `denial` and stamps it, as the layer does. Returns the response that the client gets.
pub(super) fn stamped_response(
    respond: &impl Respond<String>,
    denial: &Denial,
    request: &Request<()>,
) -> Response<String> {
    let rendered = respond.respond(denial, &RequestHead::of(request));
    rendered.stamped(denial)
}

/// A `GET` request for `target` with these fields.
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

/// Returns all lines of a response field.
pub(super) fn lines(response: &Response<String>, name: &str) -> Vec<String> {
    let lines = response.headers().get_all(name).iter();
    lines
        .map(|line| line.to_str().unwrap().to_owned())
        .collect()
}

/// Checks the fields that the layer stamps on each refusal, also if the renderer chooses the status.
pub(super) fn assert_stamped(response: &Response<String>, denial: &Denial) {
    assert_eq!(lines(response, "cache-control"), ["no-store"]);
    let challenges = lines(response, denial.role.challenge_field().as_str());
    assert_eq!(challenges.len(), denial.challenges().len());
    let later = denial.retry_after().map(|_| HeaderValue::from_static("2"));
    assert_eq!(response.headers().get(RETRY_AFTER), later.as_ref());
}
