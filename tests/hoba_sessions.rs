//! Tests the sessions of HOBA: a cookie after a login (RFC 7486 section 1.1).
#![cfg(feature = "full")]
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic, as the test may"
)]

pub mod support;

use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use tower_challenge::Principal;
use tower_challenge::scheme::hoba::{HobaKey, HobaSession, HobaSessions};
use tower_challenge::scheme::{Hoba, ServerRole};

use self::support::hoba::{Device, ORIGIN, challenge, header};
use self::support::{Answer, Schemes, TestRequest, TestServer, TestWorld, USER, get};

static DEVICE: LazyLock<Device> = LazyLock::new(Device::of_vectors);
static OTHER: LazyLock<Device> = LazyLock::new(Device::generate);

fn send(stand: &TestServer, field: &str) -> Answer {
    stand.ask(get("/").authorization(field))
}

struct Stand {
    server: TestServer,
    generation: Arc<AtomicU64>,
    is_removed: Arc<AtomicBool>,
    /// Whether the kid has another key.
    is_replaced: Arc<AtomicBool>,
}

fn stand_at(origin: &str, tune: impl FnOnce(HobaSessions) -> HobaSessions) -> Stand {
    let generation = Arc::<AtomicU64>::default();
    let is_removed = Arc::<AtomicBool>::default();
    let is_replaced = Arc::<AtomicBool>::default();
    let (current, removed) = (generation.clone(), is_removed.clone());
    let replaced = is_replaced.clone();
    let known = move |kid: &str| {
        let is_known = kid == DEVICE.kid && !removed.load(SeqCst);
        let public = || match replaced.load(SeqCst) {
            true => OTHER.public(),
            false => DEVICE.public(),
        };
        let key = || HobaKey::new(public(), Principal::new(USER));
        is_known.then(|| key().with_generation(current.load(SeqCst)))
    };
    let sessions = tune(HobaSessions::new().unwrap().key([7; 32]).unwrap());
    let scheme = |world: &TestWorld| -> Schemes {
        let builder = Hoba::builder(origin, known).sessions(sessions);
        let hoba = builder.clock(world.clock.clone()).build().unwrap();
        vec![Box::new(HobaSession::of(&hoba).unwrap()), Box::new(hoba)]
    };
    let server = TestServer::build(scheme, |layer| layer);
    Stand {
        server,
        generation,
        is_removed,
        is_replaced,
    }
}

fn stand() -> Stand {
    stand_at(ORIGIN, |sessions| sessions)
}

/// Logs in, and returns the field `Set-Cookie`.
fn log_in(stand: &Stand, origin: &str) -> String {
    let result = DEVICE.result(origin, "", &challenge(&stand.server), "bm8");
    let answer = send(&stand.server, &header(&result)).is_admitted_as(USER);
    answer.header("set-cookie").unwrap().to_owned()
}

fn pair(cookie: &str) -> &str {
    cookie.split(';').next().unwrap()
}

fn with_cookie(method: &str, cookie: &str) -> TestRequest {
    TestRequest::new(method, "/").field("cookie", cookie)
}

fn is_refused(answer: Answer, code: &str) {
    let answer = answer.is_refused_uncounted();
    assert_eq!(answer.written.traced[0].field("code"), Some(code));
    assert_eq!(
        answer.params("HOBA", "challenge").len(),
        1,
        "the client signs again"
    );
}

#[test]
fn a_login_begins_a_session_with_a_safe_cookie() {
    let stand = stand();
    let cookie = log_in(&stand, ORIGIN);
    assert!(cookie.starts_with(&format!("__Host-hoba={}.0.", DEVICE.kid)));
    assert!(cookie.ends_with("; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Strict"));
    let answer = stand.server.ask(with_cookie("GET", pair(&cookie)));
    let answer = answer.is_admitted_as(USER);
    assert_eq!(
        answer.header("set-cookie"),
        None,
        "a session does not prolong itself"
    );
    let others = format!("a=b; {}; c", pair(&cookie));
    stand
        .server
        .ask(with_cookie("GET", &others))
        .is_admitted_as(USER);

    let local = stand_at("http://localhost:8080", HobaSessions::same_site_lax);
    let cookie = log_in(&local, "http://localhost:8080");
    assert!(cookie.starts_with("hoba="));
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"));
}

