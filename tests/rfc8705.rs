//! Checks tokens that are bound to a client certificate (RFC 8705 section 3), with the vectors and sentence by sentence.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::fs;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Request;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use serde_json::{Value, json};
use tower::{Layer as _, ServiceExt};
use tower_challenge::client::{ClientCertificate, SecureTransport};
use tower_challenge::jose::{KeySet, SignatureAlgorithm, VerificationKey};
use tower_challenge::jwt::{JwtVerifier, JwtVerifierBuilder};
use tower_challenge::scheme::bearer::VerifyToken;
use tower_challenge::scheme::client_certificate::CertificateBound;
use tower_challenge::scheme::{ApiKey, Bearer};
use tower_challenge::testing::{TestIssuer, TestToken};
use tower_challenge::{Principal, RequireAuth, Secret};

use self::support::{Answer, Body, Probe, Schemes, TestRequest, TestServer, TestWorld, get, run};

const ISSUER: &str = "https://as.example";
const API: &str = "https://api.example";

fn issuer() -> TestIssuer {
    TestIssuer::new(ISSUER).unwrap()
}

fn builder(issuer: &TestIssuer) -> JwtVerifierBuilder {
    JwtVerifier::builder(ISSUER, issuer.clone()).audience(API)
}

fn verifier(issuer: &TestIssuer) -> CertificateBound<JwtVerifier> {
    CertificateBound::new(builder(issuer).build().unwrap())
}

fn token(issuer: &TestIssuer) -> TestToken {
    issuer.token("ada").audience(API)
}

fn bound_to(token: TestToken, certificate: &ClientCertificate) -> TestToken {
    let thumbprint = certificate.thumbprint().to_string();
    token.claim("cnf", json!({ "x5t#S256": thumbprint }))
}

/// A certificate that no other number has. Its contents are not looked at.
fn certificate(number: u8) -> ClientCertificate {
    ClientCertificate::from_der([0x30, 0x03, 0x02, 0x01, number])
}

fn server(verifier: CertificateBound<JwtVerifier>) -> TestServer {
    let bearer = Bearer::new("api", verifier).unwrap();
    TestServer::build(|_| vec![Box::new(bearer)], |layer| layer)
}

fn with(token: &TestToken, certificate: Option<&ClientCertificate>) -> TestRequest {
    let request = get("/").bearer(&token.sign());
    match certificate {
        Some(certificate) => request.extension(certificate.clone()),
        None => request,
    }
}

/// Why the answer is a refusal.
fn why(answer: &Answer) -> &str {
    answer.heard[0].text
}

