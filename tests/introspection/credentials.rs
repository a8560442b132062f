//! What is sent to the authorization server.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::Request;
use serde_json::Value;
use tower_challenge::Secret;
use tower_challenge::introspection::{ClientCredentials, ClientKey};
use tower_challenge::jose::{KeySet, SignatureBackend};
use tower_challenge::jwt::{JwtVerifier, TokenProfile};
use tower_challenge::scheme::bearer::VerifyToken;

use crate::server::{FakeServer, active, outcome};

/// The request about `token`.
async fn request(credentials: ClientCredentials, token: &str) -> Request<Vec<u8>> {
    let server = FakeServer::new(active(""));
    let verifier = server.builder_with(credentials).build().unwrap();
    assert_eq!(outcome(&verifier, token).await.as_deref(), Ok("ada"));
    server.request()
}

fn body(request: &Request<Vec<u8>>) -> &str {
    std::str::from_utf8(request.body()).unwrap()
}

/// The value of a parameter whose value has no escapes.
fn parameter<'r>(request: &'r Request<Vec<u8>>, name: &str) -> &'r str {
    let mut pairs = body(request)
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    pairs.find(|(known, _)| *known == name).unwrap().1
}

#[tokio::test]
async fn a_question_is_a_post_of_a_form_that_asks_for_json() {
    let request = request(ClientCredentials::secret_basic("rs", "s3cret"), "a+b/c~d==").await;
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri(), "https://as.example/introspect");
    assert_eq!(
        body(&request),
        "token=a%2Bb%2Fc%7Ed%3D%3D&token_type_hint=access_token"
    );
    let field = |name| request.headers()[name].to_str().unwrap();
    assert_eq!(field("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(field("accept"), "application/json");
    assert!(field("user-agent").starts_with("tower-challenge/"));
    assert_eq!(field("authorization"), "Basic cnM6czNjcmV0");
    assert!(request.headers()["authorization"].is_sensitive());
    assert_eq!(
        request.headers().len(),
        4,
        "nothing of a client's request is sent on"
    );
}

/// RFC 6749 section 2.3.1: both are encoded "using the "application/x-www-form-urlencoded" encoding algorithm".
#[tokio::test]
async fn the_name_and_the_secret_are_encoded_before_they_are_joined() {
    let request = request(ClientCredentials::secret_basic("a:b", "p&%\u{e9}+ /:"), "t").await;
    let field = request.headers()["authorization"].to_str().unwrap();
    let pair = STANDARD
        .decode(field.strip_prefix("Basic ").unwrap())
        .unwrap();
    assert_eq!(pair, b"a%3Ab:p%26%25%C3%A9%2B%20%2F%3A");
}

#[tokio::test]
async fn a_secret_in_the_form_needs_no_field() {
    let request = request(ClientCredentials::secret_post("rs&a", "p&w"), "t").await;
    let form = "token=t&token_type_hint=access_token&client_id=rs%26a&client_secret=p%26w";
    assert_eq!(body(&request), form);
    assert!(!request.headers().contains_key("authorization"));
}

#[tokio::test]
async fn a_signed_assertion_names_the_client_and_the_server_and_is_used_once() {
    let key = ClientKey::generate("key-1").unwrap();
    let credentials = ClientCredentials::private_key_jwt("rs", &key, "https://as.example");
    let server = FakeServer::new(active(""));
    let verifier = server.builder_with(credentials).build().unwrap();
    let mut identifiers = Vec::new();
    for token in ["t0", "t1"] {
        assert_eq!(outcome(&verifier, token).await.as_deref(), Ok("ada"));
        let request = server.request();
        assert!(!request.headers().contains_key("authorization"));
        assert_eq!(parameter(&request, "client_id"), "rs");
        let kind = parameter(&request, "client_assertion_type");
        assert_eq!(
            kind,
            "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
        );
        identifiers.push(checked(parameter(&request, "client_assertion"), &key));
    }
    assert_ne!(identifiers[0], identifiers[1]);
}

/// Verifies an assertion as an authorization server does, and returns its `jti`.
fn checked(assertion: &str, key: &ClientKey) -> String {
    let keys = format!(r#"{{"keys":[{}]}}"#, key.public_jwk());
    for backend in [SignatureBackend::AwsLc, SignatureBackend::RustCrypto] {
        let keys = KeySet::from_jwks_with(&keys, backend).unwrap();
        let profile = TokenProfile::access_token().only_type("JWT");
        let clock = FakeServer::new(active("")).clock().clone();
        let verifier = JwtVerifier::builder("rs", keys).audience("https://as.example");
        let verifier = verifier.profile(profile.require(&["jti"])).clock(clock);
        let verified = verifier
            .build()
            .unwrap()
            .verify(Secret::new(assertion))
            .try_now();
        assert_eq!(verified.unwrap().unwrap().unwrap().name(), "rs");
    }
    let claims = URL_SAFE_NO_PAD
        .decode(assertion.split('.').nth(1).unwrap())
        .unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let life = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert_eq!(life, 60);
    assert_eq!(claims["jti"].as_str().unwrap().len(), 22);
    claims["jti"].to_string()
}

/// The key of RFC 7515 appendix A.3.
const JWK: [(&str, &str); 5] = [
    ("kty", "EC"),
    ("crv", "P-256"),
    ("x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
    ("y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
    ("d", "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"),
];

fn jwk(changed: &str, value: Option<&str>) -> String {
    let members = JWK.iter().filter_map(|&(name, known)| {
        let value = if name == changed { value? } else { known };
        Some(format!(r#""{name}":"{value}""#))
    });
    format!("{{{}}}", Vec::from_iter(members).join(","))
}

#[tokio::test]
async fn a_private_key_is_read_from_a_json_web_key() {
    let key = ClientKey::from_jwk(&jwk("", None)).unwrap();
    assert!(!key.public_jwk().contains("\"d\""));
    let credentials = ClientCredentials::private_key_jwt("rs", &key, "https://as.example");
    let request = request(credentials, "t").await;
    checked(parameter(&request, "client_assertion"), &key);
    let shown = format!("{key:?}");
    assert!(!shown.contains("jpsQ"), "{shown}");
    for (member, value) in [
        ("kty", None),
        ("kty", Some("RSA")),
        ("crv", Some("P-384")),
        ("x", None),
        ("x", Some("AAAA")),
        ("y", Some("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")),
        ("d", None),
        ("d", Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
        ("d", Some("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")),
    ] {
        let wrong = ClientKey::from_jwk(&jwk(member, value));
        assert!(wrong.is_err(), "{member} {value:?}");
    }
    for text in ["", "[]", "-----BEGIN PRIVATE KEY-----"] {
        assert!(ClientKey::from_jwk(text).is_err(), "{text}");
    }
}

#[test]
fn nothing_that_is_printed_has_a_secret() {
    let credentials = ClientCredentials::secret_basic("rs", "C4NARY");
    let server = FakeServer::new(active(""));
    let builder = server.builder_with(credentials.clone());
    let shown = format!("{credentials:?} {builder:?}");
    let shown = format!("{shown} {:?}", builder.build());
    assert!(shown.contains("rs") && !shown.contains("C4NARY"), "{shown}");
}