#[test]
fn a_session_ends_with_its_time_its_key_or_its_generation() {
    let stand = stand();
    let cookie = log_in(&stand, ORIGIN);
    let ask = || stand.server.ask(with_cookie("GET", pair(&cookie)));
    stand.generation.store(1, SeqCst);
    is_refused(ask(), "hoba_session_ended");
    stand.generation.store(0, SeqCst);
    stand.is_removed.store(true, SeqCst);
    is_refused(ask(), "hoba_session_ended");
    stand.is_removed.store(false, SeqCst);
    stand
        .server
        .world
        .clock
        .step_wall(SystemTime::UNIX_EPOCH + Duration::from_secs(1_720_000_000 + 3599));
    ask().is_admitted_as(USER);
    stand
        .server
        .world
        .clock
        .step_wall(SystemTime::UNIX_EPOCH + Duration::from_secs(1_720_000_000 + 3600));
    is_refused(ask(), "hoba_session_expired");
}

/// A client removes its key, and another client registers another key with the same kid. The old session stays ended.
#[test]
fn a_session_ends_when_another_key_gets_its_kid() {
    let stand = stand();
    let cookie = log_in(&stand, ORIGIN);
    let ask = || stand.server.ask(with_cookie("GET", pair(&cookie)));
    ask().is_admitted_as(USER);
    stand.is_replaced.store(true, SeqCst);
    is_refused(ask(), "hoba_session_ended");
    stand.is_replaced.store(false, SeqCst);
    ask().is_admitted_as(USER);
}

#[test]
fn other_cookies_may_have_any_bytes() {
    let stand = stand();
    let cookie = log_in(&stand, ORIGIN);
    let line = [b"name=J\xc3\xbcrgen; raw=\xff; ", pair(&cookie).as_bytes()].concat();
    let request = get("/").field("cookie", line);
    stand.server.ask(request).is_admitted_as(USER);
    stand
        .server
        .ask(with_cookie("GET", "__Host-hoba=\u{fc}"))
        .is_refused_uncounted();
}

#[test]
fn a_session_lasts_at_least_a_second() {
    for (millis, is_good) in [(0, false), (999, false), (1000, true)] {
        let sessions = HobaSessions::new().unwrap();
        let sessions = sessions.lifetime(Duration::from_millis(millis));
        let built = Hoba::builder(ORIGIN, |_: &str| None::<HobaKey>).sessions(sessions);
        assert_eq!(built.build().is_ok(), is_good, "{millis}");
    }
}

#[test]
fn a_cookie_of_another_server_or_with_a_change_is_refused() {
    let stand = stand();
    let cookie = pair(&log_in(&stand, ORIGIN)).to_owned();
    let ask = |cookie: &str| stand.server.ask(with_cookie("GET", cookie));
    let other_key = stand_at(ORIGIN, |sessions| sessions.key([8; 32]).unwrap());
    let other_origin = stand_at("https://other.example", |sessions| sessions);
    let others = [
        pair(&log_in(&other_key, ORIGIN)).to_owned(),
        pair(&log_in(&other_origin, "https://other.example:443")).to_owned(),
        "__Host-hoba=".to_owned(),
        "__Host-hoba=...".to_owned(),
        format!("{cookie}; {cookie}"),
    ];
    let start = "__Host-hoba=".len();
    let changed = (start..cookie.len()).map(|place| {
        let mut bytes = cookie.clone().into_bytes();
        bytes[place] = if bytes[place] == b'1' { b'2' } else { b'1' };
        String::from_utf8(bytes).unwrap()
    });
    let cut = (start..cookie.len()).map(|end| cookie[..end].to_owned());
    for bad in changed.chain(cut).chain(others) {
        is_refused(ask(&bad), "hoba_unknown_session");
    }
    ask(&cookie).is_admitted_as(USER);
}