fn vectors() -> Value {
    let path = format!("{}/tests/vectors/mtls.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn certificate_of(file: &Value, name: &str) -> ClientCertificate {
    let der = file["certificates"][name]["der_base64"].as_str().unwrap();
    ClientCertificate::from_der(BASE64_STANDARD.decode(der).unwrap())
}

#[test]
fn the_thumbprint_of_appendix_a_is_right() {
    let file = vectors();
    let expected = file["certificates"]["rfc8705-a"]["x5t_S256"].as_str();
    let found = certificate_of(&file, "rfc8705-a").thumbprint();
    assert_eq!(Some(&*found.to_string()), expected);
    assert_eq!(expected.unwrap().parse(), Ok(found));
}

/// The row `both-jkt-and-x5t`: the token is bound to a key, too, and the client sends it under DPoP without a proof.
fn is_refused_by_dpop(row: &Value, token: &TestToken, certificate: Option<&ClientCertificate>) {
    let dpop = |world: &TestWorld| -> Schemes {
        let tokens = builder(&issuer()).build().unwrap();
        vec![Box::new(
            support::dpop::builder(world, tokens).build().unwrap(),
        )]
    };
    let server = TestServer::build(dpop, |layer| layer);
    let request = get("/").authorization(format!("DPoP {}", token.sign()));
    let answer = server.ask(request.extension(certificate.unwrap().clone()));
    assert_eq!(
        u64::from(answer.status.as_u16()),
        row["expect"]["status"],
        "{row}"
    );
    assert_eq!(answer.params("DPoP", "error"), ["invalid_dpop_proof"]);
}

/// Each row has its status and its challenge. A row with the challenge of DPoP is played on a server with DPoP, and on one with
/// Bearer, whose challenge has the same status.
#[test]
fn each_token_of_the_vectors_is_accepted_or_refused() {
    let file = vectors();
    let issuer = issuer();
    let (mut passed, mut of_dpop) = (0, 0);
    for row in file["cases"].as_array().unwrap() {
        let expected = &row["expect"];
        let verifier = match expected["policy"].as_str() {
            Some("require_bound") => verifier(&issuer).require_bound(),
            None => verifier(&issuer),
            Some(other) => panic!("{other} is a policy that this test does not know"),
        };
        let token = match &row["token_cnf"] {
            Value::Null => token(&issuer),
            cnf => token(&issuer).claim("cnf", cnf.clone()),
        };
        let certificate = row["client_certificate"].as_str();
        let certificate = certificate.map(|name| certificate_of(&file, name));
        let answer = server(verifier).ask(with(&token, certificate.as_ref()));
        assert_eq!(
            u64::from(answer.status.as_u16()),
            expected["status"],
            "{row}"
        );
        let is_of_dpop =
            expected["www_authenticate"].as_str() == Some("DPoP error=\"invalid_dpop_proof\"");
        if is_of_dpop {
            is_refused_by_dpop(row, &token, certificate.as_ref());
            of_dpop += 1;
        }
        match answer.status.as_u16() {
            200 => drop(answer.is_admitted_as("ada")),
            _ => assert_eq!(answer.params("Bearer", "error"), ["invalid_token"], "{row}"),
        }
        passed += 1;
    }
    println!("mtls.json: {passed} passed, 0 skipped ({of_dpop} with DPoP and with Bearer)");
    assert_eq!((passed, of_dpop), (10, 1));
    assert_eq!(file["count"], 10);
}

/// Section 3: the resource server obtains the certificate from the TLS layer, compares it with the token, and if they do
/// not match, it answers `401` and `invalid_token`.
#[test]
fn section_3_a_token_is_good_on_the_connection_of_its_certificate_alone() {
    let issuer = issuer();
    let server = server(verifier(&issuer));
    let (own, other) = (certificate(1), certificate(2));
    let token = bound_to(token(&issuer), &own);
    // The second time, the verifier remembers the token. The binding is compared all the same.
    for _ in 0..2 {
        server.ask(with(&token, Some(&own))).is_admitted_as("ada");
        let answer = server.ask(with(&token, Some(&other))).is_refused();
        assert_eq!(why(&answer), "the token is bound to another certificate");
        let answer = server.ask(with(&token, None)).is_refused();
        assert_eq!(
            why(&answer),
            "the token is bound to a certificate, and the client has shown none"
        );
        assert_eq!(
            answer.header(WWW_AUTHENTICATE.as_str()),
            Some(r#"Bearer realm="api", error="invalid_token""#)
        );
    }
}

#[test]
fn a_token_without_a_binding_is_refused_if_the_server_requires_one() {
    let issuer = issuer();
    let own = certificate(1);
    for shown in [None, Some(&own)] {
        server(verifier(&issuer))
            .ask(with(&token(&issuer), shown))
            .is_admitted_as("ada");
        let strict = server(verifier(&issuer).require_bound());
        let answer = strict.ask(with(&token(&issuer), shown)).is_refused();
        assert_eq!(
            why(&answer),
            "the token is bound to no certificate, and the server requires that"
        );
    }
    let strict = server(verifier(&issuer).require_bound());
    let bound = bound_to(token(&issuer), &own);
    strict.ask(with(&bound, Some(&own))).is_admitted_as("ada");
}

/// A key of DPoP has no proof under Bearer, so the token is refused, also with the right certificate.
#[test]
fn a074_a_token_that_is_bound_to_a_key_is_no_token_of_bearer() {
    let issuer = issuer();
    let own = certificate(1);
    let key = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    let both = json!({ "jkt": key, "x5t#S256": own.thumbprint().to_string() });
    for cnf in [json!({ "jkt": key }), both] {
        let token = token(&issuer).claim("cnf", cnf.clone());
        let answer = server(verifier(&issuer))
            .ask(with(&token, Some(&own)))
            .is_refused();
        assert_eq!(
            why(&answer),
            "the token is bound to a key, and Bearer has no proof of that key",
            "{cnf}"
        );
    }
}

/// A token that is not good for other reasons is refused for these, also with the right certificate.
#[test]
fn a_bound_token_that_has_expired_is_refused() {
    let issuer = issuer();
    let own = certificate(1);
    let token = bound_to(token(&issuer).expired(), &own);
    let answer = server(verifier(&issuer))
        .ask(with(&token, Some(&own)))
        .is_refused_uncounted();
    assert_eq!(why(&answer), "the token has expired");
}

/// A caller of the verifier who does not know the request cannot know the certificate.
#[test]
fn without_the_request_every_bound_token_is_refused() {
    let issuer = issuer();
    let token = bound_to(token(&issuer), &certificate(1)).sign();
    let verified = verifier(&issuer).verify(Secret::new(&token)).try_now();
    let refused = verified.unwrap().unwrap().unwrap_err();
    assert_eq!(refused.code(), Some("client_certificate_missing"));
}

/// An API key that is a token has the same binding.
#[test]
fn a_bound_token_as_an_api_key_needs_its_certificate() {
    let issuer = issuer();
    let own = certificate(1);
    let keys = ApiKey::new("api", verifier(&issuer)).unwrap();
    let server = TestServer::build(|_| vec![Box::new(keys)], |layer| layer);
    let key = bound_to(token(&issuer), &own).sign();
    server.ask(get("/").field("x-api-key", &key)).is_refused();
    let shown = get("/").field("x-api-key", &key).extension(certificate(2));
    server.ask(shown).is_refused();
}

mod fapi {
    //! The front door of FAPI 2.0: the numbered items for resource servers of the Security Profile.

    use super::*;

    fn ask(request: TestRequest) -> (u16, String) {
        ask_with(&ISSUED.with(Clone::clone), request)
    }

    thread_local! {
        static ISSUED: TestIssuer = issuer();
    }

    fn ask_with(issuer: &TestIssuer, request: TestRequest) -> (u16, String) {
        let layer = RequireAuth::fapi2("api", builder(issuer)).unwrap();
        let service = layer.layer(Probe::new());
        let request: Request<Body> = request.into_request();
        let Ok(response) = run(service.oneshot(request));
        let challenge = response.headers().get(WWW_AUTHENTICATE);
        let challenge = challenge.map_or("", |field| field.to_str().unwrap());
        (response.status().as_u16(), challenge.to_owned())
    }

    fn bound() -> TestToken {
        bound_to(token(&ISSUED.with(Clone::clone)), &certificate(1))
    }

    fn secure(token: &TestToken) -> TestRequest {
        with(token, Some(&certificate(1))).extension(SecureTransport)
    }

    #[test]
    fn a_bound_token_over_tls_is_accepted() {
        assert_eq!(ask(secure(&bound())), (200, String::new()));
    }

    #[test]
    fn a_token_in_the_query_is_refused() {
        let target = format!("/?access_token={}", bound().sign());
        let request = get(&target)
            .extension(certificate(1))
            .extension(SecureTransport);
        assert_eq!(ask(request).0, 401);
        let target = format!("/?access_token={}", bound().sign());
        let both = get(&target)
            .bearer(&bound().sign())
            .extension(SecureTransport);
        assert_eq!(ask(both.extension(certificate(1))).0, 400);
    }

    #[test]
    fn a_token_that_is_bound_to_no_certificate_or_to_another_one_is_refused() {
        let error = r#"Bearer realm="api", error="invalid_token""#.to_owned();
        let unbound = token(&ISSUED.with(Clone::clone));
        assert_eq!(ask(secure(&unbound)), (401, error.clone()));
        let other = with(&bound(), Some(&certificate(2))).extension(SecureTransport);
        assert_eq!(ask(other), (401, error.clone()));
        assert_eq!(
            ask(with(&bound(), None).extension(SecureTransport)),
            (401, error)
        );
    }

    #[test]
    fn a_request_without_tls_is_refused_before_its_token_is_read() {
        let request = with(&bound(), Some(&certificate(1)));
        assert_eq!(ask(request), (403, String::new()));
    }

    #[test]
    fn a_token_that_is_expired_or_forged_is_refused() {
        assert_eq!(ask(secure(&bound().expired())).0, 401);
        let forged = get("/").bearer(&bound().sign_wrongly());
        let forged = forged.extension(certificate(1)).extension(SecureTransport);
        assert_eq!(ask(forged).0, 401);
    }

    #[test]
    fn only_the_algorithms_of_the_profile_can_be_configured() {
        let issuer = issuer();
        let with = |algorithms: &[SignatureAlgorithm]| {
            RequireAuth::fapi2("api", builder(&issuer).algorithms(algorithms)).err()
        };
        for good in [
            SignatureAlgorithm::Ps256,
            SignatureAlgorithm::Es256,
            SignatureAlgorithm::EdDsa,
        ] {
            assert!(with(&[good]).is_none(), "{good}");
        }
        for bad in [
            SignatureAlgorithm::Rs256,
            SignatureAlgorithm::Es384,
            SignatureAlgorithm::Hs256,
        ] {
            let error = with(&[SignatureAlgorithm::Es256, bad]).unwrap();
            assert!(
                error.to_string().contains("PS256, ES256 and EdDSA"),
                "{bad}"
            );
        }
        assert!(with(&[]).is_some());
    }

    /// The algorithms hold without a setting, too: a verifier without the profile accepts this token with HS256.
    #[test]
    fn a_token_with_another_algorithm_is_refused() {
        let key = || VerificationKey::hmac(SignatureAlgorithm::Hs256, &SECRET).unwrap();
        let builder = || JwtVerifier::builder(ISSUER, KeySet::new([key()]).unwrap()).audience(API);
        let status = |layer: RequireAuth<Bearer<CertificateBound<JwtVerifier>>>| {
            let request = get("/").bearer(&hs256_token()).extension(certificate(1));
            let request = request.extension(SecureTransport).into_request();
            let Ok(response) = run(layer.layer(Probe::new()).oneshot(request));
            response.status().as_u16()
        };
        let plain = CertificateBound::new(builder().build().unwrap()).require_bound();
        let plain = RequireAuth::new(Bearer::new("api", plain).unwrap()).unwrap();
        assert_eq!(status(plain), 200);
        assert_eq!(status(RequireAuth::fapi2("api", builder()).unwrap()), 401);
    }

    const SECRET: [u8; 32] = [7; 32];

    fn hs256_token() -> String {
        use base64::prelude::BASE64_URL_SAFE_NO_PAD;
        use hmac::{Hmac, KeyInit, Mac};

        let thumbprint = certificate(1).thumbprint().to_string();
        let claims = json!({
            "iss": ISSUER, "aud": API, "sub": "ada", "exp": 4_000_000_000_u32, "cnf": { "x5t#S256": thumbprint },
        });
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let header = encode(br#"{"typ":"at+jwt","alg":"HS256"}"#);
        let signed = format!("{header}.{}", encode(claims.to_string().as_bytes()));
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&SECRET).unwrap();
        mac.update(signed.as_bytes());
        format!("{signed}.{}", encode(&mac.finalize().into_bytes()))
    }

    #[test]
    fn the_clocks_may_differ_by_ten_seconds_at_least() {
        use std::time::Duration;

        let issuer = issuer();
        let with = |seconds| {
            let builder = builder(&issuer).leeway(Duration::from_secs(seconds));
            RequireAuth::fapi2("api", builder)
                .err()
                .map(|error| error.to_string())
        };
        assert_eq!(with(10), None);
        assert_eq!(with(60), None);
        assert!(with(9).unwrap().contains("at least 10 seconds"));
        assert!(with(61).is_some());
    }

    #[test]
    fn rights_that_do_not_suffice_are_403_with_the_scopes() {
        let issuer = issuer();
        let layer = RequireAuth::fapi2("api", builder(&issuer)).unwrap();
        let layer = layer.policy(tower_challenge::policy::scopes("pay").unwrap());
        let request = secure(&bound_to(token(&issuer).scope("read"), &certificate(1)));
        let Ok(response) = run(layer.layer(Probe::new()).oneshot(request.into_request()));
        assert_eq!(response.status(), 403);
        let challenge = r#"Bearer realm="api", error="insufficient_scope", scope="pay""#;
        assert_eq!(response.headers()[WWW_AUTHENTICATE], challenge);
    }
}

/// The name of the caller stays that of the token; a certificate gives none.
#[test]
fn the_caller_is_the_owner_of_the_token() {
    let issuer = issuer();
    let own = certificate(1);
    let token = bound_to(token(&issuer).scope("read"), &own);
    let answer = server(verifier(&issuer)).ask(with(&token, Some(&own)));
    let identity: Principal = answer.seen[0].identity().unwrap();
    assert_eq!(identity.name(), "ada");
    assert!(identity.has_scope("read"));
    assert!(answer.seen[0].head.headers[AUTHORIZATION].is_sensitive());
}
