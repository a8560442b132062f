//! Tests the URIs of RFC 7486 section 6: registration, further devices, fresh challenges and logout.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use tower::ServiceExt;
use tower_challenge::client::{PeerAddress, SecureTransport};
use tower_challenge::clock::ManualClock;
use tower_challenge::hoba_services::{
    HobaKeyStore, HobaServices, HobaServicesBuilder, MemoryHobaKeys, RegisteredKeys,
    RegistrationDecision, RegistrationForm,
};
use tower_challenge::scheme::Hoba;
use tower_challenge::scheme::hoba::client::{register_form, with_invitation};
use tower_challenge::scheme::hoba::{HobaSession, HobaSessions};
use tower_challenge::{NowOrLater, Principal, RequireAuth, Unavailable};
use tower_layer::Layer;

use self::support::hoba::{Device, ORIGIN, header};
use self::support::run;
use self::support::run::later;

static DEVICES: LazyLock<[Device; 3]> =
    LazyLock::new(|| [Device::of_vectors(), Device::generate(), Device::generate()]);

type Keys = RegisteredKeys<MemoryHobaKeys>;

struct Stand {
    keys: MemoryHobaKeys,
    clock: ManualClock,
    hoba: Hoba<Keys>,
    services: HobaServices<Keys>,
}

/// Services at which each key can become an account of its own.
fn open() -> Stand {
    stand(|builder| {
        builder.open_registration(|form: &RegistrationForm| {
            RegistrationDecision::Register(format!("hoba-{}", &form.kid[..16]))
        })
    })
}

fn stand(tune: impl FnOnce(HobaServicesBuilder<Keys>) -> HobaServicesBuilder<Keys>) -> Stand {
    with_keys(MemoryHobaKeys::new(), tune)
}

fn with_keys(
    keys: MemoryHobaKeys,
    tune: impl FnOnce(HobaServicesBuilder<Keys>) -> HobaServicesBuilder<Keys>,
) -> Stand {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_720_000_000));
    let hoba = Hoba::builder("https://files.example", RegisteredKeys::of(keys.clone()))
        .sessions(HobaSessions::new().unwrap())
        .clock(clock.clone())
        .build()
        .unwrap();
    let builder = HobaServices::builder(hoba.clone(), keys.clone(), clock.clone());
    Stand {
        keys,
        clock,
        hoba,
        services: tune(builder).build().unwrap(),
    }
}

fn post(path: &str, body: &str) -> Request<Full<Bytes>> {
    let request = Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .extension(SecureTransport);
    request
        .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
        .unwrap()
}

fn form(device: &Device) -> String {
    register_form(&device.pem(), Some(&device.kid), Some("phone"))
}

impl Stand {
    fn ask(&self, request: Request<Full<Bytes>>) -> Response<String> {
        let Ok(response) = run(self.services.clone().oneshot(request));
        assert_eq!(response.headers()["cache-control"], "no-store");
        response
    }

    fn register(&self, path: &str, body: &str) -> Response<String> {
        self.ask(post(path, body))
    }

    /// The name of the caller of a request with these fields, behind the layer. `None` if it is refused.
    fn caller(&self, fields: &HeaderMap) -> Option<String> {
        let session = HobaSession::of(&self.hoba).unwrap();
        let auth = RequireAuth::new((session, self.hoba.clone())).unwrap();
        let inner = tower::service_fn(async |request: Request<()>| {
            let caller = request
                .extensions()
                .get::<tower_challenge::Authenticated<Principal>>();
            Ok::<_, std::convert::Infallible>(Response::new(caller.unwrap().name().to_owned()))
        });
        let mut request = Request::new(());
        *request.headers_mut() = fields.clone();
        let Ok(response) = run(auth.layer(inner).oneshot(request));
        (response.status() == 200).then(|| response.into_body())
    }

    fn log_in(&self, device: &Device) -> Option<String> {
        self.caller(&self.credentials(device))
    }

    fn credentials(&self, device: &Device) -> HeaderMap {
        let result = device.result(ORIGIN, "", &self.hoba.new_challenge(), "bm8");
        let mut fields = HeaderMap::new();
        fields.insert("authorization", header(&result).parse().unwrap());
        fields
    }

