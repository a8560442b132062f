//! Tokens in the shape that each provider documents. The values are made up, the names and types are the provider's.
//!
//! Each test also has tokens of another kind, such as ID tokens. RFC 8725 section 3.12: "If more than one kind of JWT can
//! be issued by the same issuer, the validation rules for those JWTs MUST be written such that they are mutually exclusive,
//! rejecting JWTs of the wrong kind."

use serde_json::{Value, json};
use tower_challenge::Principal;
use tower_challenge::jwt::{JwtVerifier, TokenProfile};
use tower_challenge::testing::{TestIssuer, TestToken};

use crate::support::{caller, verify, why};

/// A token with these header parameters and claims, and no others beside `alg`, `kid`, `iat` and `exp`.
fn token(issuer: &TestIssuer, typ: Option<&str>, claims: &Value) -> TestToken {
    let mut token = issuer
        .token("x")
        .without("client_id")
        .without("jti")
        .without("iss");
    token = match typ {
        Some(typ) => token.header("typ", typ),
        None => token.without_header("typ"),
    };
    for (name, value) in claims.as_object().unwrap() {
        token = token.claim(name, value.clone());
    }
    token
}

fn verifier(issuer: &TestIssuer, profile: TokenProfile, audience: Option<&str>) -> JwtVerifier {
    let mut builder = JwtVerifier::builder(issuer.issuer(), issuer.clone()).profile(profile);
    if let Some(audience) = audience {
        builder = builder.audience(audience);
    }
    builder.build().unwrap()
}

fn scopes(caller: &Principal) -> Vec<&str> {
    caller.scopes().iter().collect()
}

fn roles(caller: &Principal) -> Vec<&str> {
    caller.roles().collect()
}

