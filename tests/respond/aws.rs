//! Errors as AWS writes them.

use std::convert::Infallible;

use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Request, Response};
use serde_json::Value;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::respond::AwsErrors;
use tower_challenge::scheme::Basic;
use tower_challenge::{Principal, RequestHead, RequireAuth};

use crate::{ADA, AWAY, EXHAUSTED, WRONG, layer};

type Tuned = RequireAuth<Basic<PlaintextAccounts>, AwsErrors>;

fn ask(
    errors: AwsErrors,
    tune: impl FnOnce(Tuned) -> Tuned,
    request: Request<()>,
) -> Response<String> {
    let inner = service_fn(async |_| Ok::<_, Infallible>(Response::new("inside".to_owned())));
    let service = tune(layer().respond_with(errors)).layer(inner);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let Ok(response) = runtime.block_on(service.oneshot(request));
    response
}

fn request(target: &str, credentials: &[&str]) -> Request<()> {
    let request = Request::get(target);
    let add = |request: http::request::Builder, it: &&str| request.header(AUTHORIZATION, *it);
    credentials.iter().fold(request, add).body(()).unwrap()
}

fn as_it_is(layer: Tuned) -> Tuned {
    layer
}

fn nobody(layer: Tuned) -> Tuned {
    layer.policy(|_: &Principal, _: &RequestHead<'_>| false)
}

/// Each case with its codes for S3 and for services with JSON, and its status.
#[test]
fn every_refusal_has_the_code_that_clients_look_for() {
    type Tune = fn(Tuned) -> Tuned;
    let signed = "/?X-Amz-Signature=0";
    let cases: [(Tune, Request<()>, [&str; 2], u16); 8] = [
        (
            as_it_is,
            request("/", &[]),
            ["AccessDenied", "MissingAuthenticationToken"],
            403,
        ),
        (
            as_it_is,
            request("/", &[WRONG]),
            ["SignatureDoesNotMatch"; 2],
            403,
        ),
        (
            as_it_is,
            request(signed, &[]),
            ["SignatureDoesNotMatch"; 2],
            403,
        ),
        (
            as_it_is,
            request("/", &[ADA, ADA]),
            ["AuthorizationHeaderMalformed", "IncompleteSignature"],
            400,
        ),
        (
            as_it_is,
            request(signed, &[ADA, ADA]),
            ["AuthorizationQueryParametersError", "IncompleteSignature"],
            400,
        ),
        (nobody, request("/", &[ADA]), ["AccessDenied"; 2], 403),
        (
            |it| it.throttle(EXHAUSTED),
            request("/", &[ADA]),
            ["SlowDown", "Throttling"],
            429,
        ),
        (
            |it| it.throttle(AWAY),
            request("/", &[ADA]),
            ["ServiceUnavailable"; 2],
            503,
        ),
    ];
    for (tune, request, [s3, json], status) in cases {
        let shown = ask(AwsErrors::s3(), tune, request.clone());
        assert_eq!(
            (shown.status().as_u16(), &*code_in_xml(shown.body())),
            (status, s3)
        );
        assert_eq!(shown.headers()[CONTENT_TYPE], "application/xml");
        assert_eq!(shown.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(shown.headers().contains_key(RETRY_AFTER), status > 428);
        let shown = ask(AwsErrors::json(), tune, request);
        let read: Value = serde_json::from_str(shown.body()).unwrap();
        assert_eq!(
            (shown.status().as_u16(), read["__type"].as_str()),
            (status, Some(json))
        );
        assert_eq!(shown.headers()[CONTENT_TYPE], "application/json");
    }
}

#[test]
fn unknown_account_and_wrong_password_are_shown_the_same() {
    // `eve:wrong`
    let [unknown, wrong] = ["Basic ZXZlOndyb25n", WRONG].map(|credentials| {
        let shown = ask(AwsErrors::s3(), as_it_is, request("/", &[credentials]));
        (shown.status(), shown.headers().clone(), shown.into_body())
    });
    assert_eq!(unknown, wrong);
    assert!(
        wrong.1.contains_key(WWW_AUTHENTICATE),
        "the challenge stays"
    );
}

#[test]
fn path_is_no_markup() {
    let shown = ask(AwsErrors::s3(), as_it_is, request("/a&b'c/%3Cd%3E", &[]));
    let (_, rest) = shown.body().split_once("<Resource>").unwrap();
    assert_eq!(rest, "/a&amp;b&#39;c/%3Cd%3E</Resource></Error>");
}

#[test]
fn whoever_is_let_in_is_shown_nothing_of_it() {
    let shown = ask(AwsErrors::s3(), as_it_is, request("/", &[ADA]));
    assert_eq!((shown.status().as_u16(), &**shown.body()), (200, "inside"));
}

fn code_in_xml(body: &str) -> String {
    let (_, rest) = body.split_once("<Code>").unwrap();
    rest.split_once("</Code>").unwrap().0.to_owned()
}
