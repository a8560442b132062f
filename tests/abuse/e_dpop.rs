//! E. DPoP.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tower::{Layer as _, service_fn};
use tower_challenge::clock::Clock;
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::scheme::bearer::VerifyTokenExt;
use tower_challenge::scheme::dpop::{DpopNonces, NonceKeys};
use tower_challenge::scheme::{Bearer, Dpop, SchemeExt};
use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, MemoryStore, ReplayStore, StoreEpoch};
use tower_challenge::testing::{DpopKey, TestIssuer};
use tower_challenge::throttle::AttemptOutcome;
use tower_challenge::{NowOrLater, Principal, RequireAuth, Unavailable};

use crate::support::dpop::{AUDIENCE, DpopServer, ORIGIN, OtherKey, builder};
use crate::support::run::later;
use crate::support::{Answer, REALM, TestRequest, USER, get};

fn stand() -> DpopServer {
    DpopServer::new(|builder| builder)
}

fn beside_bearer() -> DpopServer {
    DpopServer::build(
        |world, tokens| {
            let bearer = Bearer::new(REALM, tokens.clone()).unwrap();
            let dpop = builder(world, tokens).build().unwrap();
            vec![Box::new(bearer), Box::new(dpop)]
        },
        |layer| layer,
    )
}

fn error(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.asked);
    answer.params("DPoP", "error")
}

/// The client chooses `Host`, the authority of the target and the fields of proxies. None of them is the origin.
#[test]
fn a017_the_target_of_a_proof_is_not_that_which_the_client_names() {
    let server = stand();
    let evil = server
        .key
        .proof("GET", "https://evil.example/")
        .token(&server.token);
    let evil = evil.at(server.stand.world.clock.wall());
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "host=evil.example;proto=https"),
        ("x-original-url", "https://evil.example/"),
    ] {
        let answer = server.stand.ask(server.with(&evil).field(name, value));
        assert_eq!(error(&answer), ["invalid_dpop_proof"]);
        let own = server.proof("GET", "/");
        let answer = server.stand.ask(server.with(&own).field(name, value));
        answer.is_admitted_as(USER);
    }
    let absolute = server.sending(
        "https://evil.example/",
        &evil.clone().claim("jti", "1").sign(),
    );
    assert_eq!(error(&server.stand.ask(absolute)), ["invalid_dpop_proof"]);
    for prefix in ["/a", "//evil.example"] {
        let proof = server.proof("GET", &format!("{prefix}/x")).sign();
        let request = server
            .sending("/x", &proof)
            .field("x-forwarded-prefix", prefix);
        assert_eq!(error(&server.stand.ask(request)), ["invalid_dpop_proof"]);
    }
}

/// A bound token as a bearer token is refused, in any order of the schemes, with a proof and without.
#[test]
fn a074_a_bound_token_is_no_bearer_token() {
    for server in [beside_bearer(), {
        DpopServer::build(
            |_, tokens| vec![Box::new(Bearer::new(REALM, tokens).unwrap())],
            |layer| layer,
        )
    }] {
        let proof = server.proof("GET", "/").sign();
        for request in [
            get("/").bearer(&server.token),
            get("/").bearer(&server.token).field("dpop", &proof),
            get("/").authorization(format!("bearer {}", server.token)),
        ] {
            let answer = server.stand.ask(request).is_refused();
            assert_eq!(answer.params("Bearer", "error"), ["invalid_token"]);
            assert_eq!(answer.params("DPoP", "error"), [""; 0]);
        }
    }
    let answer = beside_bearer().stand.ask(get("/").bearer("t"));
    assert_eq!(
        answer.params("DPoP", "algs").len(),
        1,
        "the challenge of DPoP is there"
    );
}