/// The claims without the claim `name`.
fn without(claims: &Value, name: &str) -> Value {
    let mut claims = claims.clone();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

/// The claims with another value of the claim `name`.
fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

#[test]
fn keycloak() {
    let issuer = TestIssuer::new("https://id.example/realms/shop").unwrap();
    let verifier = verifier(&issuer, TokenProfile::keycloak("orders"), Some("orders"));
    let claims = json!({
        "iss": "https://id.example/realms/shop", "aud": ["orders", "account"], "typ": "Bearer", "azp": "web",
        "sub": "f4b1-ada", "sid": "s", "acr": "1", "allowed-origins": ["https://shop.example"],
        "realm_access": {"roles": ["offline_access", "staff"]},
        "resource_access": {"orders": {"roles": ["read-orders"]}, "account": {"roles": ["manage-account"]}},
        "scope": "openid profile orders:read", "email_verified": true, "preferred_username": "ada"
    });
    let ada = caller(&verifier, &token(&issuer, Some("JWT"), &claims).sign());
    assert_eq!(ada.name(), "f4b1-ada");
    assert_eq!(scopes(&ada), ["openid", "profile", "orders:read"]);
    assert_eq!(
        roles(&ada),
        ["offline_access", "read-orders", "staff"],
        "not the roles of another client"
    );
    for kind in ["ID", "Refresh", "Offline", "Logout"] {
        let other = with(&claims, "typ", json!(kind));
        assert!(
            why(&verifier, &token(&issuer, Some("JWT"), &other).sign()).is_some(),
            "{kind}"
        );
    }
    let plain = without(&without(&claims, "realm_access"), "resource_access");
    let ada = caller(&verifier, &token(&issuer, Some("JWT"), &plain).sign());
    assert_eq!(roles(&ada), [""; 0]);
    let odd = with(&claims, "realm_access", json!(["staff"]));
    assert!(verify(&verifier, &token(&issuer, Some("JWT"), &odd).sign()).is_err());
}

#[test]
fn entra_version_1() {
    let issuer = TestIssuer::new("https://sts.windows.net/72f9/").unwrap();
    let verifier = verifier(&issuer, TokenProfile::entra_v1(), Some("api://orders"));
    let claims = json!({
        "iss": "https://sts.windows.net/72f9/", "aud": "api://orders", "acr": "1", "aio": "A", "amr": ["pwd"],
        "appid": "11aa", "appidacr": "0", "ipaddr": "203.0.113.7", "name": "Ada", "oid": "0oid", "rh": "0.A",
        "scp": "Orders.Read Orders.Write", "sub": "pair-ada", "tid": "72f9", "unique_name": "ada@shop.example", "uti": "u",
        "ver": "1.0", "roles": ["Clerk"]
    });
    let ada = caller(
        &verifier,
        &token(&issuer, Some("JWT"), &claims)
            .header("x5t", "t")
            .sign(),
    );
    assert_eq!(
        (ada.name(), scopes(&ada), roles(&ada)),
        (
            "pair-ada",
            vec!["Orders.Read", "Orders.Write"],
            vec!["Clerk"]
        )
    );
    let version = with(&claims, "ver", json!("2.0"));
    assert!(why(&verifier, &token(&issuer, Some("JWT"), &version).sign()).is_some());
    let id_token = without(&claims, "appid");
    assert!(why(&verifier, &token(&issuer, Some("JWT"), &id_token).sign()).is_some());
}

#[test]
fn entra_version_2() {
    let issuer = TestIssuer::new("https://login.microsoftonline.com/72f9/v2.0").unwrap();
    let verifier = verifier(&issuer, TokenProfile::entra_v2(), Some("6e74"));
    let person = json!({
        "iss": "https://login.microsoftonline.com/72f9/v2.0", "aud": "6e74", "azp": "11aa", "azpacr": "0", "name": "Ada",
        "oid": "0oid", "preferred_username": "ada@shop.example", "rh": "0.A", "scp": "Orders.Read", "sub": "pair-ada",
        "tid": "72f9", "uti": "u", "ver": "2.0"
    });
    let ada = caller(&verifier, &token(&issuer, Some("JWT"), &person).sign());
    assert_eq!((scopes(&ada), roles(&ada)), (vec!["Orders.Read"], vec![]));
    let program = with(
        &without(&person, "scp"),
        "roles",
        json!(["Orders.Read.All"]),
    );
    let program = caller(&verifier, &token(&issuer, Some("JWT"), &program).sign());
    assert_eq!(
        (scopes(&program), roles(&program)),
        (vec![], vec!["Orders.Read.All"])
    );
    let id_token = without(&without(&person, "azp"), "scp");
    assert!(why(&verifier, &token(&issuer, Some("JWT"), &id_token).sign()).is_some());
}

#[test]
fn auth0() {
    let issuer = TestIssuer::new("https://shop.eu.auth0.com/").unwrap();
    let verifier = verifier(
        &issuer,
        TokenProfile::auth0(),
        Some("https://api.shop.example"),
    );
    let claims = json!({
        "iss": "https://shop.eu.auth0.com/", "sub": "auth0|ada",
        "aud": ["https://api.shop.example", "https://shop.eu.auth0.com/userinfo"], "azp": "web", "gty": "password",
        "scope": "openid read:orders", "permissions": ["read:orders"]
    });
    for typ in ["JWT", "at+jwt"] {
        let ada = caller(&verifier, &token(&issuer, Some(typ), &claims).sign());
        assert_eq!(
            (ada.name(), scopes(&ada), roles(&ada)),
            (
                "auth0|ada",
                vec!["openid", "read:orders"],
                vec!["read:orders"]
            )
        );
    }
    let id_token = with(&claims, "aud", json!("web"));
    assert!(why(&verifier, &token(&issuer, Some("JWT"), &id_token).sign()).is_some());
}

#[test]
fn okta() {
    let issuer = TestIssuer::new("https://shop.okta.com/oauth2/default").unwrap();
    let verifier = verifier(&issuer, TokenProfile::okta(), Some("api://default"));
    let claims = json!({
        "ver": 1, "jti": "AT.1", "iss": "https://shop.okta.com/oauth2/default", "aud": "api://default", "cid": "0oa",
        "uid": "00u", "scp": ["openid", "orders.read"], "auth_time": 1_700_000_000, "sub": "ada@shop.example",
        "groups": ["Everyone", "Shop Staff"]
    });
    let ada = caller(&verifier, &token(&issuer, None, &claims).sign());
    assert_eq!(scopes(&ada), ["openid", "orders.read"]);
    assert_eq!(
        roles(&ada),
        ["Everyone", "Shop Staff"],
        "a role may have a space"
    );
    let id_token = without(&claims, "cid");
    assert!(why(&verifier, &token(&issuer, None, &id_token).sign()).is_some());
    let dpop = token(&issuer, Some("dpop+jwt"), &claims).sign();
    assert!(why(&verifier, &dpop).is_some());
}

#[test]
fn cognito() {
    let issuer =
        TestIssuer::new("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Shop").unwrap();
    let verifier = verifier(&issuer, TokenProfile::cognito(&["7abc", "8def"]), None);
    let claims = json!({
        "sub": "aaaa-ada", "cognito:groups": ["staff"], "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Shop",
        "client_id": "7abc", "origin_jti": "o", "event_id": "e", "token_use": "access",
        "scope": "orders/read aws.cognito.signin.user.admin", "auth_time": 1_700_000_000, "jti": "j", "username": "ada"
    });
    let ada = caller(&verifier, &token(&issuer, None, &claims).sign());
    assert_eq!(
        scopes(&ada),
        ["orders/read", "aws.cognito.signin.user.admin"]
    );
    assert_eq!(roles(&ada), ["staff"]);
    for (name, value) in [
        ("token_use", json!("id")),
        ("client_id", json!("other")),
        ("client_id", json!(["7abc"])),
    ] {
        let other = with(&claims, name, value);
        assert!(
            why(&verifier, &token(&issuer, None, &other).sign()).is_some(),
            "{name}"
        );
    }
    for name in ["token_use", "client_id"] {
        assert!(
            why(
                &verifier,
                &token(&issuer, None, &without(&claims, name)).sign()
            )
            .is_some(),
            "{name}"
        );
    }
}

#[test]
fn google() {
    let issuer = TestIssuer::new("https://accounts.google.com").unwrap();
    let verifier = verifier(
        &issuer,
        TokenProfile::google(),
        Some("https://orders-abc.a.run.app"),
    );
    let claims = json!({
        "iss": "https://accounts.google.com", "aud": "https://orders-abc.a.run.app", "azp": "1178", "sub": "1178",
        "email": "robot@shop.iam.gserviceaccount.com", "email_verified": true
    });
    let robot = caller(&verifier, &token(&issuer, Some("JWT"), &claims).sign());
    assert_eq!(
        (robot.name(), scopes(&robot), roles(&robot)),
        ("1178", vec![], vec![])
    );
    let other = with(&claims, "aud", json!("https://other-abc.a.run.app"));
    assert!(why(&verifier, &token(&issuer, Some("JWT"), &other).sign()).is_some());
}

/// RFC 9068 section 2.2: "The following claims are used in the JWT access token data structure." Of these, `iss`, `exp`,
/// `aud`, `sub`, `client_id`, `iat` and `jti` are REQUIRED.
#[test]
fn rfc9068() {
    let issuer = TestIssuer::new("https://as.example").unwrap();
    let verifier = verifier(&issuer, TokenProfile::rfc9068(), Some("api"));
    let whole = issuer.token("ada").audience("api").scope("read");
    let whole = whole
        .claim("roles", vec!["a"])
        .claim("groups", vec!["b"])
        .claim("entitlements", vec!["c"]);
    let ada = caller(&verifier, &whole.sign());
    assert_eq!(roles(&ada), ["a", "b", "c"]);
    for name in ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"] {
        assert!(
            why(&verifier, &whole.clone().without(name).sign()).is_some(),
            "{name}"
        );
    }
}

