//! Tests policies for logins (RFC 9470) and for authorization details (RFC 9396), with the claims of JSON Web Tokens.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/mod.rs"]
pub mod support;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::WWW_AUTHENTICATE;
use serde_json::{Value, json};
use tower::{Layer as _, ServiceExt};
use tower_challenge::clock::ManualClock;
use tower_challenge::jwt::{JwtVerifier, VerifiedClaims};
use tower_challenge::policy::{
    HasAuthorizationDetails, HasLogin, Policy, PolicyDecision, PolicyExt, RequireLogin,
    StepUpBuilder, authorization, role, scopes, step_up,
};
use tower_challenge::scheme::bearer::VerifyToken;
use tower_challenge::testing::{TestIssuer, TestToken};
use tower_challenge::{
    AuthorizationDetail, Principal, RequestHead, RequireAuth, RequirePolicy, Secret, Verified,
};

use self::support::{Probe, get, run};

const ISSUER: &str = "https://as.example";
const API: &str = "https://api.example";
/// The time of the tests, in seconds since 1970.
const NOW: u64 = 1_720_000_000;

fn clock() -> ManualClock {
    ManualClock::new(UNIX_EPOCH + Duration::from_secs(NOW))
}

fn issuer() -> TestIssuer {
    TestIssuer::new(ISSUER).unwrap().with_clock(clock())
}

fn verifier(issuer: &TestIssuer) -> JwtVerifier {
    let builder = JwtVerifier::builder(ISSUER, issuer.clone()).audience(API);
    builder.clock(clock()).build().unwrap()
}

fn token(issuer: &TestIssuer) -> TestToken {
    issuer.token("ada").audience(API)
}

fn verify(issuer: &TestIssuer, token: &TestToken) -> Verified<Principal> {
    let token = token.sign();
    let verified = verifier(issuer).verify(Secret::new(&token)).try_now();
    verified.unwrap().unwrap()
}

fn decide<I>(policy: &impl Policy<I>, caller: &I) -> PolicyDecision {
    let request = http::Request::new(());
    let decided = policy.decide(caller, &RequestHead::of(&request)).try_now();
    decided.unwrap().unwrap()
}

fn required(policy: StepUpBuilder) -> RequireLogin {
    policy.clock(clock()).build().unwrap()
}

fn mfa_within_a_minute() -> RequireLogin {
    required(
        step_up()
            .acr_values("phr mfa")
            .max_age(Duration::from_secs(60)),
    )
}

/// The status and the challenge of a layer with `policies`, for a token.
fn answer(
    policies: Vec<std::sync::Arc<dyn Policy<Principal>>>,
    token: &TestToken,
    issuer: &TestIssuer,
) -> (u16, String) {
    let layer = RequireAuth::bearer("api", verifier(issuer)).unwrap();
    let layer = policies.into_iter().fold(layer, RequireAuth::policy);
    let request = get("/").bearer(&token.sign()).into_request();
    let Ok(response) = run(layer.layer(Probe::new()).oneshot(request));
    let challenge = response.headers().get(WWW_AUTHENTICATE);
    let challenge = challenge.map_or("", |field| field.to_str().unwrap());
    (response.status().as_u16(), challenge.to_owned())
}

fn boxed(policy: impl Policy<Principal>) -> std::sync::Arc<dyn Policy<Principal>> {
    std::sync::Arc::new(policy)
}

#[test]
fn a_login_suffices_if_its_class_is_in_the_list_and_it_is_recent() {
    let issuer = issuer();
    for (acr, auth_time, suffices) in [
        (json!("mfa"), json!(NOW), true),
        (json!("phr"), json!(NOW - 60), true),
        (json!("mfa"), json!(NOW - 90), true),
        (json!("mfa"), json!(NOW - 91), false),
        (json!("mfa"), json!(NOW + 30), true),
        (json!("mfa"), json!(NOW + 31), false),
        (json!("mfa"), json!(NOW as f64 - 0.5), true),
        (json!("pwd"), json!(NOW), false),
        (json!("MFA"), json!(NOW), false),
        (json!("mf"), json!(NOW), false),
        (json!("phr mfa"), json!(NOW), false),
        (json!(""), json!(NOW), false),
        // A claim of another type is no login. The token is good all the same.
        (json!(["mfa"]), json!(NOW), false),
        (json!(1), json!(NOW), false),
        (json!(null), json!(NOW), false),
        (json!("mfa"), json!(NOW.to_string()), false),
        (json!("mfa"), json!(null), false),
        (json!("mfa"), json!(-1), false),
        (json!("mfa"), json!(1e300), false),
        (json!("mfa"), json!({}), false),
    ] {
        let token = token(&issuer)
            .claim("acr", acr.clone())
            .claim("auth_time", auth_time.clone());
        let caller = verify(&issuer, &token).unwrap();
        let decision = decide(&mfa_within_a_minute(), &caller);
        assert_eq!(
            matches!(decision, PolicyDecision::Allow),
            suffices,
            "{acr} {auth_time}"
        );
        assert_eq!(matches!(decision, PolicyDecision::StepUp(_)), !suffices);
    }
}

