//! The answers that a client gets from the layer.

use std::convert::Infallible;
use std::fs;
use std::time::{Duration, SystemTime};

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::jose::{KeySet, KeySource};
use tower_challenge::jwt::{RevocationList, VerifiedClaims};
use tower_challenge::policy::{HasRoles, HasScopes, role, scopes};
use tower_challenge::scheme::Bearer;
use tower_challenge::{Authenticated, NowOrLater, Principal, RequireAuth, Unavailable};

use crate::support::{builder, good, issuer, verify, why};

async fn hello(request: Request<()>) -> Result<Response<String>, Infallible> {
    let caller = request.extensions().get::<Authenticated<Principal>>();
    Ok(Response::new(caller.unwrap().name().to_owned()))
}

fn ask(
    layer: &RequireAuth<Bearer<tower_challenge::jwt::JwtVerifier>>,
    token: &str,
) -> (StatusCode, String) {
    let mut request = Request::new(());
    if !token.is_empty() {
        let field = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert(AUTHORIZATION, field);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let response = runtime
        .block_on(layer.layer(service_fn(hello)).oneshot(request))
        .unwrap();
    let challenge = response.headers().get(WWW_AUTHENTICATE);
    let challenge = challenge.map_or("", |field| field.to_str().unwrap());
    (response.status(), challenge.to_owned())
}

fn layer(keys: impl KeySource) -> RequireAuth<Bearer<tower_challenge::jwt::JwtVerifier>> {
    let bearer = Bearer::new("api", builder(keys).build().unwrap()).unwrap();
    let bearer = bearer.scope("read").unwrap();
    RequireAuth::new(bearer)
        .unwrap()
        .policy(scopes("read write").unwrap())
}

#[test]
fn a065_a_token_that_has_expired_and_lacks_a_scope_is_401_and_not_403() {
    let issuer = issuer();
    let layer = layer(issuer.clone());
    assert_eq!(
        ask(&layer, &good(&issuer).sign()),
        (StatusCode::OK, String::new())
    );
    let expired = (
        StatusCode::UNAUTHORIZED,
        r#"Bearer realm="api", scope="read", error="invalid_token""#.to_owned(),
    );
    assert_eq!(
        ask(&layer, &good(&issuer).scope("other").expired().sign()),
        expired
    );
    assert_eq!(
        ask(&layer, &good(&issuer).scope("other").sign_wrongly()),
        expired
    );
    let lacking = (
        StatusCode::FORBIDDEN,
        r#"Bearer realm="api", error="insufficient_scope", scope="read write""#.to_owned(),
    );
    assert_eq!(ask(&layer, &good(&issuer).scope("read").sign()), lacking);
    let absent = (
        StatusCode::UNAUTHORIZED,
        r#"Bearer realm="api", scope="read""#.to_owned(),
    );
    assert_eq!(ask(&layer, ""), absent);
}

/// The row `revoked` of the vectors, with each of its reasons: "token revoked / unknown / bad signature / wrong audience /
/// wrong issuer".
#[test]
fn every_token_that_is_not_good_gets_the_answer_of_the_vectors() {
    let path = format!("{}/tests/vectors/bearer.json", env!("CARGO_MANIFEST_DIR"));
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut rows = file["vectors"].as_array().unwrap().iter();
    let row = rows.find(|row| row["id"] == "revoked").unwrap();
    let status = u16::try_from(row["status"].as_u64().unwrap()).unwrap();
    let challenge = row["www_authenticate"][0].as_str().unwrap();
    let expected = (StatusCode::from_u16(status).unwrap(), challenge.to_owned());

    let issuer = issuer();
    let list = RevocationList::new();
    let verifier = builder(issuer.clone()).revocations(&list).build().unwrap();
    let layer = RequireAuth::new(Bearer::new("example", verifier.clone()).unwrap()).unwrap();
    let revoked = good(&issuer).claim("jti", "revoked").sign();
    for token in [&good(&issuer).sign(), &revoked] {
        assert_eq!(ask(&layer, token), (StatusCode::OK, String::new()));
    }
    let until = SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000);
    list.revoke_token("revoked", until).unwrap();
    for (token, reason) in [
        (revoked, "the token is revoked"),
        (
            good(&issuer).header("kid", "unknown").sign(),
            "no key of the issuer fits the token",
        ),
        (good(&issuer).sign_wrongly(), "the signature is wrong"),
        (
            good(&issuer).audience("https://other.example").sign(),
            "the token is for another audience",
        ),
        (
            good(&issuer).claim("iss", "https://other.example").sign(),
            "the token is of another issuer",
        ),
    ] {
        assert_eq!(why(&verifier, &token), Some(reason));
        assert_eq!(ask(&layer, &token), expected, "{reason}");
    }
}

#[test]
fn a066_a_scope_counts_only_as_a_whole() {
    let issuer = issuer();
    let layer = layer(issuer.clone());
    for scope in [
        "readonly write",
        "read:all write",
        "Read write",
        "read-write",
        "read,write",
        "",
        " ",
    ] {
        let (status, _) = ask(&layer, &good(&issuer).scope(scope).sign());
        assert_eq!(status, StatusCode::FORBIDDEN, "{scope:?}");
    }
    let (status, _) = ask(&layer, &good(&issuer).scope("write x read").sign());
    assert_eq!(status, StatusCode::OK);
}

