//! A layer inside its own clone. The inner clone uses the caller whom the outer clone has admitted, and asks its own
//! policies.

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use tower::util::MapRequest;
use tower::{Layer as _, Service, ServiceExt};
use tower_challenge::audit::AuditOutcome;
use tower_challenge::client::SecureTransport;
use tower_challenge::header::Challenge;
use tower_challenge::policy::PolicyDecision;
use tower_challenge::scheme::SchemeExt;
use tower_challenge::{
    Authenticated, ErrorParams, Principal, RequestHead, RequireAuth, RequirePolicy,
};

use crate::support::{
    Body, Layer, Login, OTHER_PASSWORD, OTHER_USER, PASSWORD, Probe, RecordingAudit,
    RecordingThrottle, TestRequest, TestWorld, USER, WRONG, get, run,
};

fn send<S>(service: &S, ask: TestRequest) -> Response<Body>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = std::convert::Infallible> + Clone,
{
    let Ok(response) = run(service.clone().oneshot(ask.into_request()));
    response
}

/// Sends a request without credentials, and then the login that answers its challenge.
fn log_in<S>(service: &S, count: u32) -> Response<Body>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = std::convert::Infallible> + Clone,
{
    let challenged = send(service, get("/"));
    assert_eq!(challenged.status(), StatusCode::UNAUTHORIZED);
    let challenge = challenged.headers()[WWW_AUTHENTICATE].as_bytes();
    let challenge = Challenge::parse(challenge).unwrap();
    let login = Login::to(&challenge, USER, PASSWORD);
    let login = login.request("GET", "/").nc(count).header();
    send(service, get("/").authorization(login))
}

fn allow_name(name: &'static str) -> impl Fn(&Principal, &RequestHead<'_>) -> bool + Clone {
    move |caller, _| caller.name() == name
}

fn digest(world: &TestWorld) -> Layer {
    RequireAuth::new(vec![world.digest()]).unwrap()
}

/// Before, the inner clone called each nonce count a replay, and the client logged in again for ever.
#[test]
fn digest_inside_its_own_clone_admits_a_login() {
    let world = TestWorld::new();
    let layer = digest(&world);
    let probe = Probe::new();
    let three = layer.layer(layer.layer(layer.layer(probe.clone())));
    for count in 1..=3 {
        let response = log_in(&three, count);
        assert_eq!(response.status(), StatusCode::OK);
        let info = response.headers().get_all("authentication-info").iter();
        assert_eq!(info.count(), 1);
        let [seen] = &probe.take()[..] else {
            panic!("the inner service is called once");
        };
        assert_eq!(seen.identity().unwrap().name(), USER);
    }
}

#[test]
fn the_inner_clone_asks_its_own_policies() {
    let world = TestWorld::new();
    let layer = digest(&world);
    for (name, status) in [(USER, 200), ("somebody else", 403)] {
        let inner = layer.clone().policy(allow_name(name));
        let probe = Probe::new();
        let two = layer.layer(inner.layer(probe.clone()));
        assert_eq!(log_in(&two, 1).status().as_u16(), status);
        assert_eq!(probe.calls(), usize::from(status == 200));
    }
}

/// The outer clone may pass requests without a look at their credentials. The inner clone then verifies them itself.
#[test]
fn the_inner_clone_verifies_what_the_outer_clone_has_not() {
    let world = TestWorld::new();
    let layer = RequireAuth::new(vec![world.basic()]).unwrap();
    let outers = [layer.clone().optional(), layer.clone().public(|_| true)];
    for outer in outers {
        let probe = Probe::new();
        let two = outer.layer(layer.layer(probe.clone()));
        let right = get("/").basic(USER, PASSWORD);
        for (ask, status) in [
            (get("/"), 401),
            (get("/").basic(USER, WRONG), 401),
            (right, 200),
        ] {
            assert_eq!(send(&two, ask).status().as_u16(), status);
        }
        assert_eq!(probe.calls(), 1);
    }
}