#[test]
fn a_claim_that_the_policy_does_not_ask_for_may_be_missing() {
    let issuer = issuer();
    let strong = required(step_up().acr_values("mfa"));
    let recent = required(
        step_up()
            .max_age(Duration::from_secs(60))
            .leeway(Duration::ZERO),
    );
    let with =
        |name: &str, value: Value| verify(&issuer, &token(&issuer).claim(name, value)).unwrap();
    let allows =
        |policy: &RequireLogin, caller| matches!(decide(policy, &caller), PolicyDecision::Allow);
    assert!(allows(&strong, with("acr", json!("mfa"))));
    assert!(!allows(&strong, with("auth_time", json!(NOW))));
    assert!(allows(&recent, with("auth_time", json!(NOW - 60))));
    assert!(!allows(&recent, with("auth_time", json!(NOW - 61))));
    assert!(!allows(&recent, with("acr", json!("mfa"))));
}

/// The token is remembered, and the login grows old all the same.
#[test]
fn a_login_grows_old_while_its_token_is_valid() {
    let issuer = issuer();
    let time = clock();
    let policy = step_up()
        .max_age(Duration::from_secs(60))
        .clock(time.clone())
        .build()
        .unwrap();
    let verifier = JwtVerifier::builder(ISSUER, issuer.clone())
        .audience(API)
        .clock(time.clone());
    let layer = RequireAuth::bearer("api", verifier.build())
        .unwrap()
        .policy(policy);
    let service = layer.layer(Probe::new());
    let token = token(&issuer).claim("auth_time", NOW).sign();
    let status = || {
        let Ok(response) = run(service
            .clone()
            .oneshot(get("/").bearer(&token).into_request()));
        response.status().as_u16()
    };
    assert_eq!(status(), 200);
    time.advance(Duration::from_secs(90));
    assert_eq!(status(), 200);
    time.advance(Duration::from_secs(1));
    assert_eq!(status(), 401);
}

/// RFC 9470 section 3: the challenge names what the login needs, and may name the scopes. An invalid token comes first.
#[test]
fn the_challenge_asks_for_the_login_and_the_scopes_at_once() {
    let issuer = issuer();
    let policies = || vec![boxed(mfa_within_a_minute()), boxed(scopes("pay").unwrap())];
    let weak = token(&issuer).claim("acr", "pwd").claim("auth_time", NOW);
    let challenge = r#"Bearer realm="api", error="insufficient_user_authentication", acr_values="phr mfa", max_age="60", scope="pay""#;
    assert_eq!(
        answer(policies(), &weak, &issuer),
        (401, challenge.to_owned())
    );
    // The token has the scope: the new token needs it, too.
    assert_eq!(
        answer(policies(), &weak.clone().scope("pay"), &issuer),
        (401, challenge.to_owned())
    );

    let strong = weak.clone().claim("acr", "mfa");
    let lacking = r#"Bearer realm="api", error="insufficient_scope", scope="pay""#;
    assert_eq!(
        answer(policies(), &strong, &issuer),
        (403, lacking.to_owned())
    );
    assert_eq!(
        answer(policies(), &strong.scope("pay"), &issuer),
        (200, String::new())
    );

    let expired = r#"Bearer realm="api", error="invalid_token""#;
    assert_eq!(
        answer(policies(), &weak.expired(), &issuer),
        (401, expired.to_owned())
    );

    let alone = required(step_up().acr_values("mfa"));
    let challenge =
        r#"Bearer realm="api", error="insufficient_user_authentication", acr_values="mfa""#;
    assert_eq!(
        answer(vec![boxed(alone)], &token(&issuer), &issuer),
        (401, challenge.to_owned())
    );
}