/// The proof is missing, doubled or joined. A proof in another field does not count.
#[test]
fn a075_there_is_one_proof_in_one_field() {
    let server = stand();
    let proof = || server.proof("GET", "/").sign();
    let bare = || get("/").authorization(format!("DPoP {}", server.token));
    let same = proof();
    for request in [
        bare(),
        bare().field("dpop", ""),
        bare().field("dpop", proof()).field("dpop", proof()),
        bare().field("dpop", &same).field("dpop", &same),
        bare().field("dpop", proof()).field("dpop", ""),
        bare().field("dpop", format!("{},{}", proof(), proof())),
        bare().field("dpop", format!("{}, ", proof())),
        bare().field("dpop", format!("DPoP {}", proof())),
        bare().field("dpop", format!("{};q=1", proof())),
        bare().field("dpop", [proof().as_bytes(), b"\xe9"].concat()),
        bare().field("x-dpop", proof()),
        bare().field("dpop-proof", proof()),
    ] {
        let answer = server.stand.ask(request).is_refused();
        assert_eq!(error(&answer), ["invalid_dpop_proof"]);
        assert_eq!(answer.claims, 0);
    }
    // RFC 9449 does not ask a server to refuse a plain token under Bearer because a proof is in the request.
    let both = beside_bearer();
    let plain = both.issuer.token(USER).audience(AUDIENCE).sign();
    for field in [both.proof("GET", "/").sign(), "no proof".to_owned()] {
        let request = get("/").bearer(&plain).field("dpop", field);
        let answer = both.stand.ask(request);
        assert_eq!(answer.claims, 0);
        answer.is_admitted_as(USER);
    }
    let in_query = TestRequest::new("GET", &format!("/?DPoP={}", proof()));
    let in_query = in_query.authorization(format!("DPoP {}", server.token));
    assert_eq!(error(&server.stand.ask(in_query)), ["invalid_dpop_proof"]);
}

/// One proof twice, at one server and at two that share a store. A `jti` of 64 KiB is refused before it is read.
#[test]
fn a076_a_proof_is_good_once_at_all_servers_of_a_store() {
    let store = MemoryStore::new();
    let issuer = TestIssuer::new("https://as.example").unwrap();
    let node = |key: u8| {
        let tokens = JwtVerifier::builder("https://as.example", issuer.clone());
        let tokens = tokens.audience(AUDIENCE).build().unwrap();
        // Even if the operator forgets to share the keys.
        let keys = NonceKeys::new([key; 32]).unwrap();
        let dpop = Dpop::builder(REALM, tokens).external_origin(ORIGIN);
        dpop.store(store.clone()).nonce_keys(keys).build().unwrap()
    };
    let servers =
        [1, 2].map(|key| DpopServer::build(|_, _| vec![Box::new(node(key))], |layer| layer));
    let key = DpopKey::generate().unwrap();
    let token = issuer.token(USER).audience(AUDIENCE).bound_to(&key).sign();
    for order in [[0, 0], [0, 1], [1, 0]] {
        let proof = key.proof("GET", &format!("{ORIGIN}/")).token(&token).sign();
        let [first, second] = order.map(|number: usize| {
            let request = get("/").authorization(format!("DPoP {token}"));
            servers[number].stand.ask(request.field("dpop", &proof))
        });
        first.is_admitted_as(USER);
        assert_eq!(error(&second), ["invalid_dpop_proof"]);
        assert_eq!(second.settled, [AttemptOutcome::NotCounted]);
    }
    let server = stand();
    let long = server.proof("GET", "/").claim("jti", "j".repeat(64 * 1024));
    let answer = server.stand.ask(server.with(&long)).is_refused();
    assert_eq!(answer.heard[0].text, "the proof is longer than 8 KiB");
}

/// A store that answers later, fails, or is full.
struct SlowStore {
    inside: MemoryStore,
    is_down: bool,
}

impl ReplayStore for SlowStore {
    fn claim_once(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        let (inside, is_down) = (self.inside.clone(), self.is_down);
        NowOrLater::later(async move {
            later().await;
            match is_down {
                true => Err(Unavailable::new("the store is down")),
                false => inside.claim_once(key, holder, ttl).await,
            }
        })
    }

    fn claim_count(
        &self,
        _: ClaimKey,
        _: ClaimHolder,
        _: u32,
        _: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        NowOrLater::now(Err(Unavailable::new("DPoP claims no counts")))
    }

    fn epoch(&self) -> NowOrLater<Result<StoreEpoch, Unavailable>> {
        let epoch = self.inside.epoch();
        NowOrLater::later(async {
            later().await;
            epoch.await
        })
    }
}