/// The caller of another layer is none of this one, also if the identities have the same type.
#[test]
fn the_caller_of_another_scheme_does_not_count() {
    let world = TestWorld::new();
    let bearer = RequireAuth::new(vec![world.bearer()]).unwrap();
    let basic = RequireAuth::new(vec![world.basic()]).unwrap();
    let same_accounts = RequireAuth::new(vec![world.basic()]).unwrap();
    let probe = Probe::new();
    let ask = || get("/").basic(USER, PASSWORD);
    let response = send(&basic.layer(bearer.layer(probe.clone())), ask());
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);

    let _ = world.take_asked();
    let response = send(&basic.layer(same_accounts.layer(probe.clone())), ask());
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(world.take_asked().len(), 2, "each layer verifies");
    let response = send(&basic.layer(basic.layer(probe.clone())), ask());
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(world.take_asked().len(), 1, "a clone does not verify again");
    assert_eq!(probe.calls(), 2);
}

/// A service between the two clones sends the request in the name of another user.
#[test]
fn rewritten_credentials_are_verified() {
    let world = TestWorld::new();
    let layer = RequireAuth::new(vec![world.basic()]).unwrap();
    let others = [(OTHER_USER, OTHER_PASSWORD, 200), (OTHER_USER, WRONG, 401)];
    for (user, password, status) in others {
        for outer in [layer.clone(), layer.clone().strip_credentials()] {
            let probe = Probe::new();
            let inner = layer.layer(probe.clone());
            let rewrites = MapRequest::new(inner, move |mut request: Request<Body>| {
                let other = get("/").basic(user, password).into_request();
                let field = other.headers()[AUTHORIZATION].clone();
                request.headers_mut().insert(AUTHORIZATION, field);
                request
            });
            let response = send(&outer.layer(rewrites), get("/").basic(USER, PASSWORD));
            assert_eq!(response.status().as_u16(), status);
            let seen = probe.take();
            let names = seen
                .iter()
                .map(|seen| seen.identity().unwrap().name().to_owned());
            assert!(names.eq((status == 200).then(|| user.to_owned())));
        }
    }
}

/// A service between the two clones makes the request anonymous, or adds a second field.
#[test]
fn a_removed_and_a_second_field_are_noticed() {
    let world = TestWorld::new();
    let layer = RequireAuth::new(vec![world.basic()]).unwrap();
    for (adds, status) in [(false, 401), (true, 400)] {
        let probe = Probe::new();
        let inner = layer.layer(probe.clone());
        let changes = MapRequest::new(inner, move |mut request: Request<Body>| {
            if adds {
                let other = get("/").basic(OTHER_USER, OTHER_PASSWORD).into_request();
                let field = other.headers()[AUTHORIZATION].clone();
                request.headers_mut().append(AUTHORIZATION, field);
            } else {
                request.headers_mut().remove(AUTHORIZATION);
            }
            request
        });
        let response = send(&layer.layer(changes), get("/").basic(USER, PASSWORD));
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(probe.calls(), 0);
    }
}

/// A clone for a proxy reads another field than the origin server.
#[test]
fn a_clone_in_another_role_verifies_itself() {
    let world = TestWorld::new();
    let layer = RequireAuth::new(vec![world.basic()]).unwrap();
    let probe = Probe::new();
    let two = layer.layer(layer.clone().proxy().layer(probe.clone()));
    let ask = get("/").basic(USER, PASSWORD);
    let response = send(&two, ask);
    assert_eq!(response.status(), StatusCode::PROXY_AUTHENTICATION_REQUIRED);
    assert_eq!(probe.calls(), 0);
}

