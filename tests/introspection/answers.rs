//! What an answer means.

use serde::Deserialize;

use crate::server::{FakeServer, NOW, Reply, active, inactive, json, outcome, verify};

/// The outcome of a token about which the server says `text`.
async fn judged(text: &str) -> Result<String, String> {
    let server = FakeServer::new(json(text));
    let builder = server.builder().audience("api").allow_missing_audience();
    let builder = builder.issuer("https://as.example").allow_missing_issuer();
    let outcome = outcome(&builder.build().unwrap(), "t0ken").await;
    outcome.map_err(|why| why.replace("https://as.example/introspect: ", ""))
}

#[tokio::test]
async fn a_good_answer_names_the_owner_the_scopes_and_the_roles() {
    let answer = r#","scope":"read  write","realm_access":{"roles":["admin"]},"scp":["a","b c"]"#;
    let server = FakeServer::new(active(answer));
    let verifier = server.builder().roles_in(&["realm_access", "roles"]);
    let verifier = verifier.scopes_in(&["scp"]).build().unwrap();
    let caller = verify(&verifier, "t0ken").await.unwrap().unwrap();
    assert_eq!(caller.name(), "ada");
    assert_eq!(
        Vec::from_iter(caller.scopes().iter()),
        ["read", "write", "a"]
    );
    assert!(caller.has_role("admin"));
}

