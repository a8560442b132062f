//! Checks the parameters for resource metadata (RFC 9728) and scopes (RFC 6750) in the challenges of Bearer.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::convert::Infallible;

use http::header::{AUTHORIZATION, HOST, WWW_AUTHENTICATE};
use http::{Request, Response};
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::policy::scopes;
use tower_challenge::scheme::Bearer;
use tower_challenge::{ConfigError, Principal, RequireAuth, Secret};

const URL: &str = "https://api.example/.well-known/oauth-protected-resource/notes";

type Verifier = fn(Secret<'_>) -> Option<Principal>;

fn bearer() -> Bearer<Verifier> {
    let known: Verifier = |token| {
        let known = token.matches("good");
        known.then(|| Principal::new("ada").with_scopes("read"))
    };
    Bearer::new("notes", known).unwrap()
}

/// Sends a request with `credentials`. Returns the status and the challenge of the response.
async fn ask(bearer: Bearer<Verifier>, credentials: &str) -> (u16, String) {
    let inner = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(())));
    let auth = RequireAuth::new(bearer).unwrap();
    let service = auth.policy(scopes("write").unwrap()).layer(inner);
    let mut request = Request::builder().header(HOST, "evil.example");
    if !credentials.is_empty() {
        request = request.header(AUTHORIZATION, credentials);
    }
    let answer = service.oneshot(request.body(()).unwrap()).await.unwrap();
    let challenge = answer.headers()[WWW_AUTHENTICATE].to_str().unwrap();
    (answer.status().as_u16(), challenge.to_owned())
}

/// Section 5.1: "This specification introduces a new parameter in the WWW-Authenticate HTTP response header field to
/// indicate the protected resource metadata URL". RFC 6750 section 3: no attribute may occur twice.
/// A challenge keeps this rule also if it has an error with a scope of its own.
#[tokio::test]
async fn each_challenge_has_the_metadata_url_and_the_required_scopes() {
    let configured = || {
        bearer()
            .scope("read")
            .unwrap()
            .resource_metadata(URL)
            .unwrap()
    };
    let start = r#"Bearer realm="notes""#;
    let metadata = format!(r#"resource_metadata="{URL}""#);
    let expected = [
        ("", 401, format!(r#"{start}, scope="read", {metadata}"#)),
        (
            "Bearer bad",
            401,
            format!(r#"{start}, scope="read", {metadata}, error="invalid_token""#),
        ),
        (
            "Bearer",
            400,
            format!(r#"{start}, scope="read", {metadata}, error="invalid_request""#),
        ),
        (
            "Bearer good",
            403,
            format!(r#"{start}, {metadata}, error="insufficient_scope", scope="write""#),
        ),
    ];
    for (credentials, status, challenge) in expected {
        assert_eq!(ask(configured(), credentials).await, (status, challenge));
    }
}

#[tokio::test]
async fn a_second_call_of_scope_replaces_the_first() {
    let first = bearer().scope("a").unwrap().resource_metadata(URL).unwrap();
    let second = first.scope("b c").unwrap();
    let (_, challenge) = ask(second, "").await;
    let expected = format!(r#"Bearer realm="notes", resource_metadata="{URL}", scope="b c""#);
    assert_eq!(challenge, expected);
}

#[test]
fn scope_accepts_only_values_that_a_challenge_can_carry() {
    for bad in [
        "", " ", "a  b", " a", "a ", "a\"b", "a\\b", "a\tb", "\u{e9}",
    ] {
        assert!(bearer().scope(bad).is_err(), "{bad:?}");
    }
    for good in ["a", "a b", "!#[]~"] {
        assert!(bearer().scope(good).is_ok(), "{good:?}");
    }
}

/// Section 1.2: a resource's identifier is "a URL that uses the https scheme and has no fragment component", and
/// section 3 makes the URL of its metadata from it.
#[test]
fn resource_metadata_accepts_only_an_absolute_https_url_or_a_local_one() {
    let configure =
        |url: &str| -> Result<Bearer<Verifier>, ConfigError> { bearer().resource_metadata(url) };
    for bad in [
        "",
        "/.well-known/oauth-protected-resource",
        "api.example",
        "https:///path",
        "http://api.example/",
        "ftp://api.example/",
        "https://api.example/#part",
        "https://api.example/a b",
        "https://api.example/\"",
        "http://localhost.evil.example/",
    ] {
        assert!(configure(bad).is_err(), "{bad:?}");
    }
    for good in [
        URL,
        "https://[2001:db8::1]:8443/x?y",
        "http://127.0.0.1:8080/",
        "http://localhost/",
    ] {
        assert!(configure(good).is_ok(), "{good:?}");
    }
}