    fn invite(&self, account: &str) -> String {
        run(self.services.invite(account)).unwrap().unwrap()
    }
}

fn is(response: &Response<String>, status: u16) {
    assert_eq!(response.status().as_u16(), status, "{}", response.body());
    let registered = response.headers().contains_key("hobareg");
    assert!(!registered || status == 200, "Hobareg counts on 2xx only");
}

const REGISTER: &str = "/.well-known/hoba/register";

/// A key of 1,024 bits.
const WEAK: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCd8S/5y/hrL1PSiB+tF8mPJfO4
fU2q0DRLxMpaEZ7kZF4vP/OMggZ+u1SLfUxYM4G93Jm9mFosU4te9qmB4TGcZ7hC
46CE6mu3ZTNk8TdQoKRTe1FU1g08RDKzKmmGng3+N6EmHSmhQNl2H+CygqhcyF0I
FJBtxnlavc1/4+EBRQIDAQAB
-----END PUBLIC KEY-----
";

/// Section 6.1: a `POST` of the form registers the key. Section 6.1.1: the response has `Hobareg: regok`.
#[test]
fn section_6_1_a_registered_key_logs_in() {
    let stand = open();
    let [device, other, _] = &*DEVICES;
    assert_eq!(stand.log_in(device), None);
    let response = stand.register(REGISTER, &form(device));
    is(&response, 200);
    assert_eq!(response.headers()["hobareg"], "regok");
    let account = format!("hoba-{}", &device.kid[..16]);
    assert_eq!(stand.log_in(device), Some(account.clone()));
    assert_eq!(stand.log_in(other), None);
    let devices = run(stand.keys.devices(&account)).unwrap();
    assert_eq!((devices.len(), &*devices[0].name), (1, "phone"));
    // A client that lost the response may register again.
    is(&stand.register(REGISTER, &form(device)), 200);
    assert_eq!(stand.keys.key_count(), 1);
}

/// Section 6.1: the kid may be missing; it is the hash of the key.
#[test]
fn section_6_1_the_kid_of_a_hashed_key_may_be_missing() {
    let stand = open();
    is(
        &stand.register(REGISTER, &register_form(&DEVICES[1].pem(), None, None)),
        200,
    );
    assert!(stand.log_in(&DEVICES[1]).is_some());
}

/// Section 6.1: the fields of the form.
#[test]
fn section_6_1_a_malformed_form_is_400() {
    let stand = open();
    let [device, other, _] = &*DEVICES;
    let pem = register_form(&device.pem(), None, None);
    let weak = register_form(WEAK, None, None);
    let long_name = format!("{pem}&did={}", "x".repeat(201));
    for body in [
        "",
        "kid=x",
        "pub=",
        "pub=x",
        &weak,
        "pub=%zz",
        &format!("{pem}&pub=x"),
        &format!("{pem}&kid={}", other.kid),
        &format!("{pem}&kid={}=", device.kid),
        &format!("{pem}&kidtype=0&kid=bXktcGhvbmU"),
        &format!("{pem}&kidtype=3"),
        &format!("{pem}&kidtype="),
        &format!("{pem}&kidtype=2&kid=bXktcGhvbmU"),
        &format!("{pem}&kidtype=1&kid=aHR0cHM6Ly9hZGE"),
        &format!("{pem}&didtype=1"),
        &format!("{pem}&did=a%0Ab"),
        &format!("{pem}&did=%ff"),
        &format!("{pem}&did=a&did=b"),
        &long_name,
    ] {
        is(&stand.register(REGISTER, body), 400);
    }
    let response = stand.register(REGISTER, &weak);
    assert!(
        response.body().contains("no key for HOBA"),
        "the key was read"
    );
    assert_eq!(stand.keys.key_count(), 0);
    // Fields of the application itself are skipped.
    is(
        &stand.register(REGISTER, &format!("csrf=1&{pem}&&colour=blue")),
        200,
    );
}

