//! Checks the metadata document of a protected resource, its URL, and how it is served (RFC 9728).
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::convert::Infallible;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ALLOW, CACHE_CONTROL,
    CONTENT_LENGTH, CONTENT_TYPE, HOST, ORIGIN,
};
use http::{Request, Response};
use serde_json::{Value, json};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_challenge::ConfigError;
use tower_challenge::resource_metadata::{
    BearerMethod, ResourceMetadata, ResourceMetadataBuilder, TranslatedMember,
};
use tower_challenge::scheme::Bearer;
use tower_challenge::{Principal, Secret};

const RESOURCE: &str = "https://api.example/notes";
const PATH: &str = "/.well-known/oauth-protected-resource/notes";

fn builder() -> ResourceMetadataBuilder {
    ResourceMetadata::builder(RESOURCE)
}

fn document(metadata: &ResourceMetadata) -> Value {
    serde_json::from_str(metadata.as_json()).unwrap()
}

fn built(builder: ResourceMetadataBuilder) -> Value {
    document(&builder.build().unwrap())
}

async fn ask(metadata: &ResourceMetadata, method: &str, target: &str) -> Response<String> {
    let request = Request::builder().method(method).uri(target).body(());
    let service = metadata.service::<String>();
    service.oneshot(request.unwrap()).await.unwrap()
}

