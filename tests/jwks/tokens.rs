//! Tokens that are verified with fetched keys, behind the layer.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Request, Response};
use tower::{ServiceBuilder, ServiceExt};
use tower_challenge::clock::Clock;
use tower_challenge::jwks::RemoteKeys;
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::scheme::Bearer;
use tower_challenge::scheme::bearer::VerifyToken;
use tower_challenge::{Principal, RequireAuth, Secret};

use crate::issuer::{AUDIENCE, Behaviour, FakeIssuer, ISSUER, IssuerKey, URL, jwks, settle};

const SECOND: Duration = Duration::from_secs(1);

fn verifier(issuer: &FakeIssuer, keys: RemoteKeys) -> JwtVerifier {
    let builder = JwtVerifier::builder(ISSUER, keys).audience(AUDIENCE);
    builder.clock(issuer.clock().clone()).build().unwrap()
}

/// The parts of a response that a client sees: the status, `Retry-After`, and whether the challenge names an error.
type Seen = (u16, Option<u64>, Option<bool>);

async fn ask(verifier: &JwtVerifier<Principal>, token: Option<&str>) -> Seen {
    let auth = RequireAuth::new(Bearer::new("api", verifier.clone()).unwrap()).unwrap();
    let hello = async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new()));
    let service = ServiceBuilder::new().layer(auth).service_fn(hello);
    let mut request = Request::new(());
    if let Some(token) = token {
        let field = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert(AUTHORIZATION, field);
    }
    let response = service.oneshot(request).await.unwrap();
    let field = |name| {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap())
    };
    (
        response.status().as_u16(),
        field(RETRY_AFTER).map(|seconds| seconds.parse().unwrap()),
        field(WWW_AUTHENTICATE).map(|challenge| challenge.contains("error=")),
    )
}

