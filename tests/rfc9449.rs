//! Tests the requirements of RFC 9449 (DPoP) that concern a resource server, one by one.
//!
//! The rows of `dpop_vectors.rs` have the checks of single claims.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;
use http::header::CACHE_CONTROL;
use serde_json::json;
use tower_challenge::audit::AuditOutcome;
use tower_challenge::client::ClientCertificate;
use tower_challenge::clock::{Clock, ManualClock};
use tower_challenge::jose::SignatureAlgorithm;
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::policy::scopes;
use tower_challenge::scheme::bearer::{BoundNowOrLater, VerifyBoundToken};
use tower_challenge::scheme::dpop::{DpopNonces, NonceKeys};
use tower_challenge::scheme::{Bearer, Dpop};
use tower_challenge::testing::{DpopKey, DpopProof};
use tower_challenge::throttle::AttemptOutcome;
use tower_challenge::{Principal, Secret};

use self::support::dpop::{AUDIENCE, Builder, DpopServer, ORIGIN, OtherKey, builder};
use self::support::{Answer, REALM, USER, get};

fn server() -> DpopServer {
    DpopServer::new(|builder| builder)
}

/// A server that requires nonces.
fn with_nonces() -> DpopServer {
    DpopServer::new(|builder| builder.nonces(DpopNonces::Required))
}

/// A server with Bearer beside DPoP.
fn beside_bearer() -> DpopServer {
    DpopServer::build(
        |world, tokens| {
            let bearer = Bearer::new(REALM, tokens.clone()).unwrap();
            let dpop = builder(world, tokens).build().unwrap();
            vec![Box::new(dpop), Box::new(bearer)]
        },
        |layer| layer,
    )
}

/// Asserts that the challenge of DPoP has this error, and that the request was refused for this reason.
fn assert_error(answer: &Answer, error: &str, reason: &str) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.asked);
    assert_eq!(answer.params("DPoP", "error"), [error], "{}", answer.asked);
    assert_eq!(answer.heard[0].text, reason, "{}", answer.asked);
}

fn assert_bad_proof(server: &DpopServer, proof: &DpopProof, reason: &str) {
    let answer = server.stand.ask(server.with(proof));
    assert_error(&answer, "invalid_dpop_proof", reason);
}