/// Section 6.1: other types of kids, if the application allows them. A kid that looks like the hash of a key is refused.
#[test]
fn section_6_1_other_kids_need_a_setting() {
    let stand = stand(|builder| {
        let name = |_: &RegistrationForm| RegistrationDecision::Register("ada".to_owned());
        builder.other_kid_types().open_registration(name)
    });
    let [device, other, _] = &*DEVICES;
    let pem = register_form(&device.pem(), None, None);
    for kid in [
        &*other.kid,
        &"A".repeat(43),
        "",
        "a.b",
        "a=",
        &"A".repeat(257),
    ] {
        is(
            &stand.register(REGISTER, &format!("{pem}&kidtype=2&kid={kid}")),
            400,
        );
    }
    is(
        &stand.register(REGISTER, &format!("{pem}&kidtype=2&kid=bXktcGhvbmU")),
        200,
    );
    let named = Device::of_vectors().named("bXktcGhvbmU");
    assert_eq!(stand.log_in(&named).as_deref(), Some("ada"));
    // Another key under the same kid is refused.
    let second = register_form(&other.pem(), None, None);
    is(
        &stand.register(REGISTER, &format!("{second}&kidtype=2&kid=bXktcGhvbmU")),
        409,
    );
    assert_eq!(stand.log_in(&named).as_deref(), Some("ada"));
}

/// By default, strangers cannot register. A policy may refuse them, or say that the registration goes on.
#[test]
fn section_6_1_1_the_application_decides_who_registers() {
    let closed = stand(|builder| builder);
    is(&closed.register(REGISTER, &form(&DEVICES[0])), 403);

    let policy = |form: &RegistrationForm| {
        let name = form.device.clone();
        NowOrLater::later(async move {
            later().await;
            match &*name {
                "wait" => Ok(RegistrationDecision::InWork),
                "no" => Ok(RegistrationDecision::Refuse),
                "broken" => {
                    Err(Unavailable::new("no database").retry_after(Duration::from_millis(1500)))
                }
                name => Ok(RegistrationDecision::Register(name.to_owned())),
            }
        })
    };
    let stand = stand(|builder| builder.open_registration(policy));
    let register = |device: &Device, name| {
        stand.register(REGISTER, &register_form(&device.pem(), None, Some(name)))
    };
    let response = register(&DEVICES[0], "wait");
    is(&response, 200);
    assert_eq!(response.headers()["hobareg"], "reginwork");
    is(&register(&DEVICES[0], "no"), 403);
    let response = register(&DEVICES[0], "broken");
    is(&response, 503);
    assert_eq!(response.headers()["retry-after"], "2");
    assert_eq!(stand.keys.key_count(), 0);

    is(&register(&DEVICES[0], "ada"), 200);
    is(&register(&DEVICES[1], "ada"), 409);
    is(&register(&DEVICES[0], "eve"), 409);
    assert_eq!(stand.log_in(&DEVICES[0]).as_deref(), Some("ada"));
    assert_eq!(stand.log_in(&DEVICES[1]), None);
}

/// Section 6.2: a further device joins with a link that has at least 128 random bits. It is good once, for 10 minutes.
#[test]
fn section_6_2_an_invitation_adds_one_device() {
    let stand = open();
    let [first, second, third] = &*DEVICES;
    is(&stand.register(REGISTER, &form(first)), 200);
    let account = stand.log_in(first).unwrap();
    let link = stand.invite(&account);
    let token = link
        .strip_prefix("/.well-known/hoba/register?join=")
        .unwrap();
    assert_eq!(token.len(), 43, "256 bits");
    assert_ne!(link, stand.invite(&account));

    // A mistake does not use the invitation up.
    is(&stand.register(&link, "pub=x"), 400);
    for wrong in [
        format!("{REGISTER}?join="),
        format!("{REGISTER}?join={}", "A".repeat(43)),
        format!("{link}A"),
        format!("{link}&x=y"),
        format!("{REGISTER}?x=y&join={token}"),
        format!("{REGISTER}?JOIN=1&join"),
        format!("{REGISTER}?"),
        format!("{REGISTER}?%6aoin={token}"),
        format!("{REGISTER}?token={token}"),
        link[..link.len() - 1].to_owned(),
    ] {
        is(&stand.register(&wrong, &form(second)), 403);
    }
    is(&stand.register(&link, &form(second)), 200);
    assert_eq!(stand.log_in(second), Some(account.clone()));
    is(&stand.register(&link, &form(third)), 403);

    let late = stand.invite(&account);
    stand.clock.advance(Duration::from_secs(600));
    is(&stand.register(&late, &form(third)), 403);
    let good = stand.invite(&account);
    stand.clock.advance(Duration::from_secs(599));
    is(&stand.register(&good, &form(third)), 200);
    assert_eq!(run(stand.keys.devices(&account)).unwrap().len(), 3);
}