#[test]
fn a066_a_list_and_a_text_are_not_mixed_up() {
    let issuer = TestIssuer::new("https://as.example").unwrap();
    let verifier = verifier(
        &issuer,
        TokenProfile::access_token().scopes_in(&["scp"]),
        Some("api"),
    );
    let of = |name: &str, value: Value| {
        let token = issuer
            .token("ada")
            .audience("api")
            .claim(name, value)
            .sign();
        verify(&verifier, &token).map(|caller| caller.scopes().to_string())
    };
    assert_eq!(
        of("scope", json!("read write")),
        Ok("read write".to_owned())
    );
    assert_eq!(
        of("scope", json!(["read", "write"])),
        Ok("read write".to_owned())
    );
    assert_eq!(
        of("scope", json!(["read write", "list"])),
        Ok("list".to_owned()),
        "one element is one scope"
    );
    assert_eq!(
        of("scope", json!("read,write")),
        Ok("read,write".to_owned()),
        "a comma separates nothing"
    );
    assert_eq!(of("scp", json!("read")), Ok("read".to_owned()));
    assert_eq!(
        of("scopes", json!("read")),
        Ok(String::new()),
        "no profile names this claim"
    );
    for value in [
        json!(5),
        json!({"read": true}),
        json!([["read"]]),
        json!(null),
    ] {
        assert!(of("scope", value.clone()).is_err(), "{value}");
    }
    let roles = issuer
        .token("ada")
        .audience("api")
        .claim("roles", "shop admin")
        .sign();
    assert!(caller(&verifier, &roles).has_role("shop admin"));
    assert!(!caller(&verifier, &roles).has_role("admin"));
}

