//! Tests that refused clients get the errors of AWS.

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HOST, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{Request, Response};
use serde_json::Value;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::clock::ManualClock;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::respond::AwsErrors;
use tower_challenge::scheme::sigv4::{AccessKeys, CredentialScope};
use tower_challenge::scheme::{Basic, SigV4};
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

/// The layer of these cases offers Basic alone, so no answer may speak of a signature of AWS.
///
/// Each case has its code for S3, its code for services with JSON, and its status.
#[test]
fn each_refusal_has_the_error_code_and_the_status_of_aws() {
    type Tune = fn(Tuned) -> Tuned;
    let signed = "/?X-Amz-Signature=0";
    let cases: [(Tune, Request<()>, [&str; 2], u16); 7] = [
        (unchanged, request("/", &[]), ["AccessDenied"; 2], 403),
        (unchanged, request("/", &[WRONG]), ["AccessDenied"; 2], 403),
        (unchanged, request(signed, &[]), ["AccessDenied"; 2], 403),
        (
            unchanged,
            request("/", &[ADA, ADA]),
            ["AuthorizationHeaderMalformed", "ValidationError"],
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

/// Asks a layer with SigV4, and gives the answer in the form of S3.
fn ask_s3(request: Request<()>) -> Response<String> {
    ask_signed(AwsErrors::s3(), request)
}

fn ask_signed(errors: AwsErrors, request: Request<()>) -> Response<String> {
    let keys = AccessKeys::new([("AKIDEXAMPLE", "secret")]).unwrap();
    let scope = CredentialScope {
        region: "eu-central-1",
        service: "s3",
    };
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160));
    let sigv4 = SigV4::new("objects", scope, keys, clock).unwrap();
    let layer = RequireAuth::new(sigv4).unwrap().respond_with(errors);
    let inner = service_fn(async |_| Ok::<_, Infallible>(Response::new("inside".to_owned())));
    let service = layer.layer(inner);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let request = request.map(|()| http_body_util::Empty::<bytes::Bytes>::new());
    let Ok(response) = runtime.block_on(service.oneshot(request));
    response
}

/// A client that has not signed is not told that its signature is wrong. The codes are of S3, and of services with JSON.
#[test]
fn an_answer_speaks_of_a_signature_only_to_a_client_that_has_signed() {
    let signed = || signed_for("eu-central-1", "AKIDEXAMPLE");
    let mut twice = signed();
    let line = twice.headers()[AUTHORIZATION].clone();
    twice.headers_mut().append(AUTHORIZATION, line);
    let missing = ["AccessDenied", "MissingAuthenticationToken"];
    let unsupported = ["InvalidArgument", "MissingAuthenticationToken"];
    let malformed = ["AuthorizationHeaderMalformed", "IncompleteSignature"];
    let in_url = ["AuthorizationQueryParametersError", "IncompleteSignature"];
    for (request, [s3, json]) in [
        (request("/", &[]), missing),
        (request("/", &[""]), missing),
        (request("/?X-Amz-Anything=1", &[]), missing),
        (request("/?x-amz-date=1", &[]), missing),
        (request("/", &["Bearer t0ken"]), unsupported),
        (request("/", &["Bearer=t0ken"]), unsupported),
        (request("/", &["=t0ken"]), unsupported),
        (request("/", &[ADA]), unsupported),
        (request("/?X-Amz-Meta=1", &["Bearer t0ken"]), unsupported),
        (signed(), ["SignatureDoesNotMatch"; 2]),
        (twice, malformed),
        (request("/", &["AWS4-HMAC-SHA256 x"]), malformed),
        (request("/?X-Amz-Signature=0", &[]), in_url),
        (request("/?x-amz-signature=0", &[]), in_url),
        (request("/?X%2DAmz-Credential=0", &[]), in_url),
        (request("/?X-Amz-Signature=0", &["Bearer t0ken"]), in_url),
        (
            request("/", &[ADA, ADA]),
            ["AuthorizationHeaderMalformed", "ValidationError"],
        ),
    ] {
        let shown = ask_s3(request.clone());
        assert_eq!(code_in_xml(shown.body()), s3, "{request:?}");
        if s3 == unsupported[0] {
            let text = "<Message>Unsupported Authorization Type</Message>";
            assert!(shown.body().contains(text), "{}", shown.body());
        }
        let status = match s3 {
            "AccessDenied" | "SignatureDoesNotMatch" => 403,
            _ => 400,
        };
        assert_eq!(shown.status().as_u16(), status, "{request:?}");
        let shown = ask_signed(AwsErrors::json(), request.clone());
        let read: Value = serde_json::from_str(shown.body()).unwrap();
        assert_eq!(read["__type"], json, "{request:?}");
    }
}

/// Only a layer with SigV4 may tell a client to sign by version 4.
#[test]
fn a_client_of_version_2_is_not_told_to_use_what_the_layer_does_not_offer() {
    let field = "AWS AKIDEXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=";
    let shown = ask(AwsErrors::s3(), unchanged, request("/bucket/key", &[field]));
    assert_eq!(code_in_xml(shown.body()), "AccessDenied");
}

/// A request with a wrong signature for `region`, in a field.
fn signed_for(region: &str, id: &str) -> Request<()> {
    let zeros = "0".repeat(64);
    let field = format!(
        "AWS4-HMAC-SHA256 Credential={id}/20150830/{region}/s3/aws4_request,\
         SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature={zeros}"
    );
    let request = Request::get("/bucket/")
        .header(HOST, "example.org")
        .header("x-amz-date", "20150830T123600Z")
        .header("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    request.header(AUTHORIZATION, field).body(()).unwrap()
}

#[test]
fn a_client_of_another_region_is_told_the_region() {
    for region in ["US", "us-east-1", "eu-central-2", "<Region>"] {
        let known = ask_s3(signed_for(region, "AKIDEXAMPLE"));
        assert_eq!(known.status().as_u16(), 400, "{region}");
        let code = code_in_xml(known.body());
        assert_eq!(code, "AuthorizationHeaderMalformed", "{region}");
        assert!(known.body().contains("<Region>eu-central-1</Region>"));
        let unknown = ask_s3(signed_for(region, "AKIDNOBODY"));
        assert_eq!(known.body(), unknown.body(), "it tells nothing about keys");
    }
    let right = ask_s3(signed_for("eu-central-1", "AKIDEXAMPLE"));
    assert_eq!(right.status().as_u16(), 403);
    assert_eq!(code_in_xml(right.body()), "SignatureDoesNotMatch");
    assert!(!right.body().contains("<Region>"));
}

#[test]
fn a_url_of_another_region_is_told_the_region() {
    let url = "/bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20150830%2FUS%2Fs3%2Faws4_request\
        &X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=";
    let request = Request::get(format!("{url}{}", "0".repeat(64)));
    let shown = ask_s3(request.header(HOST, "example.org").body(()).unwrap());
    assert_eq!(shown.status().as_u16(), 400);
    let code = code_in_xml(shown.body());
    assert_eq!(code, "AuthorizationQueryParametersError");
    assert!(shown.body().contains("<Region>eu-central-1</Region>"));
}

#[test]
fn a_client_of_version_2_is_told_what_to_set() {
    let by_url = "/bucket/key?AWSAccessKeyId=AKIDEXAMPLE&Signature=vjbyPxybdZaNmGa%2ByT272YEAiv4%3D&Expires=1";
    let field = "AWS AKIDEXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=";
    for request in [request(by_url, &[]), request("/bucket/key", &[field])] {
        let shown = ask_s3(request.clone());
        assert_eq!(shown.status().as_u16(), 400);
        assert_eq!(code_in_xml(shown.body()), "InvalidRequest");
        for words in ["AWS4-HMAC-SHA256", "signature_version to s3v4"] {
            assert!(shown.body().contains(words), "{words}");
        }
        // Services with JSON never had version 2.
        let shown = ask_signed(AwsErrors::json(), request);
        assert!(!shown.body().contains("InvalidRequest"));
    }
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
