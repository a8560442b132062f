//! Tests the MUST sentences of RFC 6750 (Bearer) that concern a resource server, one by one. Sections 1.1 and 5.2 are
//! in `rfc6750_tokens.rs`.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic, as the test may"
)]

pub mod support;

use http::StatusCode;
use tower::{Layer as _, ServiceExt};
use tower_challenge::ErrorParams;
use tower_challenge::header::{Challenge, SchemeName};
use tower_challenge::policy::{self, PolicyDecision};
use tower_challenge::scheme::Bearer;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::{Principal, RequestHead, RequirePolicy};

use self::support::{
    Answer, Kind, Layer, OTHER_TOKEN, PASSWORD, REALM, TOKEN, TestRequest, TestServer, USER, WRONG,
    WRONG_TOKEN, get,
};

fn stand() -> TestServer {
    TestServer::of(&[Kind::Bearer])
}

/// The answers of servers whose Bearer challenges together have every parameter that the scheme can send.
fn answers_with_every_parameter() -> Vec<Answer> {
    let lacks = |_: &Principal, _: &RequestHead<'_>| {
        PolicyDecision::Lacks(ErrorParams::insufficient_scope("read write").unwrap())
    };
    let steps_up = |_: &Principal, _: &RequestHead<'_>| {
        let error = ErrorParams::insufficient_user_authentication(Some("a b"), Some(60));
        PolicyDecision::StepUp(error.unwrap())
    };
    let forbids = |_: &Principal, _: &RequestHead<'_>| false;
    let asks = [
        get("/"),
        get("/").bearer(TOKEN),
        get("/").bearer(WRONG_TOKEN),
        get("/").bearer("\"x\""),
    ];
    let mut said = Vec::new();
    for kinds in Kind::orders()
        .into_iter()
        .filter(|kinds| kinds.contains(&Kind::Bearer))
    {
        let stands = [
            TestServer::of(&kinds),
            TestServer::tuned(&kinds, |layer| layer.policy(lacks)),
            TestServer::tuned(&kinds, |layer| layer.policy(steps_up)),
            TestServer::tuned(&kinds, |layer| layer.policy(forbids)),
            TestServer::proxy(&kinds, |layer| layer.policy(lacks)),
        ];
        for stand in stands {
            said.extend(asks.iter().map(|ask| stand.ask(ask.clone())));
        }
    }
    said
}

fn bearers(answer: &Answer) -> Vec<Challenge> {
    let challenges = answer.challenges().into_iter();
    challenges
        .filter(|challenge| challenge.scheme() == SchemeName::BEARER)
        .collect()
}

/// Section 2: "Clients MUST NOT use more than one method to transmit the token in each request". By section 3.1, a
/// request that "uses more than one method for including an access token" gets `invalid_request`.
#[test]
fn section_2_a_token_in_the_query_and_in_the_field_gets_invalid_request() {
    for field in [format!("Bearer {TOKEN}"), "Bearer a=b".to_owned()] {
        let both = get(&format!("/?access_token={TOKEN}")).authorization(&field);
        let answer = stand().ask(both).is_malformed();
        assert_eq!(answer.params("Bearer", "error"), ["invalid_request"]);
        let code = answer.written.traced[0].field("code");
        assert_eq!(code, Some("bearer_token_in_query"));
    }
}

/// Section 2.1: "Resource servers MUST support this method", the `Authorization` field.
#[test]
fn section_2_1_the_authorization_field_is_supported() {
    let accepted = StaticTokens::new().unwrap();
    let accepted = accepted
        .token("mF_9.B5f-4.1JqM", Principal::new(USER))
        .unwrap();
    let schemes = |_: &support::TestWorld| -> support::Schemes {
        vec![Box::new(Bearer::new(REALM, accepted).unwrap())]
    };
    let stand = TestServer::build(schemes, |layer| layer);
    let example = get("/").authorization("Bearer mF_9.B5f-4.1JqM");
    stand.ask(example).is_admitted_as(USER);
}