/// One policy made of both, as a layer and as a route have it.
#[test]
fn a_policy_of_a_route_sends_the_same_challenge() {
    let issuer = issuer();
    let both = || mfa_within_a_minute().and(scopes("pay").unwrap());
    let challenge = r#"Bearer realm="api", error="insufficient_user_authentication", acr_values="phr mfa", max_age="60", scope="pay""#;
    assert_eq!(
        answer(vec![boxed(both())], &token(&issuer), &issuer),
        (401, challenge.to_owned())
    );

    let layer = RequireAuth::bearer("api", verifier(&issuer)).unwrap();
    let layer = layer.policy(scopes("read").unwrap());
    let service = layer.layer(RequirePolicy::new(both()).layer(Probe::new()));
    let request = get("/").bearer(&token(&issuer).scope("read").sign());
    let Ok(response) = run(service.oneshot(request.into_request()));
    assert_eq!(response.status(), 401);
    let challenge = challenge.replace("pay\"", "read pay\"");
    assert_eq!(response.headers()[WWW_AUTHENTICATE], challenge);
}

/// A login that can never reach the level would come back with a new token for ever. `403` ends that.
#[test]
fn a_caller_who_can_never_meet_the_policy_is_forbidden() {
    let issuer = issuer();
    let policy = || role("program").unwrap().not().and(mfa_within_a_minute());
    let program = token(&issuer).claim("roles", json!(["program"]));
    assert_eq!(
        answer(vec![boxed(policy())], &program, &issuer),
        (403, String::new())
    );
    assert_eq!(
        answer(vec![boxed(policy())], &token(&issuer), &issuer).0,
        401
    );
}

#[test]
fn a_policy_that_requires_nothing_or_cannot_be_sent_is_an_error() {
    let error = |policy: StepUpBuilder| policy.build().map(drop).unwrap_err().to_string();
    assert!(error(step_up()).contains("nothing is required"));
    for classes in ["", " ", "a  b", " a", "a\0"] {
        assert!(
            step_up().acr_values(classes).build().is_err(),
            "{classes:?}"
        );
    }
    let age = |age| step_up().max_age(age);
    assert!(error(age(Duration::from_millis(1500))).contains("whole seconds"));
    assert!(error(age(Duration::from_secs(1 << 32))).contains("whole seconds"));
    assert!(age(Duration::ZERO).build().is_ok());
    let minute = Duration::from_secs(60);
    assert!(age(minute).leeway(minute).build().is_ok());
    assert!(error(age(minute).leeway(Duration::from_secs(61))).contains("60 seconds"));
}

/// The identity with the claims of the application has the same login and details.
#[test]
fn an_identity_with_claims_has_the_login_and_the_details() {
    let issuer = issuer();
    let builder = JwtVerifier::builder(ISSUER, issuer.clone())
        .audience(API)
        .clock(clock());
    let verifier = builder.claims::<Value>().build().unwrap();
    let token = token(&issuer).claim("acr", "mfa").claim("auth_time", NOW);
    let token = token
        .claim("authorization_details", json!([{ "type": "a" }]))
        .sign();
    let caller: VerifiedClaims<Value> = verifier
        .verify(Secret::new(&token))
        .try_now()
        .unwrap()
        .unwrap()
        .unwrap();
    assert_eq!(HasLogin::acr(&caller), Some("mfa"));
    assert_eq!(
        HasLogin::auth_time(&caller),
        Some(UNIX_EPOCH + Duration::from_secs(NOW))
    );
    assert_eq!(
        HasAuthorizationDetails::authorization_details(&caller).len(),
        1
    );
    assert!(matches!(
        decide(&mfa_within_a_minute(), &caller),
        PolicyDecision::Allow
    ));
    assert!(matches!(
        decide(&authorization("a").unwrap(), &caller),
        PolicyDecision::Allow
    ));
}

