//! A route that requires a caller whom no layer around it authenticates: no layer, a layer with another identity, or a
//! `RequirePolicy` outside of the layer.

use std::convert::Infallible;

use axum::routing::get as axum_get;
use axum::{Router, body};
use http::{Request, Response, StatusCode};
use tower::{Layer as _, Service, ServiceExt};
use tower_challenge::audit::{AuditOutcome, RefusalReason};
use tower_challenge::policy::{HasRoles, role};
use tower_challenge::require_auth::MissingLayer;
use tower_challenge::{Authenticated, Principal, RequestHead, RequireAuth, RequirePolicy};

use crate::support::sinks::Traced;
use crate::support::{
    Body, Layer, PASSWORD, Probe, RecordedEvent, RecordingAudit, TestWorld, USER, get, run, sinks,
};

/// An identity that no layer of these tests has.
#[derive(Clone, Debug)]
struct Employee;

impl HasRoles for Employee {
    fn has_role(&self, _: &str) -> bool {
        true
    }
}

const EMPLOYEE: &str = "mistakes::missing_layer::Employee";
const PRINCIPAL: &str = "tower_challenge::principal::Principal";

fn layer() -> (Layer, RecordingAudit) {
    let audit = RecordingAudit::default();
    let layer = RequireAuth::new(vec![TestWorld::new().basic()]).unwrap();
    (layer.audit(audit.clone()), audit)
}

fn send<S>(service: S) -> Response<Body>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let Ok(response) = run(service.oneshot(get("/notes").basic(USER, PASSWORD).into_request()));
    response
}

/// Returns the one event of `tracing` that a mistake makes.
fn one(traced: &[Traced]) -> &Traced {
    let [event] = traced else {
        panic!("one event: {traced:?}");
    };
    assert_eq!(event.level, tracing::Level::ERROR);
    assert_eq!(event.field("message"), Some("configuration"));
    event
}

fn causes(events: &[RecordedEvent]) -> Vec<&str> {
    let causes = events.iter().filter_map(|event| event.cause.as_deref());
    causes.collect()
}

#[test]
fn a_policy_without_a_layer_tells_tracing() {
    let _ = (sinks::all(), sinks::take());
    let response = send(RequirePolicy::new(role("admin").unwrap()).layer(Probe::new()));
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let traced = sinks::take().traced;
    let mistake = one(&traced).field("mistake").unwrap().to_owned();
    assert!(mistake.contains(PRINCIPAL), "{mistake}");
    assert!(
        mistake.contains("the layer that is added last is the outermost"),
        "{mistake}"
    );
    let missing = response.extensions().get::<MissingLayer>().unwrap();
    assert_eq!(missing.to_string(), mistake);
}

/// A newcomer wrote `RequirePolicy::new(role("admin")?)` where the callers had another type.
#[test]
fn a_policy_for_another_identity_tells_the_audit_and_names_both_types() {
    let _ = (sinks::all(), sinks::take());
    let (layer, audit) = layer();
    let probe = Probe::new();
    let route = RequirePolicy::<Employee>::of_identity(role("admin").unwrap());
    let response = send(layer.layer(route.layer(probe.clone())));
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(probe.calls(), 0);

    let missing = response.extensions().get::<MissingLayer>().unwrap();
    assert_eq!(missing.required_identity(), EMPLOYEE);
    assert_eq!(missing.found_identity(), Some(PRINCIPAL));
    assert!(
        one(&sinks::take().traced)
            .field("mistake")
            .unwrap()
            .contains(EMPLOYEE)
    );

    let [admitted, refused] = &audit.take()[..] else {
        panic!("two events");
    };
    assert_eq!(admitted.outcome, AuditOutcome::Admitted);
    assert_eq!(refused.outcome, AuditOutcome::Unavailable);
    assert_eq!(refused.reason, Some(RefusalReason::MissingLayer));
    assert_eq!(refused.status, Some(StatusCode::INTERNAL_SERVER_ERROR));
    assert_eq!(refused.principal.as_deref(), Some(USER));
    let cause = refused.cause.as_deref().unwrap();
    assert_eq!(cause, missing.to_string());
    for part in [
        EMPLOYEE,
        PRINCIPAL,
        "RequirePolicy::<",
        "::of_identity(..)",
        "map_identity",
    ] {
        assert!(cause.contains(part), "{cause}");
    }
}