/// A key of another account cannot join, and a removed device cannot log in nor use an invitation that it made.
#[test]
fn section_6_2_a_removed_device_is_out() {
    let stand = open();
    let [first, second, third] = &*DEVICES;
    is(&stand.register(REGISTER, &form(first)), 200);
    is(&stand.register(REGISTER, &form(third)), 200);
    let account = stand.log_in(first).unwrap();
    is(&stand.register(&stand.invite(&account), &form(third)), 409);
    is(&stand.register(&stand.invite(&account), &form(second)), 200);

    let made_by_thief = stand.invite(&account);
    assert!(!run(stand.keys.remove("someone", &second.kid)).unwrap());
    assert!(!run(stand.keys.remove(&account, &third.kid)).unwrap());
    assert!(run(stand.keys.remove(&account, &second.kid)).unwrap());
    assert_eq!(stand.log_in(second), None);
    is(&stand.register(&made_by_thief, &form(second)), 403);
    assert_eq!(stand.log_in(first), Some(account));
    assert!(stand.log_in(third).is_some());
}

/// Section 6.3: a `POST` with a signature ends the sessions of the device.
#[test]
fn section_6_3_a_logout_ends_the_sessions_of_the_device() {
    let stand = open();
    let [first, second, _] = &*DEVICES;
    is(&stand.register(REGISTER, &form(first)), 200);
    let account = stand.log_in(first).unwrap();
    is(&stand.register(&stand.invite(&account), &form(second)), 200);
    let [cookie, other] = [first, second].map(|device| session(&stand, device));
    assert_eq!(stand.caller(&cookie), Some(account.clone()));

    let log_out = |fields: HeaderMap| {
        let mut request = post("/.well-known/hoba/logout", "");
        request.headers_mut().extend(fields);
        stand.ask(request)
    };
    let refused = log_out(cookie.clone());
    is(&refused, 401);
    assert!(
        refused.headers()["www-authenticate"]
            .to_str()
            .unwrap()
            .starts_with("HOBA challenge=")
    );
    is(&log_out(stand.credentials(&Device::generate())), 401);
    let mut malformed = HeaderMap::new();
    malformed.insert("authorization", "HOBA result=a".parse().unwrap());
    is(&log_out(malformed), 400);
    assert_eq!(stand.caller(&cookie), Some(account.clone()));

    let signed = stand.credentials(first);
    let response = log_out(signed.clone());
    is(&response, 200);
    let removal = response.headers()["set-cookie"].to_str().unwrap();
    assert!(removal.starts_with("__Host-hoba=; Max-Age=0; Path=/; Secure; HttpOnly"));
    assert_eq!(stand.caller(&cookie), None);
    assert_eq!(
        stand.caller(&other),
        Some(account.clone()),
        "another device stays signed in"
    );
    is(&log_out(signed), 401);
    assert_eq!(
        stand.log_in(first),
        Some(account),
        "the device can sign in again"
    );
}

/// The cookie of a new session.
fn session(stand: &Stand, device: &Device) -> HeaderMap {
    let session = HobaSession::of(&stand.hoba).unwrap();
    let auth = RequireAuth::new((session, stand.hoba.clone())).unwrap();
    let inner = tower::service_fn(async |_: Request<()>| {
        Ok::<_, std::convert::Infallible>(Response::new(String::new()))
    });
    let mut request = Request::new(());
    *request.headers_mut() = stand.credentials(device);
    let Ok(response) = run(auth.layer(inner).oneshot(request));
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    let mut fields = HeaderMap::new();
    fields.insert("cookie", cookie.split(';').next().unwrap().parse().unwrap());
    fields
}