#[test]
fn the_inner_clone_requires_tls_of_its_own() {
    let world = TestWorld::new();
    let layer = RequireAuth::new(vec![world.basic()]).unwrap();
    let probe = Probe::new();
    let two = layer.layer(layer.clone().require_tls().layer(probe.clone()));
    let ask = || get("/").basic(USER, PASSWORD);
    assert_eq!(send(&two, ask()).status(), StatusCode::FORBIDDEN);
    assert_eq!(
        send(&two, ask().extension(SecureTransport)).status(),
        StatusCode::OK
    );
    assert_eq!(probe.calls(), 1);
}

/// The attempt of a login counts once.
#[test]
fn the_inner_clone_reserves_no_attempt() {
    let world = TestWorld::new();
    let throttle = RecordingThrottle::default();
    let layer = RequireAuth::new(vec![world.basic()]).unwrap();
    let layer = layer.throttle(throttle.clone());
    let two = layer.layer(layer.layer(Probe::new()));
    let response = send(&two, get("/").basic(USER, PASSWORD));
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(throttle.take_reserved().len(), 1);
    assert_eq!(throttle.take_settled().len(), 1);
}

/// Each layer makes an event for its own decision.
#[test]
fn each_clone_tells_its_audit() {
    let world = TestWorld::new();
    let [outer, inner] = [(); 2].map(|()| RecordingAudit::default());
    let layer = RequireAuth::new(vec![world.basic()]).unwrap();
    let route = layer
        .clone()
        .policy(allow_name("somebody else"))
        .audit(inner.clone());
    let two = layer.audit(outer.clone()).layer(route.layer(Probe::new()));
    let response = send(&two, get("/").basic(USER, PASSWORD));
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(outer.take()[0].outcome, AuditOutcome::Admitted);
    let [event] = &inner.take()[..] else {
        panic!("one event");
    };
    assert_eq!(event.outcome, AuditOutcome::Forbidden);
    assert_eq!(event.principal.as_deref(), Some(USER));
}

/// The outer clone removes the credentials. The inner clone and a route inside it still know which scheme they named, so
/// the challenge for a better login is that of the scheme.
#[test]
fn the_inner_clone_knows_the_removed_credentials() {
    let again = || ErrorParams::insufficient_user_authentication(Some("mfa"), Some(60)).unwrap();
    let world = TestWorld::new();
    let layer = RequireAuth::new(vec![world.bearer()])
        .unwrap()
        .strip_credentials();
    let step_up = move |_: &Principal, _: &RequestHead<'_>| PolicyDecision::StepUp(again());
    let ask = || get("/").bearer(crate::support::TOKEN);
    let probe = Probe::new();
    let inner = layer.clone().policy(step_up).layer(probe.clone());
    let route = layer.layer(RequirePolicy::new(step_up).layer(probe.clone()));
    for response in [
        send(&layer.layer(inner), ask()),
        send(&layer.layer(route), ask()),
    ] {
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
        assert!(
            challenge.contains("insufficient_user_authentication"),
            "{challenge}"
        );
    }
    let two = layer.layer(layer.layer(probe.clone()));
    assert_eq!(send(&two, ask()).status(), StatusCode::OK);
    let [seen] = &probe.take()[..] else {
        panic!("the inner service is called once");
    };
    assert!(!seen.head.headers.contains_key(AUTHORIZATION));
}

/// The identity has the type to which the scheme maps it.
#[test]
fn a_mapped_identity_is_taken_over() {
    let world = TestWorld::new();
    let scheme = world
        .basic()
        .map_identity(|caller: Principal| caller.name().len());
    let layer = RequireAuth::new(scheme).unwrap();
    let probe = Probe::new();
    let two = layer.layer(layer.layer(probe.clone()));
    assert_eq!(
        send(&two, get("/").basic(USER, PASSWORD)).status(),
        StatusCode::OK
    );
    let seen = &probe.take()[0];
    let caller = seen.head.extensions.get::<Authenticated<usize>>().unwrap();
    assert_eq!(**caller, USER.len());
}