/// A layer without an audit tells `tracing`, too, because only the layer knows its own type.
#[test]
fn without_an_audit_tracing_learns_both_types() {
    let _ = (sinks::all(), sinks::take());
    let layer = RequireAuth::new(TestWorld::new().basic()).unwrap();
    let route = RequirePolicy::<Employee>::of_identity(role("admin").unwrap());
    let _ = send(layer.layer(route.layer(Probe::new())));
    let traced = sinks::take().traced;
    let [_, second] = &traced[..] else {
        panic!("two events: {traced:?}");
    };
    let mistake = second.field("mistake").unwrap();
    assert!(
        mistake.contains(EMPLOYEE) && mistake.contains(PRINCIPAL),
        "{mistake}"
    );
}

/// The innermost layer reports the mistake, and the layers around it do not repeat it.
#[test]
fn only_one_layer_reports_the_mistake() {
    let [(outer, outer_audit), (inner, inner_audit)] = [(); 2].map(|()| layer());
    let route = RequirePolicy::<Employee>::of_identity(role("admin").unwrap());
    let response = send(outer.layer(inner.layer(route.layer(Probe::new()))));
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(causes(&inner_audit.take()).len(), 1);
    assert_eq!(causes(&outer_audit.take()).len(), 0);
}

/// The policy was added after the layer, so it is around the layer.
#[test]
fn a_policy_around_the_layer_tells_tracing() {
    let _ = (sinks::all(), sinks::take());
    let (layer, audit) = layer();
    let wrong_order = RequirePolicy::new(role("admin").unwrap()).layer(layer.layer(Probe::new()));
    assert_eq!(
        send(wrong_order).status(),
        StatusCode::INTERNAL_SERVER_ERROR
    );
    let traced = sinks::take().traced;
    let mistake = one(&traced).field("mistake").unwrap();
    assert!(
        mistake.contains("add the `RequireAuth` after the route"),
        "{mistake}"
    );
    assert_eq!(audit.take().len(), 0);
}

/// A service between the layer and the route makes a new request and forgets the extensions.
#[test]
fn lost_extensions_are_named() {
    let (layer, audit) = layer();
    let route = RequirePolicy::new(|_: &Principal, _: &RequestHead<'_>| true).layer(Probe::new());
    let forgets = tower::util::MapRequest::new(route, |request: Request<Body>| {
        Request::new(request.into_body())
    });
    let _ = send(layer.layer(forgets));
    let events = audit.take();
    let cause = causes(&events)[0];
    assert!(
        cause.starts_with("pass the extensions of the request on: a service between"),
        "{cause}"
    );
}

/// A `500` of the application is not this mistake.
#[test]
fn another_500_makes_no_event() {
    let (layer, audit) = layer();
    let broken = Probe::answering(|_| {
        let mut response = Response::new(Body::default());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    });
    assert_eq!(
        send(layer.layer(broken)).status(),
        StatusCode::INTERNAL_SERVER_ERROR
    );
    assert_eq!(audit.take().len(), 1);
}

async fn ask(app: Router) -> Response<body::Body> {
    let ask = get("/").basic(USER, PASSWORD).into_request();
    app.oneshot(ask.map(|_| body::Body::empty())).await.unwrap()
}

/// The axum extractor outside of a layer, and inside a layer with another identity.
#[tokio::test]
async fn an_extractor_names_the_types() {
    let _ = (sinks::all(), sinks::take());
    let app = |layer: Option<Layer>| {
        let required = axum_get(|_: Authenticated<Employee>| async { "hello" });
        let optional = axum_get(|_: Option<Authenticated<Employee>>| async { "hello" });
        let routers = [required, optional].map(|route| Router::new().route("/", route));
        routers.map(|router| match &layer {
            Some(layer) => router.layer(layer.clone()),
            None => router,
        })
    };
    for app in app(None) {
        let response = ask(app).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(
            one(&sinks::take().traced)
                .field("mistake")
                .unwrap()
                .contains(EMPLOYEE)
        );
        let missing = response.extensions().get::<MissingLayer>().unwrap();
        assert_eq!(missing.found_identity(), None);
    }
    let (layer, audit) = layer();
    for app in app(Some(layer)) {
        let response = ask(app).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let events = audit.take();
        let cause = causes(&events)[0];
        assert!(
            cause.starts_with("use the identity of the layer in `Authenticated<..>`"),
            "{cause}"
        );
        let missing = response.extensions().get::<MissingLayer>().unwrap();
        assert_eq!(missing.found_identity(), Some(PRINCIPAL));
    }
}