/// Section 7.1: a client without credentials gets a challenge with the algorithms and without an error.
#[test]
fn section_7_1_the_challenge_names_the_algorithms() {
    let answer = server().stand.ask(get("/")).is_challenged();
    let challenges = answer.challenges();
    assert_eq!(
        challenges[0].as_value(),
        &format!(r#"DPoP realm="{REALM}", algs="ES256 ES384 EdDSA Ed25519 PS256 RS256""#)
    );
    assert_eq!(answer.header("dpop-nonce"), None);
    let one = DpopServer::new(|builder| {
        let builder = builder.algorithms([SignatureAlgorithm::Es256]);
        builder
            .scope("read write")
            .resource_metadata("https://api.example/.well-known/oauth-protected-resource")
    });
    let answer = one.stand.ask(get("/"));
    assert_eq!(answer.params("DPoP", "algs"), ["ES256"]);
    assert_eq!(answer.params("DPoP", "scope"), ["read write"]);
    assert_eq!(answer.params("DPoP", "resource_metadata").len(), 1);
}

/// Section 7.1: a client with a token and a proof is admitted. The name of the scheme is case-insensitive.
#[test]
fn section_7_1_a_token_with_its_proof_is_admitted() {
    let server = server();
    server.stand.ask(server.good()).is_admitted_as(USER);
    let proof = server.proof("GET", "/").sign();
    let request = get("/").authorization(format!("dpop {}", server.token));
    let answer = server.stand.ask(request.field("DPoP", proof));
    assert_eq!(answer.header("dpop-nonce"), None);
    answer.is_admitted_as(USER);
}

/// Section 7.1: credentials that are not a token68 are malformed.
#[test]
fn section_7_1_the_credentials_are_a_token68() {
    let server = server();
    for credentials in ["DPoP", "DPoP a b", "DPoP token=\"a\"", "DPoP \"a\""] {
        let proof = server.proof("GET", "/").sign();
        let request = get("/").authorization(credentials).field("dpop", proof);
        let answer = server.stand.ask(request).is_malformed();
        assert_eq!(answer.params("DPoP", "error"), ["invalid_request"]);
    }
}

/// Section 4.3 check 1: there is not more than one field with a proof. Section 7.1: there is one.
#[test]
fn section_4_3_there_is_exactly_one_proof() {
    let server = server();
    let authorization = format!("DPoP {}", server.token);
    let answer = server.stand.ask(get("/").authorization(&authorization));
    assert_error(
        &answer,
        "invalid_dpop_proof",
        "the request has no proof (DPoP)",
    );
    assert_eq!(answer.heard[0].outcome, AuditOutcome::Refused);
    let proof = || server.proof("GET", "/").sign();
    let answer = server.stand.ask(server.good().field("dpop", proof()));
    assert_error(
        &answer,
        "invalid_dpop_proof",
        "the request has several proofs (DPoP)",
    );
    for joined in [
        format!("{}, {}", proof(), proof()),
        format!("{},", proof()),
        format!("\"{}\"", proof()),
        format!("{} ", proof()) + "x",
        String::new(),
    ] {
        let answer = server.stand.ask(server.sending("/", &joined));
        assert_error(
            &answer,
            "invalid_dpop_proof",
            "the proof is not a signed JWT",
        );
    }
}

/// Section 4.3 checks 2 and 3: the proof is a JWT with the required claims.
#[test]
fn section_4_3_the_required_claims_are_there() {
    let server = server();
    let proof = || server.proof("GET", "/");
    for name in ["jti", "htm", "htu", "iat"] {
        assert_bad_proof(
            &server,
            &proof().without(name),
            "the proof lacks jti, htm, htu or iat",
        );
        for value in [json!(null), json!([]), json!({}), json!(true)] {
            assert_bad_proof(
                &server,
                &proof().claim(name, value),
                "a claim of the proof has a value of the wrong type",
            );
        }
    }
    assert_bad_proof(
        &server,
        &proof().without("ath"),
        "the proof is for no token (ath is missing)",
    );
    for id in [String::new(), "j".repeat(257)] {
        let reason = "the jti of the proof is empty or longer than 256 bytes";
        assert_bad_proof(&server, &proof().claim("jti", id), reason);
    }
    let longest = proof().claim("jti", "j".repeat(256));
    server.stand.ask(server.with(&longest)).is_admitted_as(USER);
}

/// Section 4.3 checks 4, 5 and 7: the type, an asymmetric algorithm of the list, and a public key.
#[test]
fn section_4_3_the_header_has_the_type_the_algorithm_and_a_public_key() {
    let server = server();
    let proof = || server.proof("GET", "/");
    for media_type in ["JWT", "at+jwt", "dpop", "dpop+jwt ", "text/dpop+jwt", ""] {
        let reason = "the typ of the proof is not dpop+jwt";
        assert_bad_proof(&server, &proof().header("typ", media_type), reason);
    }
    let untyped = proof().without_header("typ");
    assert_bad_proof(&server, &untyped, "the typ of the proof is not dpop+jwt");
    for algorithm in ["none", "HS256", "ES512", "RS384", "es256", ""] {
        let reason = "the algorithm of the proof is not allowed";
        assert_bad_proof(&server, &proof().header("alg", algorithm), reason);
    }
    let reason = "the proof has no public key that fits its algorithm (jwk)";
    for algorithm in ["ES384", "RS256", "EdDSA"] {
        assert_bad_proof(&server, &proof().header("alg", algorithm), reason);
    }
    assert_bad_proof(&server, &proof().without_header("jwk"), reason);
    for jwk in [
        json!("key"),
        json!(null),
        json!({"kty": "oct", "k": "AAAA"}),
    ] {
        assert_bad_proof(&server, &proof().header("jwk", jwk), reason);
    }
    for name in ["crit", "b64"] {
        let reason = "the header of the proof has an extension (crit, b64)";
        assert_bad_proof(&server, &proof().header(name, json!(["exp"])), reason);
    }
    // RFC 7515 section 4.1.9: a media type, whose prefix may be left out.
    for media_type in ["application/dpop+jwt", "DPoP+JWT"] {
        let typed = proof().header("typ", media_type);
        server.stand.ask(server.with(&typed)).is_admitted_as(USER);
    }
}

/// Section 4.3 check 7: the key has no private part.
#[test]
fn section_4_3_a_private_key_is_refused() {
    let server = server();
    let key = OtherKey::all().remove(1);
    let token = server.issuer.token(USER).audience(AUDIENCE);
    let token = token.claim("cnf", json!({"jkt": key.thumbprint()})).sign();
    let proof = |jwk| server.proof("GET", "/").token(&token).header("jwk", jwk);
    let reason = "the proof has no public key that fits its algorithm (jwk)";
    for name in ["d", "p", "q", "dp", "dq", "qi", "oth"] {
        let mut jwk = key.jwk();
        jwk[name] = json!("AAAA");
        assert_bad_proof(&server, &proof(jwk).header("alg", "EdDSA"), reason);
    }
}

/// Section 4.3 check 6: the key in the header has signed.
#[test]
fn section_4_3_the_key_of_the_proof_has_signed() {
    let server = server();
    let other = DpopKey::generate().unwrap();
    let signed = server.proof("GET", "/").sign_with(&other);
    let answer = server.stand.ask(server.sending("/", &signed));
    let reason = "the signature of the proof is wrong";
    assert_error(&answer, "invalid_dpop_proof", reason);
    answer.is_refused();
}

/// Sections 4.2 and 5: each algorithm of the list, with the thumbprint of its key.
#[test]
fn section_4_2_every_algorithm_of_the_list_verifies() {
    let server = server();
    let now = server.stand.world.clock.wall();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    for key in OtherKey::all() {
        let binding = json!({"jkt": key.thumbprint()});
        let token = server.issuer.token(USER).audience(AUDIENCE);
        let token = token.claim("cnf", binding).sign();
        let hash = tower_challenge::scheme::dpop::proof::access_token_hash(&token);
        let claims =
            json!({"jti": "1", "htm": "GET", "htu": format!("{ORIGIN}/"), "iat": now, "ath": hash});
        let proof = key.sign(&claims);
        let request = || get("/").authorization(format!("DPoP {token}"));
        let answer = server.stand.ask(request().field("dpop", &proof));
        answer.is_admitted_as(USER);
        // The last characters of a signature count.
        let changed = match proof.ends_with('A') {
            true => format!("{}Q", &proof[..proof.len() - 1]),
            false => format!("{}A", &proof[..proof.len() - 1]),
        };
        let answer = server.stand.ask(request().field("dpop", changed));
        assert_eq!(
            answer.params("DPoP", "error"),
            ["invalid_dpop_proof"],
            "{}",
            key.algorithm()
        );
    }
}

/// Section 4.3 checks 8 and 9: the method and the URI are those of the request.
#[test]
fn section_4_3_the_method_and_the_target_are_those_of_the_request() {
    let server = server();
    for method in ["POST", "get", "GET ", ""] {
        let reason = "the proof is for another method (htm)";
        assert_bad_proof(&server, &server.proof(method, "/"), reason);
    }
    let reason = "the proof is for another target (htu)";
    for target in [
        "",
        "/",
        "https://api.example/other",
        "https://api.example./",
        "https://evil.example/",
        "http://api.example/",
        "https://api.example:8443/",
        "https://api.example@evil.example/",
    ] {
        let proof = server.proof("GET", "/").claim("htu", target);
        assert_bad_proof(&server, &proof, reason);
    }
    for (path, target) in [
        ("/a/b?q=1", "https://api.example/a/b"),
        ("/a/b?q=1", "https://api.example/a/b?other#part"),
        ("/a%2fb", "https://api.example:443/a%2Fb"),
        ("/~a", "HTTPS://API.example/%7ea"),
    ] {
        let proof = server.proof("GET", "/").claim("htu", target).sign();
        server
            .stand
            .ask(server.sending(path, &proof))
            .is_admitted_as(USER);
    }
}

/// Section 4.3 check 11: the proof is not too old, and not from the future.
#[test]
fn section_4_3_a_proof_is_good_for_a_while() {
    let server = DpopServer::new(|builder| {
        let builder = builder.proof_age(Duration::from_secs(60));
        builder.clock_skew(Duration::from_secs(2))
    });
    let now = server.stand.world.clock.wall();
    for (seconds, is_good) in [(-61, false), (-60, true), (0, true), (2, true), (3, false)] {
        let time = match u64::try_from(seconds) {
            Ok(ahead) => now + Duration::from_secs(ahead),
            Err(_) => now - Duration::from_secs(i64::unsigned_abs(seconds)),
        };
        let answer = server
            .stand
            .ask(server.with(&server.proof("GET", "/").at(time)));
        match is_good {
            true => answer.is_admitted_as(USER),
            false => {
                let reason = "the proof is too old or from the future (iat)";
                assert_error(&answer, "invalid_dpop_proof", reason);
                answer.is_refused_uncounted()
            }
        };
    }
}

/// Section 4.3 check 12, section 7.1: the token is bound to the key of the proof, and the proof is for the token.
#[test]
fn section_7_1_the_token_is_bound_to_the_key_of_the_proof() {
    let server = server();
    let other = DpopKey::generate().unwrap();
    let unbound = server.issuer.token(USER).audience(AUDIENCE).sign();
    let elsewhere = server.token().bound_to(&other).sign();
    let expired = server.token().expired().sign();
    for (token, reason) in [
        (unbound, "the token is not bound to a key"),
        (elsewhere, "the token is bound to another key"),
        (expired, "the token has expired"),
        ("t0ken".to_owned(), "the token has not three parts"),
    ] {
        let proof = server.proof("GET", "/").token(&token).sign();
        let request = get("/").authorization(format!("DPoP {token}"));
        let answer = server.stand.ask(request.field("dpop", proof));
        assert_error(&answer, "invalid_token", reason);
        match reason {
            "the token has expired" => answer.is_refused_uncounted(),
            _ => answer.is_refused(),
        };
    }
    let of_another = server.proof("GET", "/").token("another");
    assert_bad_proof(&server, &of_another, "the proof is for another token (ath)");
}

/// RFC 8705 section 3.1 beside RFC 9449: a token that is also bound to a certificate needs both.
#[test]
fn section_6_a_token_that_is_also_bound_to_a_certificate_needs_the_certificate() {
    let server = server();
    let jkt = server.key.thumbprint().unwrap();
    let certificate = |number| ClientCertificate::from_der([0x30, 0x03, 0x02, 0x01, number]);
    let bound = certificate(1).thumbprint().to_string();
    let binding = json!({"jkt": jkt, "x5t#S256": bound});
    let token = server.token().claim("cnf", binding).sign();
    let request = || {
        let proof = server.proof("GET", "/").token(&token).sign();
        let request = get("/").authorization(format!("DPoP {token}"));
        request.field("dpop", proof)
    };
    let reason = "the token is also bound to a certificate, which the connection does not have";
    assert_error(&server.stand.ask(request()), "invalid_token", reason);
    let other = request().extension(certificate(2));
    assert_error(&server.stand.ask(other), "invalid_token", reason);
    let right = request().extension(certificate(1));
    server.stand.ask(right).is_admitted_as(USER);
}

/// A verifier that takes long: the clock goes on while it works.
struct SlowVerifier(JwtVerifier, ManualClock, Arc<AtomicU64>);

impl VerifyBoundToken for SlowVerifier {
    type Identity = Principal;

    fn verify_bound(&self, token: Secret<'_>) -> BoundNowOrLater<Principal> {
        self.1
            .advance(Duration::from_secs(self.2.load(Ordering::Relaxed)));
        self.0.verify_bound(token)
    }
}

/// Section 11.1: the store remembers a use until the proof has ended. A proof that ends while the token is verified is
/// refused, because the store may have forgotten its first use.
#[test]
fn section_11_1_a_proof_that_ends_while_the_verifier_works_is_refused() {
    let takes = Arc::new(AtomicU64::new(0));
    let slow = Arc::clone(&takes);
    let server = DpopServer::build(
        |world, tokens| {
            let verifier = SlowVerifier(tokens, world.clock.clone(), slow);
            let builder = Dpop::builder(REALM, verifier).external_origin(ORIGIN);
            let builder = builder
                .store(world.store.clone())
                .clock(world.clock.clone());
            vec![Box::new(
                builder.proof_age(Duration::from_secs(60)).build().unwrap(),
            )]
        },
        |layer| layer,
    );
    let proof = server.proof("GET", "/").sign();
    server
        .stand
        .ask(server.sending("/", &proof))
        .is_admitted_as(USER);
    server.stand.world.clock.advance(Duration::from_secs(59));
    takes.store(60, Ordering::Relaxed);
    let answer = server.stand.ask(server.sending("/", &proof));
    assert_error(
        &answer,
        "invalid_dpop_proof",
        "the proof is too old or from the future (iat)",
    );
}

/// Section 11.1: a proof is good once, and for each key apart.
#[test]
fn section_11_1_a_proof_is_good_once() {
    let server = server();
    let proof = server.proof("GET", "/").claim("jti", "1").sign();
    let send = || server.stand.ask(server.sending("/", &proof));
    let answer = send();
    assert_eq!(answer.claims, 1);
    answer.is_admitted_as(USER);
    let answer = send();
    assert_error(
        &answer,
        "invalid_dpop_proof",
        "the proof was used before (jti)",
    );
    assert_eq!(answer.settled, [AttemptOutcome::NotCounted]);
    // The same identifier is used up, also in a proof for another request.
    let other = server.proof("POST", "/a").claim("jti", "1").sign();
    let request = support::TestRequest::new("POST", "/a");
    let request = request.authorization(format!("DPoP {}", server.token));
    let answer = server.stand.ask(request.field("dpop", other));
    assert_error(
        &answer,
        "invalid_dpop_proof",
        "the proof was used before (jti)",
    );
    let next = server.proof("GET", "/").claim("jti", "2");
    server.stand.ask(server.with(&next)).is_admitted_as(USER);
}

/// Section 7.2: a bound token is refused by Bearer, with the error in the challenge of Bearer alone.
#[test]
fn section_7_2_bearer_refuses_a_bound_token() {
    let server = beside_bearer();
    let answer = server.stand.ask(get("/").bearer(&server.token));
    assert_eq!(answer.params("Bearer", "error"), ["invalid_token"]);
    assert_eq!(answer.params("DPoP", "error"), [""; 0]);
    assert_eq!(answer.challenges().len(), 2);
    answer.is_refused();
    // A proof in the request makes no difference.
    let proof = server.proof("GET", "/").sign();
    let request = get("/").bearer(&server.token).field("dpop", proof);
    server.stand.ask(request).is_refused();
    let plain = server.issuer.token(USER).audience(AUDIENCE).sign();
    server
        .stand
        .ask(get("/").bearer(&plain))
        .is_admitted_as(USER);
    server.stand.ask(server.good()).is_admitted_as(USER);
}

/// Section 7.2: a client without credentials gets both challenges, and a client with two `Authorization` fields gets `400`
/// with an error in both.
#[test]
fn section_7_2_two_methods_are_malformed() {
    let server = beside_bearer();
    let answer = server.stand.ask(get("/")).is_challenged();
    let names = answer.challenges();
    let names = names.iter().map(|challenge| challenge.scheme().as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["DPoP", "Bearer"]);
    for twice in [
        server.good().bearer(&server.token),
        get("/").bearer(&server.token).authorization("DPoP a"),
    ] {
        let answer = server.stand.ask(twice).is_malformed();
        for scheme in ["DPoP", "Bearer"] {
            assert_eq!(answer.params(scheme, "error"), ["invalid_request"]);
        }
    }
    let answer = server
        .stand
        .ask(server.good().authorization("DPoP a"))
        .is_malformed();
    assert_eq!(answer.params("DPoP", "error"), ["invalid_request"]);
    assert_eq!(answer.params("Bearer", "error"), [""; 0]);
}

/// RFC 6750 section 3.1 through section 7.1: a lack of scopes is in the challenge of the scheme that the client used.
#[test]
fn section_7_1_a_policy_answers_in_the_challenge_of_the_scheme_used() {
    let server = DpopServer::build(
        |world, tokens| {
            let bearer = Bearer::new(REALM, tokens.clone()).unwrap();
            let dpop = builder(world, tokens).scope("read").build().unwrap();
            vec![Box::new(dpop), Box::new(bearer)]
        },
        |layer| layer.policy(scopes("write").unwrap()),
    );
    let answer = server.stand.ask(server.good()).is_forbidden();
    assert_eq!(answer.params("DPoP", "error"), ["insufficient_scope"]);
    assert_eq!(answer.params("DPoP", "scope"), ["write"]);
    assert_eq!(answer.challenges().len(), 1);
}

fn nonce_of(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    answer.header("dpop-nonce").unwrap().to_owned()
}

/// Section 9: a proof without a nonce gets one, and is not counted. The response is not cached (section 8.2).
#[test]
fn section_9_a_proof_without_a_nonce_gets_one() {
    let server = with_nonces();
    let answer = server.stand.ask(server.good());
    assert_error(&answer, "use_dpop_nonce", "the proof has no nonce");
    assert_eq!(answer.header(CACHE_CONTROL.as_str()), Some("no-store"));
    assert_eq!(answer.settled, [AttemptOutcome::NotCounted]);
    assert_eq!(answer.verified, [""; 0]);
    let nonce = nonce_of(&answer);
    // Section 8.1: NQCHAR.
    assert!(
        nonce
            .bytes()
            .all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
    );
    for _ in 0..2 {
        let proof = server.proof("GET", "/").nonce(&nonce);
        let answer = server.stand.ask(server.with(&proof));
        assert_eq!(answer.header("dpop-nonce"), None, "the nonce is new");
        answer.is_admitted_as(USER);
    }
}

/// Section 9: an old nonce, one of another server and a made-up one get a new nonce.
#[test]
fn section_9_an_old_or_foreign_nonce_gets_a_new_one() {
    let server = with_nonces();
    let reason = "the nonce has expired, or is from another server or from before a restart";
    let foreign = with_nonces();
    let foreign = nonce_of(&foreign.stand.ask(foreign.good()));
    let own = nonce_of(&server.stand.ask(server.good()));
    server.stand.world.clock.advance(Duration::from_secs(301));
    for nonce in [&*own, &*foreign, "n1", ""] {
        let proof = server.proof("GET", "/").nonce(nonce);
        let answer = server.stand.ask(server.with(&proof));
        assert_error(&answer, "use_dpop_nonce", reason);
        assert_ne!(nonce_of(&answer), own);
    }
    let proof = server.proof("GET", "/").claim("nonce", 5);
    let reason = "a claim of the proof has a value of the wrong type";
    assert_bad_proof(&server, &proof, reason);
}

/// Section 8.2: a response to an admitted client has the next nonce before the nonce ends, and is then not cached. The
/// nonce before stays good until its end.
#[test]
fn section_8_2_a_response_has_the_next_nonce_before_the_nonce_ends() {
    let server = with_nonces();
    let first = nonce_of(&server.stand.ask(server.good()));
    let ask = |nonce: &str| {
        server
            .stand
            .ask(server.with(&server.proof("GET", "/").nonce(nonce)))
    };
    server.stand.world.clock.advance(Duration::from_secs(239));
    assert_eq!(ask(&first).is_admitted_as(USER).header("dpop-nonce"), None);
    server.stand.world.clock.advance(Duration::from_secs(2));
    let answer = ask(&first).is_admitted_as(USER);
    let next = answer.header("dpop-nonce").unwrap().to_owned();
    assert_eq!(answer.header(CACHE_CONTROL.as_str()), Some("no-store"));
    assert_eq!(ask(&next).is_admitted_as(USER).header("dpop-nonce"), None);
    assert!(
        ask(&first)
            .is_admitted_as(USER)
            .header("dpop-nonce")
            .is_some()
    );
    server.stand.world.clock.advance(Duration::from_secs(60));
    nonce_of(&ask(&first));
    assert_eq!(ask(&next).is_admitted_as(USER).header("dpop-nonce"), None);
}

/// Section 9: the nonce comes first, so that a client with an old proof and no nonce repeats its request.
#[test]
fn section_9_the_nonce_is_checked_before_the_time_and_the_token() {
    let server = DpopServer::new(|builder| {
        let builder = builder.nonces(DpopNonces::Required);
        builder.nonce_lifetime(Duration::from_secs(301))
    });
    let old = server.stand.world.clock.wall() - Duration::from_secs(1000);
    let proof = server.proof("GET", "/").at(old).token("another");
    let answer = server.stand.ask(server.with(&proof));
    let nonce = nonce_of(&answer);
    assert_error(&answer, "use_dpop_nonce", "the proof has no nonce");
    let reason = "the proof is too old or from the future (iat)";
    assert_bad_proof(&server, &proof.clone().nonce(&nonce), reason);
    let now = proof.at(server.stand.world.clock.wall()).nonce(&nonce);
    assert_bad_proof(&server, &now, "the proof is for another token (ath)");
}

/// Section 4.3 check 11: the nonce tells the time, so a client with a wrong clock gets in. A nonce that is good for longer than
/// a proof may be old does not tell it.
#[test]
fn section_4_3_a_nonce_tells_the_time_of_a_proof() {
    for (lifetime, is_good) in [(10, true), (300, true), (301, false)] {
        let server = DpopServer::new(|builder| {
            let builder = builder.nonces(DpopNonces::Required);
            builder.nonce_lifetime(Duration::from_secs(lifetime))
        });
        let nonce = nonce_of(&server.stand.ask(server.good()));
        let now = server.stand.world.clock.wall();
        let day = Duration::from_secs(24 * 60 * 60);
        for time in [now - day, now + day] {
            let proof = server.proof("GET", "/").at(time).nonce(&nonce);
            let answer = server.stand.ask(server.with(&proof));
            match is_good {
                true => answer.is_admitted_as(USER),
                false => {
                    let reason = "the proof is too old or from the future (iat)";
                    assert_error(&answer, "invalid_dpop_proof", reason);
                    answer.is_refused_uncounted()
                }
            };
        }
    }
}

/// Section 11.1: a nonce that ends while the token is verified is refused, because the store may have forgotten the proof.
#[test]
fn section_11_1_a_nonce_that_ends_while_the_verifier_works_is_refused() {
    let takes = Arc::new(AtomicU64::new(0));
    let slow = Arc::clone(&takes);
    let server = DpopServer::build(
        |world, tokens| {
            let verifier = SlowVerifier(tokens, world.clock.clone(), slow);
            let dpop = Dpop::builder(REALM, verifier).external_origin(ORIGIN);
            let dpop = dpop.store(world.store.clone()).clock(world.clock.clone());
            let dpop = dpop.nonces(DpopNonces::Required);
            let dpop = dpop.nonce_lifetime(Duration::from_secs(60));
            vec![Box::new(dpop.build().unwrap())]
        },
        |layer| layer,
    );
    let nonce = nonce_of(&server.stand.ask(server.good()));
    let proof = server.proof("GET", "/").nonce(&nonce).sign();
    let send = || server.stand.ask(server.sending("/", &proof));
    send().is_admitted_as(USER);
    server.stand.world.clock.advance(Duration::from_secs(59));
    takes.store(60, Ordering::Relaxed);
    let reason = "the nonce has expired, or is from another server or from before a restart";
    assert_error(&send(), "use_dpop_nonce", reason);
}

/// A refusal of a policy has the next nonce, too: the client was admitted.
#[test]
fn section_8_2_the_refusal_of_a_policy_has_the_next_nonce() {
    let server = DpopServer::build(
        |world, tokens| {
            let dpop = builder(world, tokens).nonces(DpopNonces::Required);
            vec![Box::new(dpop.build().unwrap())]
        },
        |layer| layer.policy(scopes("write").unwrap()),
    );
    let nonce = nonce_of(&server.stand.ask(server.good()));
    server.stand.world.clock.advance(Duration::from_secs(250));
    let proof = server.proof("GET", "/").nonce(&nonce);
    let answer = server.stand.ask(server.with(&proof)).is_forbidden();
    assert!(answer.header("dpop-nonce").is_some());
    assert_eq!(answer.header(CACHE_CONTROL.as_str()), Some("no-store"));
}

/// The configuration that would admit every client or none is an error.
#[test]
fn the_configuration_is_checked() {
    let server = server();
    let check = |tune: fn(Builder) -> Builder| {
        let tokens = JwtVerifier::builder("https://as.example", server.issuer.clone());
        let tokens = tokens.audience(AUDIENCE).build().unwrap();
        let builder = Dpop::builder(REALM, tokens);
        tune(builder)
            .build()
            .map(drop)
            .map_err(|why| why.to_string())
    };
    assert!(check(|builder| builder.external_origin(ORIGIN)).is_ok());
    assert!(
        check(|builder| builder)
            .unwrap_err()
            .contains("external_origin")
    );
    let bad: [fn(Builder) -> Builder; 11] = [
        |builder| builder.external_origin("http://api.example"),
        |builder| builder.external_origin(ORIGIN).path_prefix("v1/"),
        |builder| builder.external_origin(ORIGIN).algorithms([]),
        |builder| {
            builder
                .external_origin(ORIGIN)
                .algorithms([SignatureAlgorithm::Hs256])
        },
        |builder| builder.external_origin(ORIGIN).proof_age(Duration::ZERO),
        |builder| {
            builder
                .external_origin(ORIGIN)
                .proof_age(Duration::from_secs(3601))
        },
        |builder| {
            builder
                .external_origin(ORIGIN)
                .proof_age(Duration::from_millis(1500))
        },
        |builder| {
            builder
                .external_origin(ORIGIN)
                .clock_skew(Duration::from_secs(61))
        },
        |builder| {
            builder
                .external_origin(ORIGIN)
                .nonce_lifetime(Duration::from_secs(9))
        },
        |builder| builder.external_origin(ORIGIN).scope("a  b"),
        |builder| {
            builder
                .external_origin(ORIGIN)
                .resource_metadata("http://api.example")
        },
    ];
    for tune in bad {
        assert!(check(tune).is_err());
    }
    let keys = NonceKeys::new([7; 32]).unwrap();
    let shared = DpopServer::new(|builder| builder.nonce_keys(keys).nonces(DpopNonces::Required));
    nonce_of(&shared.stand.ask(shared.good()));
}

/// A proxy that removes a prefix: the proof has it.
#[test]
fn the_prefix_that_a_proxy_removes_is_a_part_of_the_target() {
    let server = DpopServer::new(|builder| builder.path_prefix("/v1"));
    let without = server.proof("GET", "/a").sign();
    let answer = server.stand.ask(server.sending("/a", &without));
    let reason = "the proof is for another target (htu)";
    assert_error(&answer, "invalid_dpop_proof", reason);
    let with = server.proof("GET", "/v1/a").sign();
    server
        .stand
        .ask(server.sending("/a", &with))
        .is_admitted_as(USER);
}

/// Section 8.2: a script of another origin may read the nonce, in a refusal and in a response to an admitted client.
#[test]
fn section_8_2_a_script_of_another_origin_may_read_the_nonce() {
    let server = DpopServer::build(
        |world, tokens| {
            let dpop = builder(world, tokens).nonces(DpopNonces::Required);
            vec![Box::new(dpop.build().unwrap())]
        },
        |layer| layer.expose_to_scripts(),
    );
    let exposed = |answer: &Answer| {
        let lines = answer.headers.get_all("access-control-expose-headers");
        let lines = lines.iter().map(|line| line.to_str().unwrap().to_owned());
        lines.collect::<Vec<_>>().join(", ")
    };
    let always = "www-authenticate, authentication-info, retry-after";
    let with_nonce = format!("{always}, dpop-nonce");
    let answer = server.stand.ask(server.good());
    assert_eq!(exposed(&answer), with_nonce);
    let nonce = nonce_of(&answer);
    let proof = || server.proof("GET", "/").nonce(&nonce);
    let answer = server.stand.ask(server.with(&proof())).is_admitted_as(USER);
    assert_eq!(exposed(&answer), always);
    server.stand.world.clock.advance(Duration::from_secs(250));
    let answer = server.stand.ask(server.with(&proof())).is_admitted_as(USER);
    assert_eq!(exposed(&answer), with_nonce);
}