/// A store that is full or down makes the answer `503`, and the attempt is not counted.
#[test]
fn a076_a_store_that_is_full_or_down_admits_no_client() {
    let full = DpopServer::new(|builder| builder.store(MemoryStore::new().with_capacity(2)));
    let mut statuses = (0..4).map(|_| full.stand.ask(full.good()).status.as_u16());
    assert!(statuses.any(|status| status == 503));
    let answer = full.stand.ask(full.good()).is_unavailable();
    assert_eq!(answer.settled, [AttemptOutcome::NotCounted]);
    for nonces in [DpopNonces::Off, DpopNonces::Required] {
        let store = |is_down| SlowStore {
            inside: MemoryStore::new(),
            is_down,
        };
        for is_down in [true, false] {
            let server = DpopServer::new(|builder| builder.store(store(is_down)).nonces(nonces));
            let mut proof = server.proof("GET", "/");
            if nonces == DpopNonces::Required {
                let refused = server.stand.ask(server.good());
                proof = proof.nonce(refused.header("dpop-nonce").unwrap());
            }
            let answer = server.stand.ask(server.with(&proof));
            match is_down {
                true => answer.is_unavailable(),
                false => answer.is_admitted_as(USER),
            };
        }
    }
}

async fn serve(store: Arc<dyn ReplayStore>, issuer: &TestIssuer) -> std::net::SocketAddr {
    let tokens = JwtVerifier::builder("https://as.example", issuer.clone());
    let tokens = tokens.audience(AUDIENCE).build().unwrap();
    let dpop = Dpop::builder(REALM, tokens)
        .external_origin(ORIGIN)
        .store(store);
    let auth = RequireAuth::new(dpop.build().unwrap()).unwrap();
    let hello = service_fn(async |_: Request<Incoming>| {
        Ok::<_, Infallible>(Response::new(Full::new(bytes::Bytes::new())))
    });
    let service = auth.layer(hello);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(service.clone());
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(async move { drop(connection.await) });
        }
    });
    address
}

/// 32 connections send one proof at the same moment, over a store in memory and over one that waits. One is admitted.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a076_one_proof_from_32_sockets_is_admitted_once() {
    const SOCKETS: usize = 32;
    let issuer = TestIssuer::new("https://as.example").unwrap();
    let key = DpopKey::generate().unwrap();
    let token = issuer.token(USER).audience(AUDIENCE).bound_to(&key).sign();
    let slow = SlowStore {
        inside: MemoryStore::new(),
        is_down: false,
    };
    let stores: [Arc<dyn ReplayStore>; 2] = [Arc::new(MemoryStore::new()), Arc::new(slow)];
    for store in stores {
        let address = serve(store, &issuer).await;
        for _ in 0..5 {
            let proof = key.proof("GET", &format!("{ORIGIN}/")).token(&token).sign();
            let head = format!(
                "GET / HTTP/1.1\r\nhost: a\r\nauthorization: DPoP {token}\r\ndpop: {proof}\r\nconnection: close\r\n\r\n"
            );
            let (head, barrier) = (Arc::new(head), Arc::new(Barrier::new(SOCKETS)));
            let sockets = (0..SOCKETS).map(|_| {
                let (head, barrier) = (Arc::clone(&head), Arc::clone(&barrier));
                tokio::spawn(async move {
                    let mut stream = TcpStream::connect(address).await.unwrap();
                    barrier.wait().await;
                    stream.write_all(head.as_bytes()).await.unwrap();
                    let mut read = String::new();
                    stream.read_to_string(&mut read).await.unwrap();
                    read[9..12].parse::<u16>().unwrap()
                })
            });
            let mut statuses = Vec::new();
            for socket in sockets.collect::<Vec<_>>() {
                statuses.push(socket.await.unwrap());
            }
            let count = |status| statuses.iter().filter(|other| **other == status).count();
            assert_eq!((count(200), count(401)), (1, SOCKETS - 1));
        }
    }
}

/// An attacker uses the `jti` of a victim under a key of his own. The proof of the victim is still admitted.
#[test]
fn a077_an_attacker_cannot_use_up_the_jti_of_a_victim() {
    let server = stand();
    let attacker = DpopKey::generate().unwrap();
    let token = server.issuer.token("mallory").audience(AUDIENCE);
    let token = token.bound_to(&attacker).sign();
    let proof = attacker.proof("GET", &format!("{ORIGIN}/")).token(&token);
    let proof = proof.claim("jti", "1").at(server.stand.world.clock.wall());
    let request = get("/").authorization(format!("DPoP {token}"));
    let answer = server.stand.ask(request.field("dpop", proof.sign()));
    answer.is_admitted_as("mallory");
    let victim = server.proof("GET", "/").claim("jti", "1");
    server.stand.ask(server.with(&victim)).is_admitted_as(USER);
    // An attacker without a valid token of his own uses up nothing at all.
    let stolen = attacker
        .proof("GET", &format!("{ORIGIN}/"))
        .token(&server.token);
    let stolen = stolen.claim("jti", "2").at(server.stand.world.clock.wall());
    let answer = server.stand.ask(server.with(&stolen));
    assert_eq!(error(&answer), ["invalid_token"]);
    assert_eq!(server.stand.world.store.entry_count(), 2);
}