#[tokio::test]
async fn while_an_issuer_is_down_at_the_start_a_token_gets_503_and_no_error() {
    let key = IssuerKey::new("a");
    for behaviour in [
        Behaviour::Error,
        Behaviour::Answer(500, String::new()),
        Behaviour::Answer(200, r#"{"keys":[]}"#.to_owned()),
    ] {
        let issuer = FakeIssuer::new(behaviour);
        let verifier = verifier(&issuer, issuer.keys());
        let token = key.token(issuer.clock().wall(), "");
        assert_eq!(ask(&verifier, None).await, (401, None, Some(false)));
        assert_eq!(
            issuer.count(),
            0,
            "a client without a token causes no fetch"
        );
        assert_eq!(ask(&verifier, Some(&token)).await, (503, Some(30), None));
        issuer.set(Behaviour::Answer(200, jwks(&[key.jwk()])));
        issuer.clock().advance(10 * SECOND);
        assert_eq!(ask(&verifier, Some(&token)).await, (503, Some(20), None));
        assert_eq!(ask(&verifier, None).await, (401, None, Some(false)));
        issuer.clock().advance(20 * SECOND);
        assert_eq!(ask(&verifier, Some(&token)).await, (200, None, None));
        assert_eq!(issuer.count(), 2);
    }
}

#[tokio::test]
async fn a_token_with_an_unknown_key_gets_401_also_while_and_after_a_fetch_fails() {
    let (known, unknown) = (IssuerKey::new("a"), IssuerKey::new("b"));
    let issuer = FakeIssuer::new(Behaviour::Answer(200, jwks(&[known.jwk()])));
    let verifier = verifier(&issuer, issuer.keys());
    let now = issuer.clock().wall();
    let (good, bad) = (known.token(now, ""), unknown.token(now, ""));
    assert_eq!(ask(&verifier, Some(&good)).await, (200, None, None));
    let refused = (401, None, Some(true));
    assert_eq!(ask(&verifier, Some(&bad)).await, refused);
    assert_eq!(issuer.count(), 1, "the first load counts as an attempt");
    issuer.clock().advance(30 * SECOND);
    issuer.set(Behaviour::Hang);
    let waiting = tokio::spawn({
        let (verifier, bad) = (verifier.clone(), bad.clone());
        async move { ask(&verifier, Some(&bad)).await }
    });
    settle().await;
    assert_eq!(ask(&verifier, Some(&good)).await, (200, None, None));
    issuer.clock().advance(10 * SECOND);
    assert_eq!(waiting.await.unwrap(), refused);
    assert_eq!(ask(&verifier, Some(&bad)).await, refused);
    assert_eq!(ask(&verifier, Some(&good)).await, (200, None, None));
    assert_eq!(issuer.count(), 2);
}

/// Abuse case 59: 10,000 distinct names of keys.
#[tokio::test]
async fn a059_a_flood_of_invented_key_names_causes_one_fetch_in_an_interval() {
    let known = IssuerKey::new("a");
    let issuer = FakeIssuer::new(Behaviour::Answer(200, jwks(&[known.jwk()])));
    let verifier = verifier(&issuer, issuer.keys());
    let now = issuer.clock().wall();
    let good = known.token(now, "");
    assert_eq!(ask(&verifier, Some(&good)).await.0, 200);
    issuer.clock().advance(30 * SECOND);
    let ask_one = |name: usize| {
        let token = IssuerKey::new(&format!("no key {name}")).token(now, "");
        let verifier = verifier.clone();
        tokio::spawn(async move { verifier.verify(Secret::new(&token)).await })
    };
    let callers = Vec::from_iter((0..10_000).map(ask_one));
    for caller in callers {
        assert!(caller.await.unwrap().unwrap().is_err());
    }
    assert_eq!(ask(&verifier, Some(&good)).await.0, 200);
    assert_eq!(issuer.count(), 2);
}

/// Abuse cases 57 and 58: the header of a token chooses neither a key nor a URL.
#[tokio::test]
async fn no_part_of_a_token_reaches_a_url() {
    let issuer = FakeIssuer::publishing(&["a"]);
    let verifier = verifier(&issuer, issuer.keys());
    let names = [
        "../../evil",
        "' OR 1=1",
        "?kid=evil",
        "https://evil.example/jwks",
        "a/../b",
    ];
    let urls = [
        r#","jku":"https://evil.example/jwks""#,
        r#","x5u":"https://evil.example/x5u""#,
        r#","jwk":{"kty":"oct","k":"AAAA"}"#,
        "",
    ];
    let mut refused = 0;
    for name in names {
        for more in urls {
            issuer.clock().advance(30 * SECOND);
            let token = IssuerKey::new(name).token(issuer.clock().wall(), more);
            assert_eq!(ask(&verifier, Some(&token)).await.0, 401, "{name} {more}");
            refused += 1;
        }
    }
    assert_eq!(refused, 20);
    assert_eq!(issuer.count(), 20);
    assert!(issuer.urls().iter().all(|url| url == URL));
}

#[tokio::test]
async fn a_withdrawn_key_ends_remembered_tokens_with_the_next_good_set() {
    let (old, new) = (IssuerKey::new("old"), IssuerKey::new("new"));
    let issuer = FakeIssuer::new(Behaviour::Answer(200, jwks(&[old.jwk(), new.jwk()])));
    let verifier = verifier(&issuer, issuer.keys());
    let now = issuer.clock().wall();
    let (old, new, all) = (old.token(now, ""), new.token(now, ""), jwks(&[new.jwk()]));
    for _ in 0..2 {
        assert_eq!(ask(&verifier, Some(&old)).await.0, 200);
        assert_eq!(ask(&verifier, Some(&new)).await.0, 200);
    }
    issuer.set(Behaviour::Answer(200, r#"{"keys":[]}"#.to_owned()));
    issuer.clock().advance(600 * SECOND);
    assert_eq!(ask(&verifier, Some(&old)).await.0, 200);
    settle().await;
    assert_eq!(
        ask(&verifier, Some(&old)).await.0,
        200,
        "an empty set is no good set"
    );
    issuer.set(Behaviour::Answer(200, all));
    issuer.clock().advance(30 * SECOND);
    assert_eq!(ask(&verifier, Some(&new)).await.0, 200);
    settle().await;
    assert_eq!(ask(&verifier, Some(&old)).await.0, 401);
    assert_eq!(ask(&verifier, Some(&new)).await.0, 200);
}

/// The issuer replaces its key every 45 seconds, without a notice, and tokens of the key before stay good.
#[tokio::test]
async fn no_good_token_is_refused_while_keys_rotate_under_load() {
    let keys = Arc::new(Mutex::new(vec![IssuerKey::new("0"), IssuerKey::new("1")]));
    let issuer = FakeIssuer::new(Behaviour::Hang);
    issuer.answer_with({
        let keys = Arc::clone(&keys);
        move |_| {
            let keys = keys.lock().unwrap();
            Behaviour::Answer(200, jwks(&Vec::from_iter(keys.iter().map(IssuerKey::jwk))))
        }
    });
    let verifier = verifier(&issuer, issuer.keys());
    let (mut accepted, mut rotations) = (0, 0);
    for round in 2..100 {
        let tokens = {
            let mut keys = keys.lock().unwrap();
            keys.remove(0);
            keys.push(IssuerKey::new(&round.to_string()));
            rotations += 1;
            let now = issuer.clock().wall();
            Vec::from_iter(keys.iter().map(|key| key.token(now, "")))
        };
        for _ in 0..3 {
            let ask_one = |number: usize| {
                let (verifier, token) = (verifier.clone(), tokens[number % 2].clone());
                tokio::spawn(async move { verifier.verify(Secret::new(&token)).await })
            };
            let callers = Vec::from_iter((0..50).map(ask_one));
            for caller in callers {
                let caller = caller.await.unwrap().unwrap();
                assert_eq!(caller.unwrap().name(), "ada");
                accepted += 1;
            }
            issuer.clock().advance(15 * SECOND);
        }
    }
    let times = issuer.times();
    println!(
        "{accepted} tokens, {rotations} rotations, {} fetches",
        times.len()
    );
    assert_eq!((accepted, rotations, times.len()), (14_700, 98, 98));
    assert!(times.windows(2).all(|two| two[1] - two[0] >= 30 * SECOND));
}
