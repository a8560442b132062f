//! Tests which fields scripts of other origins can read.

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, AUTHORIZATION, RETRY_AFTER, VARY,
    WWW_AUTHENTICATE,
};
use http::{HeaderMap, Request, Response, StatusCode};
use tower::ServiceExt;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::respond::{GrpcErrors, NegotiatedBody, NotFound};
use tower_challenge::scheme::Basic;
use tower_challenge::{RequestHead, RequireAuth};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::{ADA, EXHAUSTED, WRONG, layer};

const EXPOSED: &str = "www-authenticate, authentication-info, retry-after";
const ORIGIN: &str = "https://app.example";

fn cors() -> CorsLayer {
    CorsLayer::new().allow_origin(AllowOrigin::list([ORIGIN.parse().unwrap()]))
}

fn app(auth: RequireAuth<Basic<PlaintextAccounts>>, cors: CorsLayer) -> Router {
    let auth = auth.respond_with(NegotiatedBody::new());
    Router::new()
        .route("/", get(async || "hello"))
        .layer(auth)
        .layer(cors)
}

async fn ask(app: Router, credentials: &str) -> Response<Body> {
    let request = Request::get("/").header("origin", ORIGIN);
    let request = request.header(AUTHORIZATION, credentials);
    app.oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap()
}

fn lines(headers: &HeaderMap, name: http::HeaderName) -> Vec<&str> {
    headers
        .get_all(name)
        .iter()
        .map(|line| line.to_str().unwrap())
        .collect()
}

/// A gRPC-Web client in a browser reads the status from the response fields.
#[tokio::test]
async fn expose_to_scripts_also_exposes_the_grpc_status() {
    let call = |auth: RequireAuth<Basic<PlaintextAccounts>>| {
        let app = Router::new().route("/", post(async || "hello"));
        let app = app
            .layer(auth.respond_with(GrpcErrors::new()))
            .layer(cors());
        let request = Request::post("/").header("origin", ORIGIN);
        let request = request.header("content-type", "application/grpc-web+proto");
        app.oneshot(request.body(Body::empty()).unwrap())
    };
    let response = call(layer().expose_to_scripts()).await.unwrap();
    let exposed = lines(response.headers(), ACCESS_CONTROL_EXPOSE_HEADERS);
    assert_eq!(exposed, ["grpc-status, grpc-message", EXPOSED]);
    let response = call(layer()).await.unwrap();
    let exposed = lines(response.headers(), ACCESS_CONTROL_EXPOSE_HEADERS);
    assert!(
        exposed.is_empty(),
        "the layer does not expose fields by default"
    );
}

#[tokio::test]
async fn expose_to_scripts_exposes_the_fields_of_the_layer_in_all_responses() {
    for (credentials, status) in [(ADA, 200), (WRONG, 401), ("Basic !", 400)] {
        let response = ask(app(layer().expose_to_scripts(), cors()), credentials).await;
        assert_eq!(response.status(), status);
        let headers = response.headers();
        assert_eq!(lines(headers, ACCESS_CONTROL_EXPOSE_HEADERS), [EXPOSED]);
        assert_eq!(lines(headers, ACCESS_CONTROL_ALLOW_ORIGIN), [ORIGIN]);
        assert_eq!(headers.contains_key(WWW_AUTHENTICATE), status == 401);
    }
    let throttled = layer().throttle(EXHAUSTED).expose_to_scripts();
    let response = ask(app(throttled, cors()), WRONG).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(lines(response.headers(), RETRY_AFTER), ["7"]);
    assert_eq!(
        lines(response.headers(), ACCESS_CONTROL_EXPOSE_HEADERS),
        [EXPOSED]
    );
}

#[tokio::test]
async fn the_layer_exposes_no_field_by_default() {
    for credentials in [ADA, WRONG] {
        let response = ask(app(layer(), cors()), credentials).await;
        assert!(
            !response
                .headers()
                .contains_key(ACCESS_CONTROL_EXPOSE_HEADERS)
        );
    }
}

/// The CORS layer adds its fields to `Vary` and keeps those of the refusal.
#[tokio::test]
async fn a_cors_layer_around_this_one_keeps_the_fields_of_refusals() {
    let response = ask(app(layer(), cors()), WRONG).await;
    let vary = lines(response.headers(), VARY).join(", ");
    assert!(
        vary.starts_with("accept") && vary.contains("origin"),
        "{vary}"
    );
    assert_eq!(lines(response.headers(), WWW_AUTHENTICATE).len(), 1);
}

/// The documentation says so, because the outer layer runs last.
#[tokio::test]
async fn the_exposed_fields_of_a_cors_layer_replace_those_of_this_layer() {
    let cors = cors().expose_headers([WWW_AUTHENTICATE, http::header::ETAG]);
    let response = ask(app(layer().expose_to_scripts(), cors), WRONG).await;
    let exposed = lines(response.headers(), ACCESS_CONTROL_EXPOSE_HEADERS);
    assert_eq!(exposed, ["www-authenticate,etag"]);
}

#[tokio::test]
async fn a_concealed_route_exposes_no_field() {
    let not_found = |_: &RequestHead<'_>| {
        let response = Response::builder().status(404);
        response.body(Body::empty()).unwrap()
    };
    let auth = layer()
        .expose_to_scripts()
        .respond_with(NotFound::new(not_found));
    let app = Router::new().route("/", get(async || "hello")).layer(auth);
    let response = ask(app, WRONG).await;
    assert_eq!(response.status(), 404);
    let names: Vec<_> = response.headers().keys().collect();
    assert_eq!(names, ["content-length"]);
}