/// Asks with a new key, and a token of `user` that is bound to it.
fn ask_with_a_new_key(server: &DpopServer, user: &str) -> StatusCode {
    let key = DpopKey::generate().unwrap();
    let token = server.issuer.token(user).audience(AUDIENCE);
    let token = token.bound_to(&key).sign();
    let proof = key.proof("GET", &format!("{ORIGIN}/")).token(&token);
    let proof = proof.at(server.stand.world.clock.wall()).sign();
    let request = get("/").authorization(format!("DPoP {token}"));
    server.stand.ask(request.field("dpop", proof)).status
}

/// An owner of tokens makes a new key for each request. He gets half of the places of the store, and other owners get in. The
/// same holds for identities of an application, which `holder` names.
#[test]
fn a166_an_owner_with_many_keys_keeps_no_other_owner_out() {
    let small = || MemoryStore::new().with_capacity(40);
    let of_principals = DpopServer::new(|builder| builder.store(small()));
    let of_users = DpopServer::build(
        |world, tokens| {
            let tokens = tokens.map_identity(|owner| (owner.name().to_owned(),));
            let dpop = Dpop::builder(REALM, tokens).external_origin(ORIGIN);
            let dpop = dpop.holder(|(name,)| name.into()).store(small());
            let dpop = dpop.clock(world.clock.clone()).build().unwrap();
            vec![Box::new(dpop.map_identity(|(name,)| Principal::new(&name)))]
        },
        |layer| layer,
    );
    for server in [of_principals, of_users] {
        let statuses = (0..45).map(|_| ask_with_a_new_key(&server, "mallory"));
        let admitted = statuses.filter(|status| *status == StatusCode::OK);
        assert_eq!(admitted.count(), 20, "half of the places");
        for number in 0..15 {
            let status = ask_with_a_new_key(&server, &format!("user{number}"));
            assert_eq!(status, StatusCode::OK, "{number}");
        }
    }
}

/// A proof is remembered until no server accepts it any more, also if it came from the future, and under what it means and
/// not under its text.
#[test]
fn a078_a_proof_is_remembered_until_it_is_too_old() {
    let server = stand();
    let clock = &server.stand.world.clock;
    let proof = server
        .proof("GET", "/")
        .at(clock.wall() + Duration::from_secs(5))
        .sign();
    let send = || server.stand.ask(server.sending("/", &proof));
    send().is_admitted_as(USER);
    for step in [1, 4, 100, 199] {
        clock.advance(Duration::from_secs(step));
        let answer = send();
        assert_eq!(answer.heard[0].text, "the proof was used before (jti)");
    }
    clock.advance(Duration::from_secs(2));
    let answer = send();
    assert_eq!(
        answer.heard[0].text,
        "the proof is too old or from the future (iat)"
    );

    // Other spellings of one proof: another signature, another spelling of the target, an escape in the identifier.
    let proof = server.proof("GET", "/").claim("jti", "a");
    server.stand.ask(server.with(&proof)).is_admitted_as(USER);
    let respelled = proof.clone().claim("htu", "https://API.example:443");
    for again in [
        proof.clone(),
        respelled,
        proof.clone().claim("iat", 1_720_000_306.5),
    ] {
        let answer = server.stand.ask(server.with(&again));
        assert_eq!(answer.heard[0].text, "the proof was used before (jti)");
    }
    let lower = proof.claim("htm", "get");
    let answer = server.stand.ask(server.with(&lower));
    assert_eq!(
        answer.heard[0].text,
        "the proof is for another method (htm)"
    );
}

