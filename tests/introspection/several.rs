//! Several issuers, and opaque tokens beside JWTs.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tower_challenge::jwt::{JwtVerifier, RevocationList, TokensByIssuer};
use tower_challenge::scheme::Bearer;
use tower_challenge::scheme::bearer::{
    StaticTokens, VerifyBoundToken, VerifyToken, VerifyTokenExt,
};
use tower_challenge::testing::{TestIssuer, TestToken};
use tower_challenge::{NowOrLater, Principal, Secret, Unavailable, Verified};

use crate::server::{FakeServer, Reply, active, inactive, outcome, settle};

const A: &str = "https://a.example";
const B: &str = "https://b.example";

fn issuer(name: &str) -> TestIssuer {
    TestIssuer::new(name).unwrap()
}

fn verifier(issuer: &TestIssuer) -> JwtVerifier {
    let builder = JwtVerifier::builder(issuer.issuer(), issuer.clone());
    builder.audience("api").build().unwrap()
}

fn good(issuer: &TestIssuer) -> TestToken {
    issuer.token("ada").audience("api")
}

fn encode(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// A verifier that must not be asked.
fn never(_: Secret<'_>) -> Verified<Principal> {
    panic!("another verifier was asked")
}

#[tokio::test]
async fn the_issuer_that_a_token_claims_chooses_the_verifier() {
    let (a, b) = (issuer(A), issuer(B));
    let tokens = TokensByIssuer::new()
        .jwt(A, verifier(&a))
        .and_then(|tokens| tokens.jwt(B, verifier(&b)))
        .and_then(|tokens| tokens.opaque(never.never_bound()))
        .unwrap();
    for issuer in [&a, &b] {
        let verified = outcome(&tokens, &good(issuer).sign()).await;
        assert_eq!(verified.as_deref(), Ok("ada"));
    }
    // Each signs for the other.
    let forged = [
        (good(&a).claim("iss", B).sign(), "jws_wrong_signature"),
        (good(&b).claim("iss", A).sign(), "jws_wrong_signature"),
        (good(&a).sign_wrongly(), "jws_wrong_signature"),
        (good(&a).expired().sign(), "jwt_expired"),
        (
            good(&issuer("https://c.example")).sign(),
            "jwt_unknown_issuer",
        ),
        (
            good(&a).claim("iss", "https://a.example/").sign(),
            "jwt_unknown_issuer",
        ),
        (
            good(&a).claim("iss", "HTTPS://A.EXAMPLE").sign(),
            "jwt_unknown_issuer",
        ),
        (good(&a).claim("iss", "").sign(), "jwt_unknown_issuer"),
        (
            good(&a)
                .claim("iss", format!("{A}/{}", "a".repeat(3000)))
                .sign(),
            "jwt_unknown_issuer",
        ),
        (good(&a).without("iss").sign(), "jwt_issuer_missing"),
        (
            good(&a).claim("iss", [A, B].as_slice()).sign(),
            "jwt_claim_type",
        ),
        (good(&a).claim("iss", 7).sign(), "jwt_claim_type"),
        (
            good(&a).claim("x", "a".repeat(17_000)).sign(),
            "jwt_too_long",
        ),
    ];
    for (token, code) in forged {
        assert_eq!(outcome(&tokens, &token).await.as_deref(), Ok(code));
    }
}

/// A token that was accepted goes to the same verifier again, which judges it each time.
#[tokio::test]
async fn an_accepted_token_is_judged_again_each_time() {
    let (a, b) = (issuer(A), issuer(B));
    let list = RevocationList::new();
    let revocable = JwtVerifier::builder(A, a.clone()).audience("api");
    let tokens = TokensByIssuer::new()
        .jwt(A, revocable.revocations(&list).build().unwrap())
        .and_then(|tokens| tokens.jwt(B, verifier(&b)))
        .unwrap();
    let token = good(&a).claim("jti", "17").sign();
    for _ in 0..3 {
        assert_eq!(outcome(&tokens, &token).await.as_deref(), Ok("ada"));
    }
    let other = good(&b).claim("jti", "17").sign();
    assert_eq!(outcome(&tokens, &other).await.as_deref(), Ok("ada"));
    let until = UNIX_EPOCH + Duration::from_secs(4_000_000_000);
    list.revoke_token("17", until).unwrap();
    let revoked = outcome(&tokens, &token).await;
    assert_eq!(revoked.as_deref(), Ok("jwt_revoked"));
    let kept = outcome(&tokens, &other).await;
    assert_eq!(kept.as_deref(), Ok("ada"), "the list is that of the other");
}

/// The text of a token whose claims are `claims`. Its signature is wrong.
fn with_claims(claims: &str) -> String {
    format!(
        "{}.{}.AAAA",
        encode(r#"{"alg":"ES256","typ":"at+jwt"}"#),
        encode(claims)
    )
}

#[tokio::test]
async fn the_claimed_issuer_is_read_strictly() {
    let tokens = TokensByIssuer::new().jwt(A, never.never_bound()).unwrap();
    for claims in [
        r#"{"iss":"https://a.example","iss":"https://a.example"}"#,
        r#"{"iss":"https://b.example","\u0069ss":"https://a.example"}"#,
        r#"[{"iss":"https://a.example"}]"#,
        r#"{"iss":"https://a.example"} x"#,
        r#"{"iss":"https://a.example""#,
        "",
    ] {
        let code = outcome(&tokens, &with_claims(claims)).await;
        assert_eq!(code.as_deref(), Ok("jwt_claims_not_json"), "{claims}");
    }
    let no_base64 = format!("{}.a.AAAA", encode(r#"{"alg":"ES256"}"#));
    let code = outcome(&tokens, &no_base64).await;
    assert_eq!(code.as_deref(), Ok("jwt_claims_not_json"));
}

/// The form of a token decides. A JWT with a fault goes to no verifier of opaque tokens.
#[tokio::test]
async fn a072_the_form_of_a_token_decides_which_verifier_gets_it() {
    let a = issuer(A);
    let server = FakeServer::new(active(""));
    let tokens = TokensByIssuer::new()
        .jwt(A, verifier(&a))
        .and_then(|tokens| tokens.opaque(server.verifier()))
        .unwrap();
    let claims = encode(r#"{"iss":"https://a.example"}"#);
    for header in [
        r#"{"alg":"none"}"#,
        r#" {"alg":"ES256"}"#,
        r#"{"alg":"ES256","alg":"none"}"#,
        r#"{"alg""#,
        "{",
    ] {
        let token = format!("{}.{claims}.AAAA", encode(header));
        let code = outcome(&tokens, &token).await.unwrap();
        assert!(code.starts_with("jws_"), "{header}: {code}");
    }
    assert_eq!(server.count(), 0);
    let header = encode(r#"{"alg":"ES256"}"#);
    let opaque = [
        "t0ken".to_owned(),
        "a.b".to_owned(),
        "a.b.c".to_owned(),
        format!("{}.{claims}.AAAA", encode("[]")),
        format!("{}.{claims}.AAAA", encode("text")),
        format!("{header}.{claims}"),
        format!("{header}.{claims}.A.A.A"),
        format!("{header}.{claims}."),
    ];
    for (index, token) in opaque.iter().enumerate() {
        assert_eq!(
            outcome(&tokens, token).await.as_deref(),
            Ok("ada"),
            "{token}"
        );
        assert_eq!(server.count(), index + 1);
    }
    server.set(inactive());
    assert_eq!(
        outcome(&tokens, "other").await.as_deref(),
        Ok("introspection_inactive")
    );
    server.set(Reply::Error);
    assert!(outcome(&tokens, "third").await.is_err());
    assert_eq!(
        outcome(&tokens, &good(&a).sign()).await.as_deref(),
        Ok("ada")
    );
}

#[tokio::test]
async fn without_a_verifier_of_opaque_tokens_they_are_refused() {
    let tokens = TokensByIssuer::new().jwt(A, verifier(&issuer(A))).unwrap();
    let code = outcome(&tokens, "t0ken").await;
    assert_eq!(code.as_deref(), Ok("jwt_no_opaque_tokens"));
}

/// An issuer without keys is an outage for its own tokens, and for no others.
#[tokio::test]
async fn an_outage_of_one_issuer_is_none_of_the_others() {
    let (a, b) = (issuer(A), issuer(B));
    let down = |_: Secret<'_>| Err::<Option<Principal>, _>(Unavailable::new("down"));
    let tokens = TokensByIssuer::new()
        .jwt(A, down.never_bound())
        .and_then(|tokens| tokens.jwt(B, verifier(&b)))
        .unwrap();
    assert_eq!(
        outcome(&tokens, &good(&a).sign()).await,
        Err("down".to_owned())
    );
    assert_eq!(
        outcome(&tokens, &good(&b).sign()).await.as_deref(),
        Ok("ada")
    );
}

#[test]
fn an_issuer_has_one_verifier() {
    let tokens = || TokensByIssuer::new().jwt(A, verifier(&issuer(A))).unwrap();
    let why = |tokens: Result<TokensByIssuer, tower_challenge::ConfigError>| {
        tokens.unwrap_err().to_string()
    };
    let twice = why(tokens().jwt(A, verifier(&issuer(A))));
    assert_eq!(twice, "an issuer has two verifiers: add each issuer once");
    let opaque = || {
        StaticTokens::new()
            .unwrap()
            .token("t", Principal::new("ada"))
    };
    let opaque = || opaque().unwrap().never_bound();
    let twice = why(tokens().opaque(opaque()).unwrap().opaque(opaque()));
    assert!(
        twice.starts_with("opaque tokens have two verifiers"),
        "{twice}"
    );
    assert!(tokens().jwt("", verifier(&issuer(A))).is_err());
    assert!(
        tokens()
            .jwt(&"a".repeat(2049), verifier(&issuer(A)))
            .is_err()
    );
    let none = TokensByIssuer::<Principal>::new();
    assert!(Bearer::new("api", none).is_err(), "it accepts no token");
}

#[derive(Clone, Debug, PartialEq)]
enum Caller {
    OfA(Principal),
    Opaque(Principal),
}

/// Different identities become one type, also for a scheme that checks proofs, and for an answer that comes later.
#[tokio::test]
async fn the_identities_of_the_parts_become_one_type() {
    let a = issuer(A);
    let server = FakeServer::new(active(
        r#","cnf":{"jkt":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}"#,
    ));
    let tokens = TokensByIssuer::new()
        .jwt(A, verifier(&a).map_identity(Caller::OfA))
        .and_then(|tokens| tokens.opaque(server.verifier().map_identity(Caller::Opaque)))
        .unwrap();
    let ada = Principal::new("ada");
    let jwt = good(&a).sign();
    let verified = tokens.verify(Secret::new(&jwt)).await.unwrap();
    assert_eq!(verified.unwrap(), Caller::OfA(ada.clone()));
    let refused = tokens
        .verify(Secret::new("t0ken"))
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(refused.code(), Some("introspection_bound_to_key"));
    settle().await;
    let bound = tokens
        .verify_bound(Secret::new("t0ken"))
        .await
        .unwrap()
        .unwrap();
    let key = bound.confirmation().unwrap().key_thumbprint().copied();
    assert_eq!(key.map(|key| key[31]), Some(31));
    assert_eq!(bound.into_identity(), Caller::Opaque(ada));
}

/// A verifier that looks at the request is asked with its head.
#[test]
fn the_head_of_the_request_reaches_the_chosen_verifier() {
    #[derive(Clone)]
    struct ByPath;
    impl VerifyToken for ByPath {
        type Identity = Principal;
        fn verify(&self, _: Secret<'_>) -> tower_challenge::VerifiedNowOrLater<Principal> {
            NowOrLater::now(Ok(Err(tower_challenge::VerifyFailure::default())))
        }
        fn verify_for(
            &self,
            _: Secret<'_>,
            head: tower_challenge::RequestHead<'_>,
        ) -> tower_challenge::VerifiedNowOrLater<Principal> {
            NowOrLater::now(Ok(Ok(Principal::new(head.target().path()))))
        }
    }
    let request = http::Request::get("/a").body(()).unwrap();
    let head = tower_challenge::RequestHead::of(&request);
    let mapped = ByPath.map_identity(|owner: Principal| owner.with_role("r"));
    let tokens = TokensByIssuer::new().opaque(mapped.never_bound()).unwrap();
    let verified = tokens.verify_for(Secret::new("t"), head).try_now();
    let owner = verified.unwrap().unwrap().unwrap();
    assert!(owner.name() == "/a" && owner.has_role("r"));
}
