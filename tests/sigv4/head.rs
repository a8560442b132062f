//! Tests of the checks of the head that the vectors do not cover.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::clock::ManualClock;
use tower_challenge::scheme::sigv4::{AccessKey, AccessKeys, CredentialScope};
use tower_challenge::scheme::{BodyLimits, SigV4};
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
fn a_client_without_credentials_gets_a_challenge_with_the_region_and_the_service() {
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
fn sigv4_does_not_claim_credentials_of_another_scheme() {
    let stand = SignedStand::of("s3");
    for other in ["Basic bXVmYXNhOmh1bnRlcg==", "Bearer t0ken"] {
        let answer = stand.send(with(ask("GET", "/a", ""), "authorization", other));
        assert_eq!(
            answer.refuses(401).reason(),
            "no scheme of the layer claims the credentials"
        );
    }
}

/// The throttle counts guesses at the access key, and no request without credentials.
#[test]
fn the_throttle_counts_at_the_access_key_of_the_field_or_of_the_query() {
    let stand = SignedStand::of("s3");
    let without = stand.send(ask("GET", "/a?b=c", ""));
    assert_eq!(without.refuses(401).reserved, []);
    for request in [
        Signer::of("s3").sign(ask("GET", "/a", "")),
        Signer::of("s3").presign(ask("GET", "/a", ""), "60"),
    ] {
        let mut wrong = request.clone();
        *wrong.method_mut() = http::Method::DELETE;
        let wrong = stand.send(wrong);
        assert_eq!(wrong.refuses(401).reserved, [Some(KEY_ID.to_owned())]);
        let right = stand.send(request);
        assert_eq!(right.reserved, [Some(KEY_ID.to_owned())]);
        right.admits("mufasa");
    }
}

/// The store remembers a signature for 15 minutes longer than it is valid.
#[test]
fn a_signature_is_remembered_for_a_quarter_of_an_hour_after_its_end() {
    let time = clock();
    let store = MemoryStore::new().with_clock(time.clone());
    let stand = SignedStand::tuned("s3", |builder| builder.once(store));
    let request = Signer::of("s3").presign(ask("GET", "/a", ""), "60");
    stand.send(request.clone()).admits("mufasa");
    // The clock of the scheme stands still, so the signature stays valid.
    time.advance(Duration::from_secs(60 + 15 * 60 - 1));
    stand.send(request).refuses(401);
}

#[test]
fn a_lookup_may_return_the_access_key_later() {
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
fn a_changed_secret_is_effective_at_once() {
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
fn an_access_key_with_an_empty_secret_or_session_token_is_refused() {
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
fn a_signature_is_accepted_once_with_a_replay_store() {
    let store = MemoryStore::new().with_clock(clock());
    let stand = SignedStand::tuned("s3", |builder| builder.once(store.clone()));
    let requests = [
        Signer::of("s3").sign(ask("PUT", "/a", "body")),
        Signer::of("s3").presign(ask("GET", "/a", ""), "60"),
    ];
    for request in requests {
        // A request that does not verify must not use up its signature.
        let mut wrong = request.clone();
        *wrong.method_mut() = http::Method::DELETE;
        stand.send(wrong).refuses(401);
        stand.send(request.clone()).admits("mufasa");
        assert_eq!(
            stand.send(request).refuses(401).reason(),
            "the signature was already used"
        );
    }
    assert_eq!(store.entry_count(), 2);
    let stand = SignedStand::tuned("execute-api", |builder| builder.once(store));
    stand
        .send(Signer::of("execute-api").sign(ask("PUT", "/a", "body")))
        .refuses(400);
}

#[test]
fn a_used_signature_is_refused_even_if_the_wall_clock_is_set_back() {
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
    // The monotonic clock advances and the wall clock stays. That happens if the wall clock is set back, or if the
    // scheme reads it before a look-up that takes as long.
    time.advance(Duration::from_secs(15 * 60 + 1));
    for request in requests {
        stand.send(request).refuses(401);
    }
}

#[test]
fn a_signature_is_accepted_again_without_a_replay_store() {
    let stand = SignedStand::of("s3");
    let request = Signer::of("s3").sign(ask("PUT", "/a", "body"));
    stand.send(request.clone()).admits("mufasa");
    stand.send(request).admits("mufasa");
}

#[test]
fn a_scheme_with_an_invalid_region_service_or_realm_cannot_be_built() {
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
    assert!(SigV4::new("fi\nles", SCOPE, keys.clone(), clock()).is_err());
    let builder = || SigV4::builder("files", SCOPE, keys.clone(), clock());
    for bad in ["us/east", "us east", "\u{fc}", "a\nb", "a\"b", "a;b"] {
        assert!(builder().also_regions([bad]).build().is_err(), "{bad}");
        assert!(builder().also_services([bad]).build().is_err(), "{bad}");
    }
    let builder = builder().also_regions(["auto", ""]);
    assert!(builder.also_services(["s3express", ""]).build().is_ok());
}

/// Clients without a key can make the layer read a body that comes without its hash.
#[test]
fn a_server_that_accepts_another_service_than_s3_reads_shorter_bodies() {
    let body = vec![b'a'; (1 << 20) + 1];
    let sent = || Signer::of("s3").sign(ask("PUT", "/a", body.clone()));
    SignedStand::of("s3").send(sent()).admits("mufasa");
    let only_s3 = SignedStand::tuned("s3", |builder| builder.also_services(["s3express"]));
    only_s3.send(sent()).admits("mufasa");
    let mixed = SignedStand::tuned("s3", |builder| builder.also_services(["execute-api"]));
    mixed.send(sent()).refuses(413);
    let limits = BodyLimits::new(clock()).max_length(2 << 20);
    let chosen = SignedStand::tuned("s3", |builder| {
        builder.whole_bodies(limits).also_services(["execute-api"])
    });
    chosen.send(sent()).admits("mufasa");
}

#[test]
fn a_table_that_is_empty_or_has_an_invalid_or_repeated_key_cannot_be_built() {
    assert!(AccessKeys::new(Vec::<(String, String)>::new()).is_err());
    assert!(AccessKeys::new([("A", "s"), ("A", "t")]).is_err());
    for id in ["", "A/B", "A,B", "A=B", "A B", "\u{c4}", &"A".repeat(129)] {
        assert!(AccessKeys::new([(id, "secret")]).is_err(), "{id}");
    }
    let key = AccessKey::new("secret", Principal::new("a")).with_session_token("");
    assert!(AccessKeys::from_keys([("A".to_owned(), key)]).is_err());
}

/// Nested routers of axum remove the prefix from the path. The client has signed the path that it sent.
#[test]
fn a_layer_in_a_nested_router_verifies_the_path_that_the_client_sent() {
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
fn debug_output_of_keys_builder_and_scheme_contains_no_secret() {
    let key = AccessKey::new(SECRET, Principal::new("mufasa")).with_session_token("C4NARY");
    let keys = AccessKeys::from_keys([(KEY_ID.to_owned(), key.clone())]).unwrap();
    let builder = SigV4::builder("files", SCOPE, keys.clone(), clock());
    let shown = [
        format!("{key:?}"),
        format!("{keys:?}"),
        format!("{builder:?}"),
    ];
    let shown = [&shown[..], &[format!("{:?}", builder.build().unwrap())]].concat();
    assert!(
        shown.iter().all(|text| !text.contains("C4NARY")),
        "{shown:?}"
    );
}

/// A shared cache knows that a request with `Authorization` is private (RFC 9111 section 3.5), and does not know a
/// signature in the URL. It would serve the response after the URL has expired.
#[test]
fn a_response_to_a_presigned_url_is_private_and_its_event_names_the_scheme() {
    let stand = SignedStand::of("s3");
    let answer = stand.send(Signer::of("s3").presign(ask("GET", "/a", ""), "60"));
    assert_eq!(answer.headers["cache-control"], "private");
    assert_eq!(answer.heard[0].scheme.as_deref(), Some("AWS4-HMAC-SHA256"));
    answer.admits("mufasa");
    let answer = stand.send(Signer::of("s3").sign(ask("GET", "/a", "")));
    assert_eq!(answer.headers.get("cache-control"), None);
    answer.admits("mufasa");
}