/// The owner removes a key and registers it again. The old session stays ended.
#[test]
fn a_session_stays_ended_when_its_key_is_registered_again() {
    let stand = open();
    let device = &DEVICES[0];
    is(&stand.register(REGISTER, &form(device)), 200);
    let account = stand.log_in(device).unwrap();
    let cookie = session(&stand, device);
    assert_eq!(stand.caller(&cookie), Some(account.clone()));
    assert!(run(stand.keys.remove(&account, &device.kid)).unwrap());
    assert_eq!(stand.caller(&cookie), None);
    stand.clock.advance(Duration::from_secs(1));
    is(&stand.register(REGISTER, &form(device)), 200);
    assert_eq!(stand.caller(&cookie), None);
    assert_eq!(stand.log_in(device), Some(account));
}

#[test]
fn an_invitation_has_a_possible_lifetime() {
    let day = 24 * 60 * 60;
    for (seconds, is_good) in [
        (0, false),
        (1, true),
        (30 * day, true),
        (30 * day + 1, false),
        (u64::MAX, false),
    ] {
        let keys = MemoryHobaKeys::new();
        let hoba = Hoba::builder(ORIGIN, RegisteredKeys::of(keys.clone()));
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
        let services = HobaServices::builder(hoba.build().unwrap(), keys, clock);
        let services = services.invitation_lifetime(Duration::from_secs(seconds));
        assert_eq!(services.build().is_ok(), is_good, "{seconds}");
    }
}

/// Section 6.4: a `POST` gets a new challenge, which no cache stores.
#[test]
fn section_6_4_a_fresh_challenge_is_good() {
    let stand = open();
    is(&stand.register(REGISTER, &form(&DEVICES[0])), 200);
    let fresh = || {
        let response = stand.ask(post("/.well-known/hoba/getchal", ""));
        is(&response, 200);
        response.into_body()
    };
    assert_ne!(fresh(), fresh());
    let result = DEVICES[0].result(ORIGIN, "", &fresh(), "bm8");
    let mut fields = HeaderMap::new();
    fields.insert("authorization", header(&result).parse().unwrap());
    assert!(stand.caller(&fields).is_some());
}

#[test]
fn each_uri_needs_post_tls_and_the_own_origin() {
    let stand = open();
    for name in ["register", "getchal", "logout"] {
        let path = format!("/.well-known/hoba/{name}");
        for method in ["GET", "HEAD", "PUT", "OPTIONS"] {
            let mut request = post(&path, "");
            *request.method_mut() = method.parse().unwrap();
            let response = stand.ask(request);
            is(&response, 405);
            assert_eq!(response.headers()["allow"], "POST");
        }
        let mut clear = post(&path, &form(&DEVICES[0]));
        clear.extensions_mut().remove::<SecureTransport>();
        clear
            .extensions_mut()
            .insert(PeerAddress(SocketAddr::from(([127, 0, 0, 1], 9))));
        clear
            .headers_mut()
            .insert("x-forwarded-proto", "https".parse().unwrap());
        is(&stand.ask(clear), 403);
        for (field, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let mut foreign = post(&path, &form(&DEVICES[0]));
            foreign.headers_mut().insert(field, value.parse().unwrap());
            is(&stand.ask(foreign), 403);
        }
    }
    for path in [
        "/",
        "/.well-known/hoba",
        "/.well-known/hoba/",
        "/.well-known/hoba/registers",
        "/x/.well-known/hoba/getchal",
    ] {
        is(&stand.ask(post(path, "")), 404);
    }
    assert_eq!(stand.keys.key_count(), 0);
    let mut own = post(REGISTER, &form(&DEVICES[0]));
    own.headers_mut()
        .insert("origin", "https://files.example".parse().unwrap());
    own.headers_mut()
        .insert("sec-fetch-site", "same-origin".parse().unwrap());
    is(&stand.ask(own), 200);
}

#[test]
fn a_client_on_this_machine_needs_no_tls_if_the_application_says_so() {
    let stand = stand(|builder| builder.require_tls_beyond_loopback());
    for (address, status) in [([127, 0, 0, 1], 200), ([192, 0, 2, 1], 403)] {
        let mut request = post("/.well-known/hoba/getchal", "");
        request.extensions_mut().remove::<SecureTransport>();
        request
            .extensions_mut()
            .insert(PeerAddress(SocketAddr::from((address, 9))));
        is(&stand.ask(request), status);
    }
}