/// Section 3: "Protected resources supporting metadata MUST make a JSON document containing metadata as specified in
/// Section 2 available at a URL formed by inserting a well-known URI string into the protected resource's resource
/// identifier between the host component and the path and/or query components, if any."
///
/// Section 3.1: "any terminating slash (/) following the host component MUST be removed before inserting /.well-known/".
///
/// The rows are derived from these sections and from the example of section 3.1.
#[tokio::test]
async fn the_document_is_at_the_url_of_each_row() {
    let path = format!(
        "{}/tests/vectors/well_known.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let rows = file["vectors"].as_array().unwrap();
    let mut refused = 0;
    for row in rows {
        let resource = row["resource"].as_str().unwrap();
        let built = ResourceMetadata::builder(resource).build();
        let Some(url) = row["metadata_url"].as_str() else {
            let error = built.unwrap_err().to_string();
            assert!(error.contains("cannot identify a resource"), "{error}");
            refused += 1;
            continue;
        };
        let metadata = built.unwrap();
        assert_eq!(metadata.url(), url);
        // Section 3.3: "The resource value returned MUST be identical to the protected resource's resource identifier
        // value into which the well-known URI path suffix was inserted to create the URL used to retrieve the metadata."
        assert_eq!(document(&metadata)["resource"], resource);
        // The target of HTTP/1, and that of HTTP/2, which has the authority.
        let target = url.split_once("://").unwrap().1;
        let target = &target[target.find('/').unwrap()..];
        for target in [target, url] {
            let response = ask(&metadata, "GET", target).await;
            assert_eq!(response.status(), 200, "{target}");
            assert_eq!(response.body(), metadata.as_json());
        }
        assert_eq!(metadata.path(), target.split('?').next().unwrap());
    }
    println!("well_known.json: {} passed, 0 skipped", rows.len());
    assert_eq!((rows.len(), refused), (10, 2));
}

/// Section 1.2: a resource identifier is "a URL that uses the https scheme and has no fragment component".
#[test]
fn an_identifier_that_no_client_could_compare_is_a_config_error() {
    for bad in [
        "",
        "api.example",
        "/notes",
        "https://",
        "https:///notes",
        "http://api.example/notes",
        "ftp://api.example/notes",
        "https://api.example/#part",
        "https://ada@api.example/notes",
        "https://api.example/a b",
        "https://api.example/\u{e9}",
        "https://API.example/notes",
        "https://api.example/a/../notes",
        "https://api.example/./notes",
        "http://localhost.evil.example/",
    ] {
        assert!(ResourceMetadata::builder(bad).build().is_err(), "{bad:?}");
    }
    for (local, url) in [
        (
            "http://127.0.0.1:9200/mcp",
            "http://127.0.0.1:9200/.well-known/oauth-protected-resource/mcp",
        ),
        (
            "http://[::1]:9200",
            "http://[::1]:9200/.well-known/oauth-protected-resource",
        ),
        (
            "http://localhost/?k=v",
            "http://localhost/.well-known/oauth-protected-resource?k=v",
        ),
    ] {
        let metadata = ResourceMetadata::builder(local).build().unwrap();
        assert_eq!(metadata.url(), url);
    }
}

/// Section 3.2: "Parameters with multiple values are represented as JSON arrays. Parameters with zero values MUST be
/// omitted from the response."
#[test]
fn the_document_has_the_members_that_were_set_and_no_others() {
    assert_eq!(built(builder()), json!({ "resource": RESOURCE }));
    let full = builder()
        .authorization_server("https://login.example")
        .authorization_server("https://login2.example/tenant")
        .jwks_uri("https://api.example/keys")
        .scopes_supported("read write")
        .bearer_methods_supported([
            BearerMethod::Header,
            BearerMethod::Body,
            BearerMethod::Query,
        ])
        .resource_signing_alg_values_supported(["ES256", "RS256"])
        .resource_name("Notes \"of\" \\ all\u{7}")
        .translated(TranslatedMember::ResourceName, "it", "Appunti")
        .resource_documentation("https://api.example/docs#start")
        .translated(
            TranslatedMember::ResourceDocumentation,
            "pt-BR",
            "https://api.example/docs/pt",
        )
        .resource_policy_uri("https://api.example/policy")
        .translated(
            TranslatedMember::ResourcePolicyUri,
            "fr",
            "https://api.example/fr",
        )
        .resource_tos_uri("https://api.example/tos")
        .translated(
            TranslatedMember::ResourceTosUri,
            "fr",
            "https://api.example/tos/fr",
        )
        .tls_client_certificate_bound_access_tokens()
        .authorization_details_types_supported(["payment"])
        .dpop_signing_alg_values_supported(["ES256"])
        .dpop_bound_access_tokens_required();
    let expected = json!({
        "resource": RESOURCE,
        "authorization_servers": ["https://login.example", "https://login2.example/tenant"],
        "jwks_uri": "https://api.example/keys",
        "scopes_supported": ["read", "write"],
        "bearer_methods_supported": ["header", "body", "query"],
        "resource_signing_alg_values_supported": ["ES256", "RS256"],
        "resource_name": "Notes \"of\" \\ all\u{7}",
        "resource_name#it": "Appunti",
        "resource_documentation": "https://api.example/docs#start",
        "resource_documentation#pt-BR": "https://api.example/docs/pt",
        "resource_policy_uri": "https://api.example/policy",
        "resource_policy_uri#fr": "https://api.example/fr",
        "resource_tos_uri": "https://api.example/tos",
        "resource_tos_uri#fr": "https://api.example/tos/fr",
        "tls_client_certificate_bound_access_tokens": true,
        "authorization_details_types_supported": ["payment"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "dpop_bound_access_tokens_required": true,
    });
    let metadata = full.build().unwrap();
    assert_eq!(document(&metadata), expected);
    let servers = metadata.authorization_servers().collect::<Vec<_>>();
    assert_eq!(
        servers,
        ["https://login.example", "https://login2.example/tenant"]
    );
}

#[test]
fn a_second_call_replaces_the_value_of_a_member() {
    let twice = builder()
        .resource_name("Notes")
        .scopes_supported("read")
        .resource_name("Better notes");
    let text = twice.build().unwrap();
    assert_eq!(text.as_json().matches("resource_name").count(), 1);
    assert_eq!(document(&text)["resource_name"], "Better notes");
}

type Step = fn(ResourceMetadataBuilder) -> ResourceMetadataBuilder;

/// Section 2: "The value none MUST NOT be used", and of `jwks_uri`: "This URL MUST use the https scheme." RFC 8414 section
/// 2: an issuer identifier has "no query or fragment components". RFC 9449 section 4.2: the algorithm of a proof "MUST NOT
/// be none or an identifier for a symmetric algorithm".
#[test]
fn a_value_that_its_member_does_not_allow_is_a_config_error() {
    let wrong: [(&str, Step); 22] = [
        ("issuer", |b| b.authorization_server("login.example")),
        ("issuer", |b| b.authorization_server("http://login.example")),
        ("issuer", |b| {
            b.authorization_server("https://login.example/?a")
        }),
        ("issuer", |b| {
            b.authorization_server("https://login.example/#a")
        }),
        ("named twice", |b| {
            b.authorization_server("https://a.example")
                .authorization_server("https://a.example")
        }),
        ("scope", |b| b.scopes_supported("")),
        ("scope", |b| b.scopes_supported("re\"ad")),
        ("key set", |b| b.jwks_uri("http://api.example/keys")),
        ("none", |b| {
            b.resource_signing_alg_values_supported(["none"])
        }),
        ("none", |b| {
            b.resource_signing_alg_values_supported(["ES256", "None"])
        }),
        ("empty", |b| b.resource_signing_alg_values_supported([""])),
        ("empty", |b| {
            b.resource_signing_alg_values_supported::<&str>([])
        }),
        ("none", |b| b.dpop_signing_alg_values_supported(["none"])),
        ("symmetric", |b| {
            b.dpop_signing_alg_values_supported(["HS256"])
        }),
        ("empty", |b| b.bearer_methods_supported([])),
        ("empty", |b| {
            b.authorization_details_types_supported::<&str>([])
        }),
        ("name of the resource", |b| b.resource_name(" ")),
        ("page", |b| b.resource_documentation("docs")),
        ("page", |b| b.resource_policy_uri("javascript:alert(1)")),
        ("page", |b| b.resource_tos_uri("https://")),
        ("language", |b| {
            b.translated(TranslatedMember::ResourceName, "", "Notes")
        }),
        ("language", |b| {
            b.translated(TranslatedMember::ResourceName, "fr_FR", "Notes")
        }),
    ];
    for (part, step) in wrong {
        let error: ConfigError = step(builder()).build().unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
        let then = step(builder()).resource_name("a good value behind it");
        assert_eq!(then.build().unwrap_err(), error, "the first error stays");
    }
}

/// Section 3.1: "A protected resource metadata document MUST be queried using an HTTP GET request". Section 3.2: "A
/// successful response MUST use the 200 OK HTTP status code and return a JSON object using the application/json content
/// type".
#[tokio::test]
async fn every_method_gets_an_answer_that_scripts_may_read() {
    let metadata = builder().build().unwrap();
    let length = metadata.as_json().len().to_string();
    let got = ask(&metadata, "GET", PATH).await;
    assert_eq!(
        (got.status().as_u16(), &**got.body()),
        (200, metadata.as_json())
    );
    assert_eq!(got.headers()[CONTENT_TYPE], "application/json");
    assert_eq!(got.headers()[CACHE_CONTROL], "public, max-age=300");

    let head = ask(&metadata, "HEAD", PATH).await;
    assert_eq!((head.status().as_u16(), &**head.body()), (200, ""));
    assert_eq!(head.headers()[CONTENT_LENGTH], *length);
    assert_eq!(head.headers()[CONTENT_TYPE], "application/json");

    let other = ask(&metadata, "POST", PATH).await;
    assert_eq!((other.status().as_u16(), &**other.body()), (405, ""));
    assert_eq!(other.headers()[ALLOW], "GET, HEAD, OPTIONS");

    let preflight = Request::options(PATH)
        .header(ORIGIN, "https://page.example")
        .header(ACCESS_CONTROL_REQUEST_METHOD, "GET")
        .header(ACCESS_CONTROL_REQUEST_HEADERS, "mcp-protocol-version");
    let service = metadata.service::<String>();
    let preflight = service.oneshot(preflight.body(()).unwrap()).await.unwrap();
    assert_eq!(preflight.status(), 204);
    assert_eq!(
        preflight.headers()[ACCESS_CONTROL_ALLOW_METHODS],
        "GET, HEAD, OPTIONS"
    );
    assert_eq!(preflight.headers()[ACCESS_CONTROL_ALLOW_HEADERS], "*");
    for answer in [got, head, other, preflight] {
        assert_eq!(answer.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    }
}

/// The path and the query are exact, so that two resources of one host have two documents.
#[tokio::test]
async fn another_target_is_not_found() {
    let metadata = builder().build().unwrap();
    let with_query = ResourceMetadata::builder("https://api.example/notes?k=v");
    let with_query = with_query.build().unwrap();
    for target in [
        "/",
        "/notes",
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/",
        "/.well-known/oauth-protected-resource/notes/",
        "/.well-known/oauth-protected-resource/Notes",
        "/.well-known/oauth-protected-resource/notes?k=w",
        "/.well-known/oauth-protected-resource//notes",
        "/.well-known/oauth-protected-resource/%6eotes",
        "/.well-known/oauth-authorization-server/notes",
        "*",
    ] {
        for metadata in [&metadata, &with_query] {
            let response = ask(metadata, "GET", target).await;
            assert_eq!((response.status().as_u16(), &**response.body()), (404, ""));
        }
    }
    let other = format!("{PATH}?k=v");
    assert_eq!(ask(&metadata, "GET", &other).await.status(), 404);
    assert_eq!(ask(&with_query, "GET", &other).await.status(), 200);
    assert_eq!(ask(&with_query, "GET", PATH).await.status(), 404);
}

/// The document is made from the configuration. The fields of a client and of a proxy change nothing.
#[tokio::test]
async fn no_field_of_the_request_changes_the_document() {
    let metadata = builder().build().unwrap();
    let request = Request::get(PATH)
        .header(HOST, "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example;proto=http")
        .header("authorization", "Bearer wrong");
    let service = metadata.service::<String>();
    let response = service.oneshot(request.body(()).unwrap()).await.unwrap();
    assert_eq!(response.body(), metadata.as_json());
    assert!(!response.body().contains("evil"));
}

/// A service that counts what was reserved in it by `poll_ready` and not returned.
#[derive(Debug, Default)]
struct Reserving {
    open: Arc<AtomicUsize>,
    holds: bool,
}

impl Clone for Reserving {
    fn clone(&self) -> Self {
        let open = Arc::clone(&self.open);
        Self { open, holds: false }
    }
}

impl Drop for Reserving {
    fn drop(&mut self) {
        self.open
            .fetch_sub(usize::from(self.holds), Ordering::SeqCst);
    }
}

impl Service<Request<()>> for Reserving {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.open
            .fetch_add(usize::from(!self.holds), Ordering::SeqCst);
        self.holds = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        assert!(self.holds, "called without being ready");
        self.holds = false;
        self.open.fetch_sub(1, Ordering::SeqCst);
        let path = request.uri().path().to_owned();
        std::future::ready(Ok(Response::new(path)))
    }
}

#[tokio::test]
async fn the_layer_answers_for_the_document_and_passes_all_others_on() {
    let notes = builder().build().unwrap();
    let root = ResourceMetadata::builder("https://api.example");
    let root = root.build().unwrap();
    let inner = Reserving::default();
    let open = Arc::clone(&inner.open);
    let mut service = root.layer().layer(notes.layer().layer(inner));
    for (path, body) in [
        (PATH, notes.as_json()),
        ("/.well-known/oauth-protected-resource", root.as_json()),
        ("/.well-known/oauth-protected-resource/other", ""),
        ("/notes", ""),
    ] {
        let request = Request::get(path).body(()).unwrap();
        let response = service.ready().await.unwrap().call(request).await.unwrap();
        let expected = if body.is_empty() { path } else { body };
        assert_eq!(response.body(), expected);
        assert_eq!(open.load(Ordering::SeqCst), 0, "nothing stays reserved");
    }
}

#[tokio::test]
async fn an_error_of_the_inner_service_stays_an_error() {
    let inner = service_fn(async |_: Request<()>| Err::<Response<String>, _>("down"));
    let service = builder().build().unwrap().layer().layer(inner);
    let response = service.oneshot(Request::new(())).await;
    assert_eq!(response.unwrap_err(), "down");
}

/// Behind axum's nested router the service sees the end of the path, and still compares the whole path.
#[tokio::test]
async fn a_route_of_axum_serves_the_document() {
    let metadata = builder().build().unwrap();
    let nested = axum::Router::new().route_service(
        "/oauth-protected-resource/notes",
        metadata.service::<axum::body::Body>(),
    );
    let app = axum::Router::new().nest("/.well-known", nested);
    let request = Request::get(PATH).body(axum::body::Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let body = axum::body::to_bytes(response.into_body(), 4096)
        .await
        .unwrap();
    assert_eq!(body, metadata.as_json());
}

#[test]
fn debug_shows_where_the_document_is() {
    let metadata = builder().build().unwrap();
    let expected = r#"ResourceMetadata { resource: "https://api.example/notes", url: "https://api.example/.well-known/oauth-protected-resource/notes", .. }"#;
    assert_eq!(format!("{metadata:?}"), expected);
    let known = |token: Secret<'_>| token.matches("good").then(|| Principal::new("ada"));
    let bearer = Bearer::new("notes", known).unwrap();
    let bearer = bearer.resource_metadata_of(&metadata).unwrap();
    assert!(format!("{bearer:?}").contains(metadata.url()));
}

/// `http` is accepted for this machine, and for pages. The texts for the operator say so.
#[test]
fn the_texts_say_which_urls_are_accepted() {
    let local = ResourceMetadata::builder("http://127.0.0.1:8080/notes")
        .authorization_server("http://localhost:9000")
        .jwks_uri("http://[::1]/keys")
        .resource_documentation("http://docs.example/");
    assert!(local.build().is_ok());
    let why = |builder: ResourceMetadataBuilder| builder.build().unwrap_err().to_string();
    let url = "http://a.example";
    for (text, expected) in [
        (
            why(ResourceMetadata::builder(url)),
            r#""http://a.example" cannot identify a resource: use an https URL without a fragment and without a user (http is accepted for this machine alone)"#,
        ),
        (
            why(builder().authorization_server(url)),
            r#""http://a.example" is not an issuer identifier: use an https URL without a query and a fragment (http is accepted for this machine alone)"#,
        ),
        (
            why(builder().jwks_uri(url)),
            r#""http://a.example" is not the URL of a key set: use an https URL without a fragment (http is accepted for this machine alone)"#,
        ),
        (
            why(builder().resource_policy_uri("ftp://a.example")),
            r#""ftp://a.example" is not the URL of a page: use an absolute https or http URL"#,
        ),
    ] {
        assert_eq!(text, expected);
    }
}