/// The object of RFC 9396 section 2.
#[test]
fn authorization_details_are_read_from_the_claims() {
    let issuer = issuer();
    let details = json!([
        {
            "type": "payment_initiation",
            "locations": ["https://example.com/payments"],
            "actions": ["initiate", "status", "cancel"],
            "datatypes": ["account"],
            "privileges": ["admin"],
            "identifier": "account-14-32-32-3",
            "instructedAmount": { "currency": "EUR", "amount": "123.50" },
        },
        { "type": "other" },
    ]);
    let caller = verify(
        &issuer,
        &token(&issuer).claim("authorization_details", details),
    )
    .unwrap();
    let [payment, other] = caller.authorization_details() else {
        panic!("two details");
    };
    assert_eq!(payment.kind(), "payment_initiation");
    assert_eq!(
        payment.locations().collect::<Vec<_>>(),
        ["https://example.com/payments"]
    );
    assert_eq!(
        payment.actions().collect::<Vec<_>>(),
        ["initiate", "status", "cancel"]
    );
    assert_eq!(payment.datatypes().collect::<Vec<_>>(), ["account"]);
    assert_eq!(payment.privileges().collect::<Vec<_>>(), ["admin"]);
    assert_eq!(payment.identifier(), Some("account-14-32-32-3"));
    let json: Value = serde_json::from_str(payment.json()).unwrap();
    assert_eq!(json["instructedAmount"]["amount"], "123.50");
    assert_eq!(
        (other.kind(), other.identifier(), other.actions().count()),
        ("other", None, 0)
    );
    assert!(
        !format!("{payment:?}").contains("14-32-32"),
        "it may be personal"
    );
    assert_eq!(
        verify(&issuer, &token(&issuer))
            .unwrap()
            .authorization_details(),
        []
    );
}

#[test]
fn a_token_with_malformed_details_is_refused() {
    let issuer = issuer();
    let with = |details: Value| {
        verify(
            &issuer,
            &token(&issuer).claim("authorization_details", details),
        )
    };
    for bad in [
        json!(null),
        json!("a"),
        json!({ "type": "a" }),
        json!([1]),
        json!(["a"]),
        json!([{}]),
        json!([{ "type": 1 }]),
        json!([{ "type": "a", "actions": "read" }]),
        json!([{ "type": "a", "actions": [1] }]),
        json!([{ "type": "a", "actions": null }]),
        json!([{ "type": "a", "locations": {} }]),
        json!([{ "type": "a", "identifier": ["b"] }]),
        json!([{ "type": "a" }, null]),
    ] {
        let refused = with(bad.clone()).unwrap_err();
        assert_eq!(refused.code(), Some("jwt_claim_type"), "{bad}");
    }
    let many = |count| Value::from(vec![json!({ "type": "a" }); count]);
    assert_eq!(with(many(64)).unwrap().authorization_details().len(), 64);
    assert!(with(many(65)).is_err());
    assert!(with(json!([])).is_ok());
}

#[test]
fn one_object_must_grant_the_type_the_actions_and_the_location() {
    let policy = authorization("account")
        .unwrap()
        .actions("list read")
        .location("https://a.example");
    let of = |details: &[AuthorizationDetail]| {
        let caller = Principal::new("ada").with_authorization_details(details.iter().cloned());
        matches!(decide(&policy, &caller), PolicyDecision::Allow)
    };
    let bare = AuthorizationDetail::new("account");
    let location = bare.clone().with_location("https://a.example");
    let all = location.clone().with_action("read").with_action("list");
    assert!(of(std::slice::from_ref(&all)));
    assert!(of(&[bare.clone(), all.clone().with_action("more")]));
    assert!(!of(&[]));
    assert!(!of(std::slice::from_ref(&bare)));
    assert!(!of(std::slice::from_ref(&location)));
    assert!(
        !of(&[
            location.clone().with_action("read"),
            location.with_action("list")
        ]),
        "two grants"
    );
    let other_type = AuthorizationDetail::new("accounts").with_location("https://a.example");
    assert!(!of(&[other_type.with_action("read").with_action("list")]));
    let elsewhere = bare
        .with_location("https://a.example/")
        .with_action("read")
        .with_action("list");
    assert!(!of(&[elsewhere]), "the comparison is exact");
    assert!(authorization("").is_err());
    let caller = Principal::new("ada");
    assert!(matches!(decide(&policy, &caller), PolicyDecision::Forbid));
}

#[test]
fn the_time_of_a_login_may_have_a_fraction() {
    let issuer = issuer();
    let caller = verify(&issuer, &token(&issuer).claim("auth_time", 1.5)).unwrap();
    let expected: SystemTime = UNIX_EPOCH + Duration::from_millis(1500);
    assert_eq!(caller.auth_time(), Some(expected));
}