/// The store forgets a used proof when it is too old. Then the wall clock steps back, and the proof stays too old. A step in
/// either direction keeps no client with the right time out.
#[test]
fn a048_a_step_of_the_wall_clock_revives_no_proof() {
    let server = stand();
    let clock = &server.stand.world.clock;
    let start = clock.wall();
    let proof = server.proof("GET", "/").sign();
    let send = || server.stand.ask(server.sending("/", &proof));
    send().is_admitted_as(USER);
    let passed = Duration::from_secs(311);
    clock.advance(passed);
    clock.step_wall(start);
    assert_eq!(
        send().heard[0].text,
        "the proof is too old or from the future (iat)"
    );
    for wall in [start, start + passed, start + Duration::from_secs(10 * 60)] {
        clock.step_wall(wall);
        let token = server.token().sign();
        let right = server.proof("GET", "/").token(&token).at(start + passed);
        let request = get("/").authorization(format!("DPoP {token}"));
        let answer = server.stand.ask(request.field("dpop", right.sign()));
        answer.is_admitted_as(USER);
    }
}

/// The `iat` of a proof with a nonce may be any time. The store remembers the proof until its nonce ends, also while `iat` is
/// in the future, and the proof is then refused.
#[test]
fn a078_a_proof_with_any_time_is_remembered_until_its_nonce_ends() {
    let day = Duration::from_secs(24 * 60 * 60);
    let times: [fn(SystemTime, Duration) -> SystemTime; 3] =
        [|now, _| now, |now, day| now - day, |now, day| now + day];
    for time in times {
        let server = DpopServer::new(|builder| builder.nonces(DpopNonces::Required));
        let clock = &server.stand.world.clock;
        let time = time(clock.wall(), day);
        let refused = server.stand.ask(server.good());
        let nonce = refused.header("dpop-nonce").unwrap();
        let proof = server.proof("GET", "/").nonce(nonce).at(time).sign();
        let send = || server.stand.ask(server.sending("/", &proof));
        send().is_admitted_as(USER);
        for step in [1, 149, 150] {
            clock.advance(Duration::from_secs(step));
            assert_eq!(send().heard[0].text, "the proof was used before (jti)");
        }
        for step in [1, 11, 24 * 60 * 60 - 312] {
            clock.advance(Duration::from_secs(step));
            assert_eq!(error(&send()), ["use_dpop_nonce"]);
        }
    }
}

/// A proof that fails one check is not remembered: the same identifier is good in a right proof.
#[test]
fn a078_a_refused_proof_uses_no_memory() {
    let server = stand();
    let proof = || server.proof("GET", "/").claim("jti", "1");
    for wrong in [
        proof().token("another"),
        proof().without("ath"),
        proof().claim("htm", "POST"),
        proof().claim("htu", "https://api.example/x"),
        proof().claim("iat", 0),
    ] {
        let answer = server.stand.ask(server.with(&wrong));
        assert_eq!(error(&answer), ["invalid_dpop_proof"]);
        assert_eq!(server.stand.world.store.entry_count(), 0);
    }
    server.stand.ask(server.with(&proof())).is_admitted_as(USER);
    assert_eq!(server.stand.world.store.entry_count(), 1);
}

/// A proof for one method or target is not good for another one.
#[test]
fn a079_a_proof_is_good_for_its_method_and_target_alone() {
    let server = stand();
    let request = |method: &str, path: &str, proof: String| {
        let request = TestRequest::new(method, path);
        let request = request.authorization(format!("DPoP {}", server.token));
        server.stand.ask(request.field("dpop", proof))
    };
    for (method, path, sent_method, sent_path) in [
        ("GET", "/a", "POST", "/a"),
        ("GET", "/a", "HEAD", "/a"),
        ("get", "/a", "GET", "/a"),
        ("GET", "/a", "get", "/a"),
        ("GET", "/a", "GET", "/A"),
        ("GET", "/a", "GET", "/a/"),
        ("GET", "/a", "GET", "//a"),
        ("GET", "/a/b", "GET", "/a%2fb"),
        ("GET", "/a", "GET", "/a;x=1"),
        ("GET", "/a", "GET", "/a%00"),
        ("OPTIONS", "/", "OPTIONS", "*"),
    ] {
        let proof = server.proof(method, path).sign();
        let answer = request(sent_method, sent_path, proof);
        assert_eq!(
            error(&answer),
            ["invalid_dpop_proof"],
            "{sent_method} {sent_path}"
        );
    }
    // The query is not covered (RFC 9449 section 4.3).
    let answer = request("GET", "/a?admin=1", server.proof("GET", "/a").sign());
    answer.is_admitted_as(USER);
}

