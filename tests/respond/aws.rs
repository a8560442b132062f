//! Tests that refused clients get the errors of AWS.

use std::convert::Infallible;

use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Request, Response};
use serde_json::Value;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::respond::AwsErrors;
use tower_challenge::scheme::Basic;
use tower_challenge::{Principal, RequestHead, RequireAuth};

use crate::{ADA, EXHAUSTED, UNAVAILABLE, WRONG, layer};

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
    let add = |request: http::request::Builder, value: &&str| request.header(AUTHORIZATION, *value);
    credentials.iter().fold(request, add).body(()).unwrap()
}

fn unchanged(layer: Tuned) -> Tuned {
    layer
}

fn forbids_all(layer: Tuned) -> Tuned {
    layer.policy(|_: &Principal, _: &RequestHead<'_>| false)
}

/// Each case has its code for S3, its code for services with JSON, and its status.
#[test]
fn each_refusal_has_the_error_code_and_the_status_of_aws() {
    type Tune = fn(Tuned) -> Tuned;
    let signed = "/?X-Amz-Signature=0";
    let cases: [(Tune, Request<()>, [&str; 2], u16); 8] = [
        (
            unchanged,
            request("/", &[]),
            ["AccessDenied", "MissingAuthenticationToken"],
            403,
        ),
        (
            unchanged,
            request("/", &[WRONG]),
            ["SignatureDoesNotMatch"; 2],
            403,
        ),
        (
            unchanged,
            request(signed, &[]),
            ["SignatureDoesNotMatch"; 2],
            403,
        ),
        (
            unchanged,
            request("/", &[ADA, ADA]),
            ["AuthorizationHeaderMalformed", "IncompleteSignature"],
            400,
        ),
        (
            unchanged,
            request(signed, &[ADA, ADA]),
            ["AuthorizationQueryParametersError", "IncompleteSignature"],
            400,
        ),
        (forbids_all, request("/", &[ADA]), ["AccessDenied"; 2], 403),
        (
            |layer| layer.throttle(EXHAUSTED),
            request("/", &[ADA]),
            ["SlowDown", "Throttling"],
            429,
        ),
        (
            |layer| layer.throttle(UNAVAILABLE),
            request("/", &[ADA]),
            ["ServiceUnavailable"; 2],
            503,
        ),
    ];
    for (tune, request, [s3, json], status) in cases {
        let response = ask(AwsErrors::s3(), tune, request.clone());
        assert_eq!(
            (response.status().as_u16(), &*code_in_xml(response.body())),
            (status, s3)
        );
        assert_eq!(response.headers()[CONTENT_TYPE], "application/xml");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(response.headers().contains_key(RETRY_AFTER), status > 428);
        let response = ask(AwsErrors::json(), tune, request);
        let read: Value = serde_json::from_str(response.body()).unwrap();
        assert_eq!(
            (response.status().as_u16(), read["__type"].as_str()),
            (status, Some(json))
        );
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    }
}

#[test]
fn an_unknown_account_and_a_wrong_password_get_the_same_response() {
    // `eve:wrong`
    let [unknown, wrong] = ["Basic ZXZlOndyb25n", WRONG].map(|credentials| {
        let response = ask(AwsErrors::s3(), unchanged, request("/", &[credentials]));
        (
            response.status(),
            response.headers().clone(),
            response.into_body(),
        )
    });
    assert_eq!(unknown, wrong);
    assert!(
        wrong.1.contains_key(WWW_AUTHENTICATE),
        "the challenge stays"
    );
}

#[test]
fn the_path_in_an_xml_error_is_escaped() {
    let response = ask(AwsErrors::s3(), unchanged, request("/a&b'c/%3Cd%3E", &[]));
    let (_, rest) = response.body().split_once("<Resource>").unwrap();
    assert_eq!(rest, "/a&amp;b&#39;c/%3Cd%3E</Resource></Error>");
}

#[test]
fn an_admitted_client_gets_the_response_of_the_inner_service() {
    let response = ask(AwsErrors::s3(), unchanged, request("/", &[ADA]));
    assert_eq!(
        (response.status().as_u16(), &**response.body()),
        (200, "inside")
    );
}

fn code_in_xml(body: &str) -> String {
    let (_, rest) = body.split_once("<Code>").unwrap();
    rest.split_once("</Code>").unwrap().0.to_owned()
}