#[test]
fn a_form_has_its_type_and_its_limits() {
    let stand = open();
    for kind in ["", "text/plain", "multipart/form-data", "application/json"] {
        let mut request = post(REGISTER, &form(&DEVICES[0]));
        request
            .headers_mut()
            .insert("content-type", kind.parse().unwrap());
        is(&stand.ask(request), 415);
    }
    let mut request = post(REGISTER, &form(&DEVICES[0]));
    let kind = "Application/X-WWW-Form-urlencoded; charset=UTF-8"
        .parse()
        .unwrap();
    request.headers_mut().insert("content-type", kind);
    is(&stand.ask(request), 200);
    let long = format!("x={}&{}", "x".repeat(16 * 1024), form(&DEVICES[0]));
    is(&stand.register(REGISTER, &long), 413);
}

/// A client that sends nothing gets `408`, and HTTP/1.1 closes the connection.
#[test]
fn a_slow_form_is_408() {
    let stand = open();
    let (head, _) = post(REGISTER, "").into_parts();
    let mut future = Box::pin(
        stand
            .services
            .clone()
            .oneshot(Request::from_parts(head, Never)),
    );
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_pending());
    stand.clock.advance(Duration::from_secs(6));
    let Ok(response) = run(future);
    is(&response, 408);
    assert_eq!(response.headers()["connection"], "close");
}

/// A body that never arrives.
struct Never;

impl http_body::Body for Never {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Pending
    }
}

/// Strangers fill the table. Further registrations are `503`, and registered keys still log in.
#[test]
fn a_full_table_refuses_registrations_alone() {
    let keys = MemoryHobaKeys::new().with_capacity(2);
    let stand = with_keys(keys, |builder| {
        builder.open_registration(|form: &RegistrationForm| {
            RegistrationDecision::Register(form.kid.clone())
        })
    });
    for (device, status) in DEVICES.iter().zip([200, 200, 503]) {
        is(&stand.register(REGISTER, &form(device)), status);
    }
    assert!(stand.log_in(&DEVICES[0]).is_some());
    let account = stand.log_in(&DEVICES[1]).unwrap();
    is(
        &stand.register(&stand.invite(&account), &form(&DEVICES[2])),
        503,
    );
    assert_eq!(stand.keys.key_count(), 2);
    // Invitations are bounded as well: by the capacity for all.
    let _ = stand.invite(&account);
    assert!(run(stand.services.invite(&account)).is_err());
    stand.clock.advance(Duration::from_secs(600));
    let _ = stand.invite(&account);
    assert_eq!(stand.keys.invitation_count(), 1);
}

#[test]
fn an_account_has_few_open_invitations() {
    let stand = open();
    for _ in 0..16 {
        let _ = stand.invite("ada");
    }
    assert_eq!(run(stand.services.invite("ada")).unwrap(), None);
    let _ = stand.invite("grace");
    stand.clock.advance(Duration::from_secs(600));
    let _ = stand.invite("ada");
    assert_eq!(stand.keys.invitation_count(), 1);
}

/// Two clients use one invitation at once. A single request succeeds.
#[test]
fn a151_one_invitation_admits_one_of_many_devices_at_once() {
    let stand = open();
    is(&stand.register(REGISTER, &form(&DEVICES[0])), 200);
    let account = stand.log_in(&DEVICES[0]).unwrap();
    for _ in 0..50 {
        let link = stand.invite(&account);
        let added = thread::scope(|scope| {
            let join = |device| {
                let (link, services) = (link.clone(), stand.services.clone());
                scope.spawn(move || {
                    let Ok(response) = run(services.oneshot(post(&link, &form(device))));
                    response.status() == StatusCode::OK
                })
            };
            let threads = [&DEVICES[1], &DEVICES[2]].map(join);
            threads.map(|thread| thread.join().unwrap())
        });
        assert_eq!(added.iter().filter(|added| **added).count(), 1);
        for device in &DEVICES[1..] {
            let _ = run(stand.keys.remove(&account, &device.kid));
        }
    }
}

const INVITATION: &str = "/.well-known/hoba/invitation";