/// Bad proofs: see also `rfc9449.rs`.
#[test]
fn a080_a_bad_proof_is_refused() {
    let server = stand();
    let proof = || server.proof("GET", "/");
    let unsigned = {
        let signed = proof().header("alg", "none").sign();
        format!("{}.", signed.rsplit_once('.').unwrap().0)
    };
    let answer = server.stand.ask(server.sending("/", &unsigned));
    assert_eq!(error(&answer), ["invalid_dpop_proof"]);
    // The HMAC of a proof whose secret is the public key, as a verifier that trusts `alg` would accept it.
    let secret = json!({"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"});
    for (name, value) in [
        ("alg", json!("HS256")),
        ("alg", json!("ES256K")),
        ("alg", json!(["ES256"])),
        ("jwk", secret),
        (
            "jwk",
            json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}),
        ),
        ("jwk", json!([])),
        ("typ", json!("at+jwt")),
        ("typ", json!(null)),
        ("crit", json!([])),
    ] {
        let answer = server.stand.ask(server.with(&proof().header(name, value)));
        assert_eq!(error(&answer), ["invalid_dpop_proof"], "{name}");
        answer.is_refused();
    }
    let mut weak = OtherKey::all().remove(2).jwk();
    weak["n"] = json!("wL1Zx0");
    let answer = server
        .stand
        .ask(server.with(&proof().header("jwk", weak).header("alg", "RS256")));
    assert_eq!(error(&answer), ["invalid_dpop_proof"]);
    // The access token, as a proof of itself.
    let answer = server.stand.ask(server.sending("/", &server.token));
    assert_eq!(error(&answer), ["invalid_dpop_proof"]);
}

/// A nonce of another server, of another realm or origin, or of a server with another lifetime is foreign. A refusal has
/// exactly one nonce, and the throttle counts nothing.
#[test]
fn a081_a_foreign_nonce_is_refused_and_not_counted() {
    let keys = NonceKeys::new([7; 32]).unwrap();
    let store = MemoryStore::new();
    let tenant = |realm: &'static str, origin: &'static str, lifetime| {
        let (keys, store) = (keys.clone(), store.clone());
        DpopServer::build(
            move |world, tokens| {
                let dpop = Dpop::builder(realm, tokens).external_origin(origin);
                let dpop = dpop
                    .nonces(DpopNonces::Required)
                    .nonce_keys(keys)
                    .store(store);
                let dpop = dpop.nonce_lifetime(Duration::from_secs(lifetime));
                vec![Box::new(dpop.clock(world.clock.clone()).build().unwrap())]
            },
            |layer| layer,
        )
    };
    let own = tenant("a", ORIGIN, 300);
    let nonce = |server: &DpopServer| {
        let answer = server.stand.ask(server.good());
        answer.header("dpop-nonce").map(str::to_owned)
    };
    let with = |nonce: &str| own.stand.ask(own.with(&own.proof("GET", "/").nonce(nonce)));
    for other in [tenant("b", ORIGIN, 300), tenant("a", ORIGIN, 301)] {
        let answer = with(&nonce(&other).unwrap());
        assert_eq!(error(&answer), ["use_dpop_nonce"]);
        assert!(answer.header("dpop-nonce").is_some());
        assert_eq!(answer.settled, [AttemptOutcome::NotCounted]);
        assert_eq!(answer.heard[0].account, None);
    }
    let elsewhere = tenant("a", "https://b.example", 300);
    let proof = elsewhere
        .key
        .proof("GET", "https://b.example/")
        .token(&elsewhere.token);
    let proof = proof.at(elsewhere.stand.world.clock.wall());
    let answer = elsewhere.stand.ask(elsewhere.with(&proof));
    let foreign = answer.header("dpop-nonce").unwrap();
    assert_eq!(error(&with(foreign)), ["use_dpop_nonce"]);
    with(&nonce(&own).unwrap()).is_admitted_as(USER);
    // A node that shares the keys and the store accepts the nonce, too.
    let twin = tenant("a", ORIGIN, 300);
    with(&nonce(&twin).unwrap()).is_admitted_as(USER);
}

/// A nonce of DPoP is good for several proofs, and each proof is good once.
#[test]
fn a151_a_proof_with_a_nonce_is_good_once() {
    let server = DpopServer::new(|builder| builder.nonces(DpopNonces::Required));
    let refused = server.stand.ask(server.good());
    let nonce = refused.header("dpop-nonce").unwrap();
    let proof = server.proof("GET", "/").nonce(nonce).sign();
    let send = || server.stand.ask(server.sending("/", &proof));
    send().is_admitted_as(USER);
    assert_eq!(error(&send()), ["invalid_dpop_proof"]);
}