#[tokio::test]
async fn each_check_refuses_and_the_first_one_that_fails_decides() {
    for (more, code) in [
        ("", "ada"),
        (r#","exp":1750000001"#, "ada"),
        (r#","exp":1750000000"#, "introspection_expired"),
        (r#","exp":1750000000.5"#, "ada"),
        (r#","exp":0,"aud":"other""#, "introspection_expired"),
        (r#","nbf":1750000030"#, "ada"),
        (r#","nbf":1750000031"#, "introspection_not_yet_valid"),
        (r#","aud":"api","iss":"https://as.example""#, "ada"),
        (
            r#","aud":["other","api"],"iss":"https://as.example""#,
            "ada",
        ),
        (r#","aud":"API""#, "introspection_another_audience"),
        (r#","aud":[]"#, "introspection_another_audience"),
        (r#","aud":"api/""#, "introspection_another_audience"),
        (
            r#","iss":"https://as.example/""#,
            "introspection_another_issuer",
        ),
        (
            r#","iss":"https://other.example""#,
            "introspection_another_issuer",
        ),
        (r#","token_type":"bearer""#, "ada"),
        (r#","token_type":"Bearer""#, "ada"),
        (r#","token_type":"mac""#, "introspection_another_type"),
        (
            r#","token_type":"refresh_token""#,
            "introspection_another_type",
        ),
        (r#","token_type":"DPoP""#, "introspection_unknown_binding"),
        (r#","cnf":{}"#, "introspection_unknown_binding"),
        (r#","cnf":null"#, "introspection_unknown_binding"),
        (r#","cnf":{"jwk":{}}"#, "introspection_unknown_binding"),
        (
            r#","cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}"#,
            "introspection_bound_to_key",
        ),
    ] {
        let text = format!(r#"{{"active":true,"sub":"ada"{more}}}"#);
        assert_eq!(judged(&text).await.as_deref(), Ok(code), "{text}");
    }
    for (text, code) in [
        (r#"{"active":false}"#, "introspection_inactive"),
        (
            r#"{"active":false,"sub":"ada","exp":1999999999}"#,
            "introspection_inactive",
        ),
        (r#"{"active":true}"#, "introspection_owner_missing"),
        (r#"{"active":true,"sub":""}"#, "introspection_owner_missing"),
        (
            r#"{"active":true,"username":"ada","client_id":"c"}"#,
            "introspection_owner_missing",
        ),
    ] {
        assert_eq!(judged(text).await.as_deref(), Ok(code), "{text}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_answer_says_nothing_about_the_token() {
    const NOT_JSON: &str = "the answer is not a JSON object in which each name occurs once";
    const UNSAID: &str = "the answer does not say whether the token is active";
    const TYPE: &str = "a member of the answer has a value of the wrong type";
    for (text, why) in [
        ("", NOT_JSON),
        ("{", NOT_JSON),
        ("[]", NOT_JSON),
        ("true", NOT_JSON),
        (r#"{"active":true}x"#, NOT_JSON),
        (r#"{"active":true,"active":true}"#, NOT_JSON),
        (r#"{"active":true,"\u0061ctive":false}"#, NOT_JSON),
        (r#"{"active":true,"sub":"ada","x":{"a":1,"a":2}}"#, NOT_JSON),
        ("{}", UNSAID),
        (r#"{"active":null}"#, UNSAID),
        (r#"{"active":"true"}"#, UNSAID),
        (r#"{"active":1}"#, UNSAID),
        (r#"{"active":[true]}"#, UNSAID),
        (r#"{"Active":true,"sub":"ada"}"#, UNSAID),
        (r#"{"error":"invalid_client"}"#, UNSAID),
        (r#"{"active":true,"sub":7}"#, TYPE),
        (r#"{"active":true,"sub":"ada","exp":"1999999999"}"#, TYPE),
        (r#"{"active":true,"sub":"ada","nbf":null}"#, TYPE),
        (r#"{"active":true,"sub":"ada","aud":{"api":true}}"#, TYPE),
        (
            r#"{"active":true,"sub":"ada","iss":["https://as.example"]}"#,
            TYPE,
        ),
        (r#"{"active":true,"sub":"ada","scope":7}"#, TYPE),
        (r#"{"active":true,"sub":"ada","token_type":true}"#, TYPE),
    ] {
        assert_eq!(judged(text).await, Err(why.to_owned()), "{text}");
    }
}

#[tokio::test]
async fn only_json_is_read() {
    let text = r#"{"active":true,"sub":"ada"}"#;
    for (kind, is_good) in [
        ("application/json", true),
        ("Application/JSON; charset=utf-8", true),
        ("application/json ;charset=utf-8", true),
        ("text/json", false),
        ("text/html", false),
        ("application/token-introspection+jwt", false),
        ("application/jsonp", false),
        ("", false),
    ] {
        let server = FakeServer::new(Reply::Answer(200, kind, text.to_owned()));
        let outcome = outcome(&server.verifier(), "t0ken").await;
        assert_eq!(outcome.is_ok(), is_good, "{kind}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_member_that_is_compared_must_be_there_unless_the_settings_allow_otherwise() {
    let server = FakeServer::new(active(""));
    let audience = server.builder().audience("api").build().unwrap();
    let issuer = server.builder().issuer("https://as.example");
    let issuer = issuer.build().unwrap();
    let missing = "introspection_audience_missing";
    assert_eq!(outcome(&audience, "t0ken").await.as_deref(), Ok(missing));
    let missing = "introspection_issuer_missing";
    assert_eq!(outcome(&issuer, "t0ken").await.as_deref(), Ok(missing));
}

#[tokio::test]
async fn a_required_member_tells_access_tokens_from_others() {
    let verifier = |more| {
        let server = FakeServer::new(active(more));
        let builder = server.builder();
        let builder = builder.require_one_of(&["token_use"], &["access_token"]);
        builder.build().unwrap()
    };
    let good = verifier(r#","token_use":"access_token""#);
    assert_eq!(outcome(&good, "t0ken").await.as_deref(), Ok("ada"));
    let code = Ok("introspection_required_member");
    let refresh = verifier(r#","token_use":"refresh_token""#);
    assert_eq!(outcome(&refresh, "t0ken").await.as_deref(), code);
    assert_eq!(outcome(&verifier(""), "t0ken").await.as_deref(), code);
}

#[tokio::test]
async fn the_settings_choose_the_name() {
    let named = |text: &str, names: &[&str]| {
        let server = FakeServer::new(json(text));
        let add = |builder, name: &&str| {
            let builder: tower_challenge::introspection::IntrospectionVerifierBuilder = builder;
            builder.name_in(&[name])
        };
        names.iter().fold(server.builder(), add)
    };
    let text = r#"{"active":true,"username":"grace","client_id":"robot"}"#;
    let by_username = named(text, &["username", "client_id"]).build().unwrap();
    assert_eq!(outcome(&by_username, "t").await.as_deref(), Ok("grace"));
    let by_client = named(text, &["client_id"]).build().unwrap();
    assert_eq!(outcome(&by_client, "t").await.as_deref(), Ok("robot"));
    let nameless = named(r#"{"active":true,"scope":"a"}"#, &["username"]);
    let nameless = nameless.nameless_as("a bearer").build().unwrap();
    let caller = verify(&nameless, "t").await.unwrap().unwrap();
    assert_eq!((caller.name(), caller.has_scope("a")), ("a bearer", true));
}

#[derive(Deserialize)]
struct LoginClaims {
    acr: String,
    auth_time: u64,
}

#[tokio::test]
async fn the_application_reads_the_answer_into_a_type_of_its_own() {
    let server = FakeServer::new(active(r#","acr":"gold","auth_time":1749999990"#));
    let verifier = server.builder().claims::<LoginClaims>().build().unwrap();
    let caller = verify(&verifier, "t0ken").await.unwrap().unwrap();
    let claims = caller.claims();
    assert_eq!((&*claims.acr, claims.auth_time), ("gold", NOW - 10));
    assert_eq!(caller.principal().name(), "ada");
    server.set(active(r#","acr":"gold""#));
    let failure = verify(&verifier, "another").await.unwrap();
    let code = failure.err().and_then(|failure| failure.code());
    assert_eq!(code, Some("introspection_answer_does_not_fit"));
    server.set(inactive());
    assert!(verify(&verifier, "third").await.unwrap().is_err());
}