/// The token of an invitation.
fn token(link: &str) -> &str {
    link.split_once("?join=").unwrap().1
}

/// Access logs have the query. So a client sends the token of an invitation in the form.
#[test]
fn an_invitation_may_be_in_the_form() {
    let stand = open();
    let [first, second, third] = &*DEVICES;
    is(&stand.register(REGISTER, &form(first)), 200);
    let account = stand.log_in(first).unwrap();
    let link = stand.invite(&account);
    let joining = |device: &Device| with_invitation(&form(device), token(&link));
    // A client that sends two tokens is refused, and so is one that sends another or an empty one.
    is(&stand.register(&link, &joining(second)), 400);
    is(
        &stand.register(&format!("{REGISTER}?"), &joining(second)),
        400,
    );
    is(
        &stand.register(REGISTER, &format!("{}&join=x", joining(second))),
        400,
    );
    for other in ["", "x", &"A".repeat(43), &format!("{}A", token(&link))] {
        let body = with_invitation(&form(second), other);
        is(&stand.register(REGISTER, &body), 403);
    }
    is(&stand.register(REGISTER, &joining(second)), 200);
    assert_eq!(stand.log_in(second), Some(account));
    is(&stand.register(REGISTER, &joining(third)), 403);
    is(&stand.register(&link, &form(third)), 403);
}

/// A page shows whose account an invitation is for. The invitation stays good.
#[test]
fn an_invitation_names_its_account() {
    let stand = open();
    let [first, second, _] = &*DEVICES;
    is(&stand.register(REGISTER, &form(first)), 200);
    let account = stand.log_in(first).unwrap();
    let link = stand.invite(&account);
    let ask = |body: &str| stand.ask(post(INVITATION, body));
    for _ in 0..2 {
        let answer = ask(&format!("join={}", token(&link)));
        is(&answer, 200);
        assert_eq!(*answer.body(), account);
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    }
    for other in [
        "",
        "join=",
        "join=x",
        "x=y",
        "join",
        &format!("join={}A", token(&link)),
    ] {
        is(&ask(other), 403);
    }
    is(&ask("join=%x"), 400);
    is(&ask("join=a&join=b"), 400);
    // The token is not taken from the query, which access logs have.
    let in_query = format!("{INVITATION}?join={}", token(&link));
    is(&stand.ask(post(&in_query, "")), 403);
    is(&stand.register(&link, &form(second)), 200);
    is(&ask(&format!("join={}", token(&link))), 403);
    let late = stand.invite(&account);
    stand.clock.advance(Duration::from_secs(600));
    is(&ask(&format!("join={}", token(&late))), 403);
}

/// The URI needs what the others need: `POST`, TLS, a form, and a page of the own origin.
#[test]
fn the_uri_of_invitations_makes_the_checks_of_the_others() {
    let stand = open();
    let link = stand.invite("ada");
    let body = format!("join={}", token(&link));
    let change = |change: fn(&mut Request<Full<Bytes>>)| {
        let mut request = post(INVITATION, &body);
        change(&mut request);
        stand.ask(request)
    };
    is(&change(|_| {}), 200);
    is(
        &change(|request| *request.method_mut() = http::Method::GET),
        405,
    );
    is(&change(|request| request.extensions_mut().clear()), 403);
    let foreign = change(|request| {
        let other = "https://other.example".parse().unwrap();
        request.headers_mut().insert("origin", other);
    });
    is(&foreign, 403);
    is(
        &change(|request| drop(request.headers_mut().remove("content-type"))),
        415,
    );
}