/// Section 2.1: `b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`. The scheme accepts all such
/// tokens and no others.
#[test]
fn section_2_1_a_token_is_a_b64token() {
    let alphabet: String = (0x20..0x7F)
        .map(char::from)
        .filter(|character| character.is_ascii_alphanumeric() || "-._~+/".contains(*character))
        .collect();
    for token in [
        alphabet.clone(),
        format!("{alphabet}=="),
        "a".to_owned(),
        "a=".to_owned(),
    ] {
        let tokens = StaticTokens::new()
            .unwrap()
            .token(&token, Principal::new(USER))
            .unwrap();
        let schemes = |_: &support::TestWorld| -> support::Schemes {
            vec![Box::new(Bearer::new(REALM, tokens).unwrap())]
        };
        let stand = TestServer::build(schemes, |layer| layer);
        stand.ask(get("/").bearer(&token)).is_admitted_as(USER);
    }
    for other in (0x21..0x7F)
        .map(char::from)
        .filter(|character| !alphabet.contains(*character) && *character != '=')
    {
        assert!(
            StaticTokens::new()
                .unwrap()
                .token(&format!("a{other}b"), ())
                .is_err()
        );
        stand()
            .ask(get("/").bearer(&format!("a{other}b")))
            .is_malformed();
    }
}

/// Section 2.1 again: a setting of the set of tokens and one of the scheme allow other characters. Both are off by
/// default, and a comma and a quotation mark are never allowed.
#[test]
fn section_2_1_other_characters_are_accepted_only_by_a_setting() {
    let set = || StaticTokens::new().unwrap().allow_visible_ascii();
    for bad in ["", "a b", "a,b", "a\"b", "a\tb", "\u{e9}"] {
        assert!(set().token(bad, Principal::new(USER)).is_err(), "{bad:?}");
    }
    for (is_allowed, status) in [(false, 400), (true, 200)] {
        let tokens = set().token("5|kq8Zr0", Principal::new(USER)).unwrap();
        let bearer = Bearer::new(REALM, tokens).unwrap();
        let bearer = match is_allowed {
            true => bearer.allow_visible_ascii(),
            false => bearer,
        };
        let stand = TestServer::build(|_| vec![Box::new(bearer)], |layer| layer);
        let answer = stand.ask(get("/").bearer("5|kq8Zr0"));
        assert_eq!(answer.status.as_u16(), status);
    }
}

/// Section 2.2: the form "MUST NOT" be used with `GET`, nor with another content type. This scheme never reads it.
#[test]
fn section_2_2_no_token_is_read_from_a_body() {
    for method in ["GET", "POST", "PUT"] {
        for media_type in [
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json",
        ] {
            let ask = TestRequest::new(method, "/").field("content-type", media_type);
            stand()
                .ask(ask.body(format!("access_token={TOKEN}")))
                .is_challenged();
        }
    }
}

/// Section 2.3: the query method "SHOULD NOT be used". This scheme never admits a client by it.
#[test]
fn section_2_3_no_token_is_read_from_a_query() {
    let answer = stand().ask(get(&format!("/?access_token={TOKEN}")));
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.verified, [""; 0]);
}

/// The query of a request with credentials of another scheme belongs to the application.
#[test]
fn section_2_3_a_query_does_not_prevent_a_login_with_another_scheme() {
    let stand = TestServer::of(&[Kind::Bearer, Kind::Basic]);
    for target in ["/?access_token=x", "/?access_token=x&access_token=y"] {
        let answer = stand.ask(get(target).basic(USER, PASSWORD));
        answer.is_admitted_as(USER);
        stand.ask(get(target).basic(USER, WRONG)).is_refused();
    }
}

/// Section 3: "If the protected resource request does not include authentication credentials or does not contain an
/// access token that enables access to the protected resource, the resource server MUST include the HTTP
/// "WWW-Authenticate" response header field".
#[test]
fn section_3_a_client_without_a_sufficient_token_gets_a_challenge() {
    let stand = stand();
    for ask in [
        get("/"),
        get("/").bearer(WRONG_TOKEN),
        get("/").basic(USER, PASSWORD),
        get("/").bearer(""),
    ] {
        let answer = stand.ask(ask);
        assert_eq!(bearers(&answer).len(), 1, "{}", answer.asked);
    }
    let needs = TestServer::tuned(&[Kind::Bearer], |layer| {
        layer.policy(policy::scopes("read").unwrap())
    });
    assert_eq!(
        bearers(&needs.ask(get("/").bearer(TOKEN)).is_forbidden()).len(),
        1
    );
}