#[test]
fn the_name_of_the_caller_may_stand_in_another_claim() {
    let issuer = TestIssuer::new("https://as.example").unwrap();
    let verifier = verifier(
        &issuer,
        TokenProfile::access_token().name_in(&["act", "sub"]),
        Some("api"),
    );
    let token = issuer.token("ada").audience("api");
    let acting = token.clone().claim("act", json!({"sub": "robot"})).sign();
    assert_eq!(caller(&verifier, &acting).name(), "robot");
    assert_eq!(
        why(&verifier, &token.sign()),
        Some("the token has no name where the profile looks for one")
    );
}

/// RFC 9068 section 2.2 says of `sub`: "REQUIRED - as defined in Section 4.1.2 of [RFC7519]." It is required even if the
/// name of the caller is in another claim.
#[test]
fn rfc9068_requires_the_subject_whatever_claim_has_the_name() {
    let issuer = TestIssuer::new("https://as.example").unwrap();
    let token = issuer
        .token("ada")
        .audience("api")
        .claim("email", "a@b.example");
    let nameless = token.clone().without("sub").sign();
    let strict = TokenProfile::rfc9068().name_in(&["email"]);
    let strict = verifier(&issuer, strict, Some("api"));
    assert_eq!(caller(&strict, &token.sign()).name(), "a@b.example");
    let missing = Some("a claim that the profile requires is missing or has another value");
    assert_eq!(why(&strict, &nameless), missing);
    let lenient = TokenProfile::access_token().name_in(&["email"]);
    let lenient = verifier(&issuer, lenient, Some("api"));
    assert_eq!(caller(&lenient, &nameless).name(), "a@b.example");
}

#[test]
fn the_profile_of_an_issuer_can_be_tightened() {
    let issuer = TestIssuer::new("https://id.example/realms/shop").unwrap();
    let token = issuer
        .token("ada")
        .audience("orders")
        .scope("read")
        .claim("typ", "Bearer")
        .claim("scp", "write")
        .claim("realm_access", json!({"roles": ["admin"]}))
        .claim("resource_access", json!({"orders": {"roles": ["clerk"]}}));
    let strict = TokenProfile::keycloak("orders")
        .only_type("application/AT+JWT")
        .only_scopes_in(&["scp"])
        .only_roles_in(&["resource_access", "orders", "roles"]);
    let strict = verifier(&issuer, strict, Some("orders"));
    let ada = caller(&strict, &token.sign());
    assert_eq!((scopes(&ada), roles(&ada)), (vec!["write"], vec!["clerk"]));
    let other_kind = Some("the token is of another kind (typ)");
    let plain = token.clone().header("typ", "JWT").sign();
    assert_eq!(why(&strict, &plain), other_kind);

    let okta = TokenProfile::okta().only_type("at+jwt");
    let okta = verifier(&issuer, okta, Some("orders"));
    let token = token.claim("cid", "0oa").without_header("typ");
    assert_eq!(why(&okta, &token.sign()), other_kind);
    let loose = verifier(&issuer, TokenProfile::okta(), Some("orders"));
    assert_eq!(why(&loose, &token.sign()), None);
}