/// The operator hears of each registration, removal and refused invitation, with the account, the device and the client.
#[test]
fn the_listener_hears_of_registrations_removals_and_refusals() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&log);
    let stand = stand(move |builder| {
        builder
            .open_registration(|form: &RegistrationForm| match &*form.device {
                "later" => RegistrationDecision::InWork,
                "never" => RegistrationDecision::Refuse,
                _ => RegistrationDecision::Register("ada".to_owned()),
            })
            .on_event(move |event| heard.lock().unwrap().push(event.clone()))
    });
    let take = || {
        let events = std::mem::take(&mut *log.lock().unwrap());
        events.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let [first, second, third] = &*DEVICES;
    let ask = |path: &str, body: &str| {
        let mut request = post(path, body);
        let address = SocketAddr::from(([192, 0, 2, 1], 50_000));
        request.extensions_mut().insert(PeerAddress(address));
        stand.ask(request)
    };
    let named =
        |device: &Device, name: &str| register_form(&device.pem(), Some(&device.kid), Some(name));
    let line = |kind: &str, account: Option<&str>, device: &Device, name: &str| {
        let account = account.map_or(String::new(), |account| format!(" account=\"{account}\""));
        let kid = &device.kid;
        format!("{kind}{account} kid=\"{kid}\" device=\"{name}\" client=192.0.2.1")
    };
    let ada = Some("ada");
    is(&ask(REGISTER, &named(first, "later")), 200);
    is(&ask(REGISTER, &named(first, "never")), 403);
    is(&ask(REGISTER, &named(first, "my \"phone\" =")), 200);
    is(&ask(REGISTER, &named(second, "x")), 409);
    let expected = [
        line("in_work", None, first, "later"),
        line("policy_refused", None, first, "never"),
        line("registered", ada, first, r#"my \"phone\" \u{3d}"#),
        line("account_taken", ada, second, "x"),
    ];
    assert_eq!(take(), expected);

    let link = stand.invite("ada");
    assert_eq!(take(), [r#"invited account="ada""#]);
    is(
        &ask(&format!("{REGISTER}?join=x"), &named(second, "x")),
        403,
    );
    is(&ask(INVITATION, "join=x"), 403);
    is(&ask(&link, &named(second, "x")), 200);
    is(&ask(REGISTER, "pub=none"), 400);
    let expected = [
        line("invitation_refused", None, second, "x"),
        "invitation_refused client=192.0.2.1".to_owned(),
        line("joined", ada, second, "x"),
    ];
    assert_eq!(take(), expected);
    assert!(!format!("{:?}", stand.services).contains(token(&link)));

    assert!(run(stand.services.remove("ada", &second.kid)).unwrap());
    assert!(!run(stand.services.remove("ada", &second.kid)).unwrap());
    assert!(!run(stand.services.remove("eve", &first.kid)).unwrap());
    assert_eq!(
        take(),
        [format!("removed account=\"ada\" kid=\"{}\"", second.kid)]
    );
    assert_eq!(stand.log_in(second), None);
    assert_eq!(stand.log_in(third), None);

    let mut request = post("/.well-known/hoba/logout", "");
    request.headers_mut().extend(stand.credentials(first));
    is(&stand.ask(request), 200);
    assert_eq!(take(), [format!("signed_out kid=\"{}\"", first.kid)]);
    for _ in 0..17 {
        let _ = run(stand.services.invite("ada"));
    }
    assert_eq!(take()[16], r#"too_many_invitations account="ada""#);
}

/// A client gets the same responses as without a listener, and the keys are the same.
#[test]
fn a_listener_that_panics_changes_nothing() {
    let stand = stand(|builder| builder.on_event(|_| panic!("the listener of a test panics")));
    let device = &DEVICES[0];
    is(&stand.register(REGISTER, &form(device)), 403);
    let link = stand.invite("ada");
    is(&stand.register(&link, &form(device)), 200);
    assert_eq!(stand.log_in(device).as_deref(), Some("ada"));
    assert!(run(stand.services.remove("ada", &device.kid)).unwrap());
    assert_eq!(stand.log_in(device), None);
}

/// Without a policy, the operator hears of strangers. No event has the token of an invitation.
#[test]
fn the_listener_hears_of_strangers_without_a_policy() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&log);
    let stand = stand(|builder| {
        builder.on_event(move |event| heard.lock().unwrap().push(format!("{event:?} {event}")))
    });
    is(&stand.register(REGISTER, &form(&DEVICES[0])), 403);
    let link = stand.invite("ada");
    is(&stand.register(&link, &form(&DEVICES[0])), 200);
    is(&stand.register(&link, &form(&DEVICES[0])), 403);
    let log = log.lock().unwrap();
    assert_eq!(log.len(), 4);
    assert!(log[0].contains("invitation_required"), "{log:?}");
    assert!(log.iter().all(|event| !event.contains(token(&link))));
}
