//! What a server insists on about the head of a request, beside what the vectors say.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::clock::ManualClock;
use tower_challenge::scheme::SigV4;
use tower_challenge::scheme::sigv4::{AccessKey, AccessKeys, CredentialScope};
use tower_challenge::store::MemoryStore;
use tower_challenge::{NowOrLater, Principal, RequireAuth, Unavailable};

use crate::support::run;
use crate::support::run::later;
use crate::support::sigv4::{KEY_ID, SECRET, SignedStand, Signer, ask, with};

const SCOPE: CredentialScope<'_> = CredentialScope {
    region: "us-east-1",
    service: "s3",
};

fn clock() -> ManualClock {
    let start = Duration::from_secs(1_720_000_000);
    ManualClock::new(SystemTime::UNIX_EPOCH + start)
}

fn status<L>(sigv4: SigV4<L>, request: Request<Bytes>) -> u16
where
    L: tower_challenge::password::Lookup<str, Record = AccessKey>,
{
    let layer = RequireAuth::new(sigv4).unwrap();
    let inner = service_fn(async |_| {
        Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let response = run(layer.layer(inner).oneshot(request.map(Full::new)));
    response.unwrap().status().as_u16()
}

#[test]
fn a_stranger_is_told_the_scope() {
    let stand = SignedStand::of("execute-api");
    let answer = stand.send(ask("GET", "/a", ""));
    let challenge = answer.refuses(401).headers["www-authenticate"]
        .to_str()
        .unwrap();
    let expected =
        r#"AWS4-HMAC-SHA256 realm="api@example.org", service="execute-api", region="us-east-1""#;
    assert_eq!(challenge, expected);
}

#[test]
fn credentials_of_another_scheme_are_left_to_it() {
    let stand = SignedStand::of("s3");
    for other in ["Basic bXVmYXNhOmh1bnRlcg==", "Bearer t0ken"] {
        let answer = stand.send(with(ask("GET", "/a", ""), "authorization", other));
        assert_eq!(
            answer.refuses(401).reason(),
            "no scheme of the layer claims the credentials"
        );
    }
}

#[test]
fn a_key_may_be_waited_for() {
    let lookup = |id: &str| {
        let id = id.to_owned();
        NowOrLater::later(async move {
            later().await;
            match &*id {
                KEY_ID => Ok(Some(AccessKey::new(SECRET, Principal::new("mufasa")))),
                "AKIDBROKEN" => Err(Unavailable::new("the directory did not answer")),
                _ => Ok(None),
            }
        })
    };
    for (id, expected) in [(KEY_ID, 200), ("AKIDNOBODY", 401), ("AKIDBROKEN", 503)] {
        for service in ["s3", "execute-api"] {
            let scope = CredentialScope { service, ..SCOPE };
            let sigv4 = SigV4::new("files", scope, lookup, clock()).unwrap();
            let signer = Signer {
                id: id.to_owned(),
                ..Signer::of(service)
            };
            assert_eq!(
                status(sigv4, signer.sign(ask("PUT", "/a", "body"))),
                expected
            );
        }
    }
}

#[test]
fn a_secret_that_was_changed_counts_at_once() {
    let asked = Arc::new(AtomicUsize::new(0));
    let lookup = {
        let asked = Arc::clone(&asked);
        move |_: &str| {
            let changed = asked.fetch_add(1, Ordering::SeqCst) >= 2;
            let secret = if changed { "C4NARY/changed" } else { SECRET };
            Some(AccessKey::new(secret, Principal::new("mufasa")))
        }
    };
    let sigv4 = SigV4::new("files", SCOPE, lookup, clock()).unwrap();
    let old = || Signer::of("s3").sign(ask("GET", "/a", ""));
    let changed = Signer {
        secret: "C4NARY/changed".to_owned(),
        ..Signer::of("s3")
    };
    let statuses = [
        old(),
        old(),
        old(),
        changed.sign(ask("GET", "/a", "")),
        old(),
    ];
    let statuses = statuses.map(|request| status(sigv4.clone(), request));
    assert_eq!(statuses, [200, 200, 401, 200, 401]);
}

#[test]
fn an_unset_secret_is_none() {
    let lookup = |_: &str| Some(AccessKey::new("", Principal::new("mufasa")));
    let sigv4 = SigV4::new("files", SCOPE, lookup, clock()).unwrap();
    let empty = Signer {
        secret: String::new(),
        ..Signer::of("s3")
    };
    assert_eq!(status(sigv4, empty.sign(ask("GET", "/a", ""))), 401);
    let lookup = |_: &str| {
        let key = AccessKey::new(SECRET, Principal::new("mufasa"));
        Some(key.with_session_token(""))
    };
    let sigv4 = SigV4::new("files", SCOPE, lookup, clock()).unwrap();
    let empty = Signer {
        token: Some(String::new()),
        ..Signer::of("s3")
    };
    assert_eq!(status(sigv4, empty.sign(ask("GET", "/a", ""))), 401);
}

#[test]
fn a_signature_is_good_for_one_use_where_that_is_asked_for() {
    let store = MemoryStore::new().with_clock(clock());
    let stand = SignedStand::tuned("s3", |builder| builder.once(store.clone()));
    let requests = [
        Signer::of("s3").sign(ask("PUT", "/a", "body")),
        Signer::of("s3").presign(ask("GET", "/a", ""), "60"),
    ];
    for request in requests {
        // What did not verify has used up nothing.
        let mut wrong = request.clone();
        *wrong.method_mut() = http::Method::DELETE;
        stand.send(wrong).refuses(401);
        stand.send(request.clone()).admits("mufasa");
        assert_eq!(
            stand.send(request).refuses(401).reason(),
            "the signature was used"
        );
    }
    assert_eq!(store.entry_count(), 2);
    let stand = SignedStand::tuned("execute-api", |builder| builder.once(store));
    stand
        .send(Signer::of("execute-api").sign(ask("PUT", "/a", "body")))
        .refuses(400);
}

#[test]
fn a_clock_that_is_set_back_makes_no_signature_good_again() {
    let time = clock();
    let store = MemoryStore::new().with_clock(time.clone());
    let stand = SignedStand::tuned("s3", |builder| builder.once(store));
    let requests = [
        Signer::of("s3").sign(ask("PUT", "/a", "body")),
        Signer::of("s3").presign(ask("GET", "/a", ""), "60"),
    ];
    for request in &requests {
        stand.send(request.clone()).admits("mufasa");
    }
    // Time goes on, and the clock on the wall is where it was: set back, or read before a look-up that took as long.
    time.advance(Duration::from_secs(15 * 60 + 1));
    for request in requests {
        stand.send(request).refuses(401);
    }
}

#[test]
fn without_that_it_can_be_used_again() {
    let stand = SignedStand::of("s3");
    let request = Signer::of("s3").sign(ask("PUT", "/a", "body"));
    stand.send(request.clone()).admits("mufasa");
    stand.send(request).admits("mufasa");
}

#[test]
fn a_scope_without_a_region_or_a_service_is_a_mistake() {
    let keys = AccessKeys::new([(KEY_ID, SECRET)]).unwrap();
    for (region, service) in [
        ("", "s3"),
        ("us-east-1", ""),
        ("us/east", "s3"),
        ("us-east-1", "s 3"),
    ] {
        let scope = CredentialScope { region, service };
        assert!(SigV4::new("files", scope, keys.clone(), clock()).is_err());
    }
    assert!(SigV4::new("fi\nles", SCOPE, keys, clock()).is_err());
}

#[test]
fn a_table_without_a_key_or_with_one_that_cannot_be_sent_is_a_mistake() {
    assert!(AccessKeys::new(Vec::<(String, String)>::new()).is_err());
    assert!(AccessKeys::new([("A", "s"), ("A", "t")]).is_err());
    for id in ["", "A/B", "A,B", "A=B", "A B", "\u{c4}", &"A".repeat(129)] {
        assert!(AccessKeys::new([(id, "secret")]).is_err(), "{id}");
    }
    let key = AccessKey::new("secret", Principal::new("a")).with_session_token("");
    assert!(AccessKeys::from_keys([("A".to_owned(), key)]).is_err());
}

/// axum's nested routers cut the path: what was signed is the one that was sent.
#[test]
fn the_target_that_was_sent_is_signed_behind_nested_routers() {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::any;

    let keys = AccessKeys::new([(KEY_ID, SECRET)]).unwrap();
    let auth = RequireAuth::new(SigV4::new("files", SCOPE, keys, clock()).unwrap()).unwrap();
    let inner = Router::new().route("/{key}", any(async || "reached").layer(auth));
    let app = Router::new().nest("/bucket", inner);
    let answer = |target: &str, sent: &str| {
        let mut request = Signer::of("s3").sign(ask("GET", target, ""));
        *request.uri_mut() = sent.parse().unwrap();
        let response = run(app.clone().oneshot(request.map(Body::from))).unwrap();
        response.status().as_u16()
    };
    assert_eq!(answer("/bucket/key", "/bucket/key"), 200);
    assert_eq!(answer("/key", "/bucket/key"), 401);
}

#[test]
fn debug_shows_no_secret() {
    let key = AccessKey::new(SECRET, Principal::new("mufasa")).with_session_token("C4NARY");
    let keys = AccessKeys::from_keys([(KEY_ID.to_owned(), key.clone())]).unwrap();
    let builder = SigV4::builder("files", SCOPE, keys.clone(), clock());
    let shown = [
        format!("{key:?}"),
        format!("{keys:?}"),
        format!("{builder:?}"),
    ];
    let shown = [&shown[..], &[format!("{:?}", builder.build().unwrap())]].concat();
    assert!(shown.iter().all(|it| !it.contains("C4NARY")), "{shown:?}");
}