#[test]
fn a067_a_refusal_names_the_scopes_of_the_route_and_no_role() {
    let issuer = issuer();
    let bearer = Bearer::new("api", builder(issuer.clone()).build().unwrap()).unwrap();
    let layer = RequireAuth::new(bearer)
        .unwrap()
        .policy(role("auditor").unwrap());
    let (status, challenge) = ask(&layer, &good(&issuer).claim("roles", vec!["clerk"]).sign());
    assert_eq!((status, &*challenge), (StatusCode::FORBIDDEN, ""));
    let (status, challenge) = ask(&layer, &good(&issuer).sign_wrongly());
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(!challenge.contains("auditor"));
}

/// A source without keys.
struct Down;

impl KeySource for Down {
    fn keys(&self) -> NowOrLater<Result<KeySet, Unavailable>> {
        NowOrLater::later(async { Err(Unavailable::new("no keys yet")) })
    }
}

#[test]
fn a073_a_source_without_keys_is_503_for_a_token_and_401_without_one() {
    let layer = layer(Down);
    assert_eq!(
        ask(&layer, &good(&issuer()).sign()),
        (StatusCode::SERVICE_UNAVAILABLE, String::new())
    );
    assert_eq!(ask(&layer, "").0, StatusCode::UNAUTHORIZED);
    for text in [
        "opaque",
        "a.b.c",
        &good(&issuer()).header("alg", "none").sign(),
        &good(&issuer()).header("typ", "dpop+jwt").sign(),
    ] {
        let (status, challenge) = ask(&layer, text);
        assert_eq!(
            status,
            StatusCode::UNAUTHORIZED,
            "{text}: no key makes it good"
        );
        assert!(challenge.contains("invalid_token"), "{text}");
    }
}

/// A source whose keys come later.
struct Slow(KeySet);

impl KeySource for Slow {
    fn keys(&self) -> NowOrLater<Result<KeySet, Unavailable>> {
        let keys = self.0.clone();
        NowOrLater::later(async { Ok(keys) })
    }
}

#[test]
fn a_source_may_make_a_token_wait() {
    let issuer = issuer();
    let layer = layer(Slow(issuer.keys()));
    assert_eq!(ask(&layer, &good(&issuer).sign()).0, StatusCode::OK);
    assert_eq!(
        ask(&layer, &good(&issuer).sign_wrongly()).0,
        StatusCode::UNAUTHORIZED
    );
}

/// A source that finds the newest keys of an issuer only when it is asked for newer ones.
struct Late(tower_challenge::testing::TestIssuer, KeySet);

impl KeySource for Late {
    fn keys(&self) -> NowOrLater<Result<KeySet, Unavailable>> {
        NowOrLater::now(Ok(self.1.clone()))
    }

    fn newer_than(&self, _: KeySet) -> NowOrLater<KeySet> {
        let keys = self.0.keys();
        NowOrLater::later(async { keys })
    }
}

#[test]
fn a_token_of_a_new_key_is_accepted_once_the_source_has_the_key() {
    let issuer = issuer();
    let layer = layer(Late(issuer.clone(), issuer.keys()));
    issuer.rotate().unwrap();
    assert_eq!(ask(&layer, &good(&issuer).sign()).0, StatusCode::OK);
    assert_eq!(
        ask(&layer, &good(&issuer).sign_wrongly()).0,
        StatusCode::UNAUTHORIZED
    );
    let unknown = good(&issuer).header("kid", "unknown").sign();
    assert_eq!(ask(&layer, &unknown).0, StatusCode::UNAUTHORIZED);
}

/// The old key has no `kid`, so the token of the new key is tried with it and fails. The source may have the new key.
#[test]
fn a_key_without_a_name_does_not_hide_the_key_that_a_token_names() {
    let issuer = issuer();
    let unnamed = issuer.jwks().replace(r#""kid":"test-key-1","#, "");
    let keys = KeySet::from_jwks(&unnamed).unwrap();
    let layer = layer(Late(issuer.clone(), keys));
    assert_eq!(ask(&layer, &good(&issuer).sign()).0, StatusCode::OK);
    issuer.rotate().unwrap();
    assert_eq!(ask(&layer, &good(&issuer).sign()).0, StatusCode::OK);
    assert_eq!(
        ask(&layer, &good(&issuer).sign_wrongly()).0,
        StatusCode::UNAUTHORIZED
    );
}

#[derive(Deserialize)]
struct Tenancy {
    tenant: u32,
}

#[test]
fn the_claims_may_be_a_type_of_the_application() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).claims::<Tenancy>().build().unwrap();
    let token = good(&issuer).claim("roles", vec!["clerk"]);
    let caller: VerifiedClaims<Tenancy> =
        verify(&verifier, &token.clone().claim("tenant", 7).sign()).unwrap();
    assert_eq!(caller.claims().tenant, 7);
    assert!(caller.scopes().contains("write") && caller.has_role("clerk"));
    let again = verify(&verifier, &token.clone().claim("tenant", 7).sign()).unwrap();
    assert_eq!(again.principal().name(), "ada");
    let unfit = Some("the claims do not fit the type of the application");
    assert_eq!(
        why(&verifier, &token.clone().claim("tenant", "7").sign()),
        unfit
    );
    assert_eq!(why(&verifier, &token.sign()), unfit);
}
