//! Tokens that are bound to a key or a certificate of the client (RFC 7800 section 3.1).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use http::Request;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};
use tower_challenge::jwt::RevocationList;
use tower_challenge::scheme::bearer::{
    BoundIdentity, TokenConfirmation, VerifyBoundToken, VerifyToken,
};
use tower_challenge::scheme::{Attempt, Bearer, Scheme, ServerRole, Verdict};
use tower_challenge::{
    NowOrLater, Principal, RequestHead, Secret, VerifiedNowOrLater, VerifyFailure,
};

use crate::support::{builder, good, issuer, why};

/// The thumbprint of the key in RFC 9449 section 6.1, and its bytes.
const KEY: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
/// The thumbprint of the certificate in RFC 8705 appendix A.
const CERTIFICATE: &str = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0";

fn thumbprint(text: &str) -> [u8; 32] {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
    bytes.try_into().unwrap()
}

fn verify_bound(
    verifier: &impl VerifyBoundToken<Identity = Principal>,
    token: &str,
) -> Result<BoundIdentity<Principal>, VerifyFailure> {
    let answer = verifier.verify_bound(Secret::new(token)).try_now();
    answer.expect("the keys are there").unwrap()
}

#[test]
fn a_verifier_returns_the_key_and_the_certificate_of_a_bound_token() {
    let issuer = issuer();
    let verifier = Arc::new(builder(issuer.clone()).build().unwrap());
    let key = TokenConfirmation::key(thumbprint(KEY));
    let certificate = TokenConfirmation::certificate(thumbprint(CERTIFICATE));
    for (cnf, expected) in [
        (json!({"jkt": KEY}), key),
        (json!({"x5t#S256": CERTIFICATE}), certificate),
        (
            json!({"jkt": KEY, "x5t#S256": CERTIFICATE}),
            key.and_certificate(thumbprint(CERTIFICATE)),
        ),
    ] {
        let token = good(&issuer).claim("cnf", cnf.clone()).sign();
        // The second time, the verifier remembers the token.
        for _ in 0..2 {
            let bound = verify_bound(&verifier, &token).unwrap();
            assert_eq!(bound.confirmation(), Some(&expected), "{cnf}");
            assert_eq!(bound.into_identity().name(), "ada");
            // RFC 9449 section 7.1: the same verifier refuses the token where nobody checks the proof. That it is
            // remembered changes nothing.
            let refused = why(&*verifier, &token).unwrap_or_default();
            assert!(refused.contains("no proof of that key"), "{cnf}: {refused}");
        }
    }
}

#[test]
fn an_unbound_token_has_no_confirmation() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).build().unwrap();
    let token = good(&issuer).sign();
    assert_eq!(why(&verifier, &token), None);
    let unbound = verify_bound(&verifier, &token).unwrap();
    assert_eq!(unbound.confirmation(), None);
}

/// A token that is bound to something unknown must not pass as an unbound token.
#[test]
fn a_binding_that_is_not_known_is_refused() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).build().unwrap();
    let long = format!("{KEY}AA");
    let cut = KEY.get(..42).unwrap();
    // The last character has bits after the last byte.
    let second_spelling = format!("{cut}J");
    let unknown: [Value; 14] = [
        json!(null),
        json!(true),
        json!("jkt"),
        json!([KEY]),
        json!({}),
        json!({"jwk": {"kty": "EC"}}),
        json!({"kid": "1"}),
        json!({"jkt": KEY, "kid": "1"}),
        json!({"jkt": null}),
        json!({"jkt": 1}),
        json!({"jkt": long}),
        json!({"jkt": cut}),
        json!({"jkt": second_spelling}),
        json!({"jkt": KEY, "x5t#S256": "AA"}),
    ];
    for cnf in unknown {
        let token = good(&issuer).claim("cnf", cnf.clone()).sign();
        let refused = verify_bound(&verifier, &token).unwrap_err();
        assert_eq!(refused.code(), Some("jwt_unknown_binding"), "{cnf}");
        let refused = why(&verifier, &token).unwrap_or_default();
        assert!(refused.contains("bound to a key"), "{cnf}: {refused}");
    }
}

/// A token that was remembered with its key is refused from the moment on at which it is revoked.
#[test]
fn a_remembered_bound_token_is_refused_when_it_is_revoked() {
    let issuer = issuer();
    let list = RevocationList::new();
    let verifier = builder(issuer.clone()).revocations(&list).build().unwrap();
    let token = good(&issuer)
        .claim("cnf", json!({"jkt": KEY}))
        .claim("jti", "lost")
        .sign();
    assert!(verify_bound(&verifier, &token).is_ok());
    let until = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
    list.revoke_token("lost", until).unwrap();
    assert_eq!(
        verify_bound(&verifier, &token).unwrap_err().code(),
        Some("jwt_revoked")
    );
}

/// A verifier that looks at the request, behind a pointer: `Bearer` gives it the head.
#[test]
fn a_verifier_may_look_at_the_request() {
    struct OfTenant;
    impl VerifyToken for OfTenant {
        type Identity = Principal;

        fn verify(&self, _: Secret<'_>) -> VerifiedNowOrLater<Principal> {
            NowOrLater::now(Ok(Err(VerifyFailure::default())))
        }

        fn verify_for(
            &self,
            token: Secret<'_>,
            head: RequestHead<'_>,
        ) -> VerifiedNowOrLater<Principal> {
            let tenant = head
                .headers()
                .get("tenant")
                .and_then(|tenant| tenant.to_str().ok());
            let is_right = tenant.is_some_and(|tenant| token.matches(tenant));
            NowOrLater::now(Ok(is_right
                .then(|| Principal::new("ada"))
                .ok_or(VerifyFailure::default())))
        }
    }

    let verifier: Arc<dyn VerifyToken<Identity = Principal>> = Arc::new(OfTenant);
    let bearer = Bearer::new("api", verifier).unwrap();
    let admits = |tenant: &str| {
        let request = Request::get("/")
            .header(AUTHORIZATION, "Bearer acme")
            .header("tenant", tenant);
        let request = request.body(()).unwrap();
        let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
        let verdict = bearer.authenticate(&attempt).unwrap().try_now();
        matches!(verdict, Ok(Ok(Verdict::Admit(_))))
    };
    assert!(admits("acme"));
    assert!(!admits("other"));
}