#[test]
fn a_page_of_another_origin_cannot_change_anything_with_a_session() {
    let stand = stand();
    let cookie = pair(&log_in(&stand, ORIGIN)).to_owned();
    for method in ["POST", "PUT", "DELETE", "PATCH", "ANY"] {
        let request = || with_cookie(method, &cookie);
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "https://files.example:444"),
            ("origin", "http://files.example"),
            ("origin", "null"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "cross-site"),
        ] {
            let answer = stand.server.ask(request().field(name, value));
            is_refused(answer, "hoba_session_cross_origin");
        }
        let own = request().field("origin", "https://files.example");
        let own = own.field("sec-fetch-site", "same-origin");
        stand.server.ask(own).is_admitted_as(USER);
        stand.server.ask(request()).is_admitted_as(USER);
    }
    let read = || with_cookie("GET", &cookie).field("sec-fetch-site", "cross-site");
    stand.server.ask(read()).is_admitted_as(USER);
    // The start of a WebSocket is a `GET`, too.
    for origin in ["https://evil.example", "https://other.files.example"] {
        let upgrade = with_cookie("GET", &cookie).field("upgrade", "websocket");
        let upgrade = upgrade
            .field("connection", "upgrade")
            .field("origin", origin);
        is_refused(stand.server.ask(upgrade), "hoba_session_cross_origin");
    }
    is_refused(
        stand.server.ask(read().field("upgrade", "websocket")),
        "hoba_session_cross_origin",
    );
    let own = with_cookie("GET", &cookie).field("upgrade", "websocket");
    let own = own.field("origin", "https://files.example");
    stand.server.ask(own).is_admitted_as(USER);
}

/// The credentials field decides alone, so that a stolen cookie does not hide a wrong signature.
#[test]
fn a_credentials_field_counts_before_the_cookie() {
    let stand = stand();
    let cookie = pair(&log_in(&stand, ORIGIN)).to_owned();
    let wrong = Device::generate().named(&DEVICE.kid);
    let field = wrong.credentials(&challenge(&stand.server), "bm8");
    let request = with_cookie("GET", &cookie).authorization(field);
    stand.server.ask(request).is_refused();
    let request = with_cookie("GET", &cookie).authorization("HOBA x");
    stand.server.ask(request).is_malformed();
}

/// The cookie of a proxy would be one of the origin server, so a proxy neither sets nor reads it.
#[test]
fn a_proxy_has_no_sessions() {
    let cookie = log_in(&stand(), ORIGIN);
    let sessions = HobaSessions::new().unwrap().key([7; 32]).unwrap();
    let known = |_: &str| Some(HobaKey::new(DEVICE.public(), Principal::new(USER)));
    let scheme = |world: &TestWorld| -> Schemes {
        let builder = Hoba::builder(ORIGIN, known).sessions(sessions);
        let hoba = builder.clock(world.clock.clone()).build().unwrap();
        vec![Box::new(HobaSession::of(&hoba).unwrap()), Box::new(hoba)]
    };
    let mut server = TestServer::build(scheme, |layer| layer.proxy());
    server.role = ServerRole::Proxy;
    let request = get("/").field("cookie", pair(&cookie));
    let answer = server.ask(request).is_challenged();
    let challenge = answer.params("HOBA", "challenge").remove(0);
    let field = DEVICE.credentials(&challenge, "bm8");
    let answer = server
        .ask(get("/").authorization(field))
        .is_admitted_as(USER);
    assert_eq!(answer.header("set-cookie"), None);
}