/// Section 3: "All challenges defined by this specification MUST use the auth-scheme value "Bearer". This scheme MUST
/// be followed by one or more auth-param values."
#[test]
fn section_3_a_challenge_has_parameters() {
    let mut seen = 0;
    for answer in answers_with_every_parameter() {
        for challenge in bearers(&answer) {
            assert_eq!(challenge.scheme().as_str(), "Bearer");
            assert!(challenge.params().count() >= 1);
            assert_eq!(challenge.token68(), None);
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
}

/// Section 3: "The "realm" attribute MUST NOT appear more than once." "The "scope" attribute MUST NOT appear more than
/// once." "The "error", "error_description", and "error_uri" attributes MUST NOT appear more than once."
#[test]
fn section_3_no_attribute_appears_twice() {
    for answer in answers_with_every_parameter() {
        for challenge in bearers(&answer) {
            for name in ["realm", "scope", "error", "error_description", "error_uri"] {
                let times = challenge.params().filter(|param| param.is(name)).count();
                assert!(times <= 1, "{challenge}");
            }
        }
    }
    for name in ["realm", "scope", "error", "error_description", "error_uri"] {
        let twice = Challenge::builder(SchemeName::BEARER)
            .quoted(name, "a")
            .quoted(name, "a");
        assert!(twice.build().is_err());
    }
}

/// Section 3: "Values for the "scope" attribute [..] MUST NOT include characters outside the set %x21 / %x23-5B /
/// %x5D-7E for representing scope values and %x20 for delimiters between scope values."
#[test]
fn section_3_a_scope_has_only_allowed_characters() {
    for byte in 0..=u8::MAX {
        let allowed = matches!(byte, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        let scope = [b'a', byte, b'b'];
        let built = Challenge::builder(SchemeName::BEARER)
            .quoted("scope", scope)
            .build();
        assert_eq!(built.is_ok(), allowed, "{byte}");
        if let Ok(text) = std::str::from_utf8(&scope) {
            assert_eq!(ErrorParams::insufficient_scope(text).is_ok(), allowed);
        }
    }
}

/// Section 3: "Values for the "error" and "error_description" attributes [..] MUST NOT include characters outside the
/// set %x20-21 / %x23-5B / %x5D-7E."
#[test]
fn section_3_an_error_has_only_allowed_characters() {
    for name in ["error", "error_description"] {
        for byte in 0..=u8::MAX {
            let allowed = matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
            let built = Challenge::builder(SchemeName::BEARER)
                .quoted(name, [b'a', byte])
                .build();
            assert_eq!(built.is_ok(), allowed, "{name}: {byte}");
        }
    }
}

/// Section 3: "Values for the "error_uri" attribute [..] MUST conform to the URI-reference syntax and thus MUST NOT
/// include characters outside the set %x21 / %x23-5B / %x5D-7E." RFC 3986 excludes some more of them, and allows most
/// of the others only at certain places.
#[test]
fn section_3_an_error_uri_is_a_uri_reference() {
    let built = |uri: &[u8]| {
        let challenge = Challenge::builder(SchemeName::BEARER).quoted("error_uri", uri);
        challenge.build().is_ok()
    };
    for byte in 0..=u8::MAX {
        let allowed = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?#".contains(&byte);
        let uri = [b"https://h/", [byte].as_slice()].concat();
        assert_eq!(built(&uri), allowed, "{byte}");
        let escaped = format!("https://h/%{byte:02x}");
        assert!(built(escaped.as_bytes()), "{byte}");
    }
    for good in [
        "https://login.example/errors#expired",
        "/errors?code=1",
        "../errors",
        "errors",
        "//login.example:8443/",
        "urn:example:error",
        "https://[2001:db8::1]/",
    ] {
        assert!(built(good.as_bytes()), "{good}");
    }
    for bad in [
        "https://h/%",
        "https://h/%4",
        "https://h/%zz",
        "https://h/#a#b",
        "https://h:port/",
        "https://[h]/",
        "https://[::1/",
        "https://a@b@c/",
        "1https://h/",
        ":errors",
        "error code:1",
        "a_b:c",
        "/[errors]",
        "https://h/<errors>",
    ] {
        assert!(!built(bad.as_bytes()), "{bad}");
    }
}

/// Section 3.1: "invalid_request [..] The resource server SHOULD respond with the HTTP 400 (Bad Request) status code."
#[test]
fn section_3_1_invalid_request_is_a_400() {
    for token in ["", "\"x\"", "a b", "a,b", "a=b"] {
        let answer = stand().ask(get("/").bearer(token)).is_malformed();
        assert_eq!(
            answer.params("Bearer", "error"),
            ["invalid_request"],
            "{token}"
        );
    }
}

/// Section 3.1: "invalid_token The access token provided is expired, revoked, malformed, or invalid for other reasons.
/// The resource SHOULD respond with the HTTP 401 (Unauthorized) status code."
#[test]
fn section_3_1_invalid_token_is_a_401() {
    let answer = stand().ask(get("/").bearer(WRONG_TOKEN)).is_refused();
    assert_eq!(answer.params("Bearer", "error"), ["invalid_token"]);
    stand()
        .ask(get("/").bearer(OTHER_TOKEN))
        .is_admitted_as(support::OTHER_USER);
}

/// Section 3.1: "insufficient_scope [..] The resource server SHOULD respond with the HTTP 403 (Forbidden) status code
/// and MAY include the "scope" attribute with the scope necessary to access the protected resource."
#[test]
fn section_3_1_insufficient_scope_is_a_403() {
    let stand = TestServer::tuned(&Kind::ALL, |layer| {
        layer.policy(policy::scopes("read write").unwrap())
    });
    let answer = stand.ask(get("/").bearer(TOKEN)).is_forbidden();
    assert_eq!(answer.params("Bearer", "error"), ["insufficient_scope"]);
    assert_eq!(answer.params("Bearer", "scope"), ["read write"]);
    let other = stand.ask(get("/").basic(USER, PASSWORD)).is_forbidden();
    assert_eq!(
        other.challenges(),
        [],
        "a client of Basic gets no Bearer challenge"
    );
}

/// The same, with a policy on a route under the layer. It also holds when the layer strips the credentials from the
/// request.
#[test]
fn section_3_1_insufficient_scope_is_a_403_by_a_policy_of_the_route() {
    for tune in [|layer: Layer| layer, Layer::strip_credentials] {
        let world = support::TestWorld::new();
        let schemes = Kind::ALL.iter().map(|kind| kind.build(&world)).collect();
        let layer = tune(tower_challenge::RequireAuth::new(schemes).unwrap());
        let route = RequirePolicy::new(policy::scopes("read write").unwrap());
        let probe = support::Probe::new();
        let service = layer.layer(route.layer(probe.clone()));
        let ask = |ask: TestRequest| {
            let Ok(response) = support::run(service.clone().oneshot(ask.into_request()));
            let lines = response.headers().get_all("www-authenticate").iter();
            let lines = lines.map(|line| line.to_str().unwrap().to_owned());
            (response.status(), lines.collect::<Vec<_>>())
        };
        let told =
            format!("Bearer realm=\"{REALM}\", error=\"insufficient_scope\", scope=\"read write\"");
        assert_eq!(
            ask(get("/").bearer(TOKEN)),
            (StatusCode::FORBIDDEN, vec![told])
        );
        assert_eq!(
            ask(get("/").basic(USER, PASSWORD)),
            (StatusCode::FORBIDDEN, vec![])
        );
        assert_eq!(probe.calls(), 0);
    }
}

/// Section 3.1: "If the request lacks any authentication information [..], the resource server SHOULD NOT include an
/// error code or other error information."
#[test]
fn section_3_1_a_client_without_credentials_gets_no_error_code() {
    for stand in [
        stand(),
        TestServer::of(&Kind::ALL),
        TestServer::proxy(&[Kind::Bearer], |layer: Layer| layer),
    ] {
        let answer = stand.ask(get("/")).is_challenged();
        for name in ["error", "error_description", "error_uri", "scope"] {
            assert_eq!(answer.params("Bearer", name), [""; 0]);
        }
    }
}
