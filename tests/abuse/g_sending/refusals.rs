//! Tests the form of refusals.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http::header::{CACHE_CONTROL, RETRY_AFTER, VARY, WWW_AUTHENTICATE};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;
use tower::util::Either;
use tower_challenge::password::OneAccount;
use tower_challenge::policy::{self};
use tower_challenge::respond::Denial;
use tower_challenge::scheme::Basic;
use tower_challenge::{Principal, RequestHead, RequireAuth, RequirePolicy};
use tower_layer::Layer as _;

use super::schemes;
use crate::support::{
    Answer, Body, Kind, Layer, PASSWORD, Probe, REALM, TestRequest, TestServer, TestWorld, USER,
    WRONG, WRONG_TOKEN, get, run,
};
use crate::wire::Untouchable;

/// Every refusal has `Cache-Control: no-store`, and no challenge or `Retry-After` of the renderer.
#[test]
fn a097_every_refusal_is_no_store() {
    let render = |_: &Denial, _: &RequestHead<'_>| {
        Response::builder()
            .status(200)
            .header(CACHE_CONTROL, "public, max-age=3600")
            .header(CACHE_CONTROL, "immutable")
            .header(RETRY_AFTER, "0")
            .header(WWW_AUTHENTICATE, "Evil realm=\"x\"")
            .body(Body::default())
            .unwrap()
    };
    let forbid = |_: &Principal, _: &RequestHead<'_>| false;
    let layer = RequireAuth::new(TestWorld::new().basic())
        .unwrap()
        .policy(forbid)
        .respond_with(render);
    let route = RequireAuth::new(TestWorld::new().basic())
        .unwrap()
        .respond_with(render);
    let services = [
        Either::Left(layer.layer(Probe::new())),
        Either::Right(route.layer(RequirePolicy::new(forbid).layer(Probe::new()))),
    ];
    let asks = [
        (get("/"), 401),
        (get("/").basic(USER, WRONG), 401),
        (get("/").basic(USER, PASSWORD), 403),
        (get("/").basic_bytes("x"), 400),
    ];
    let asks = asks
        .iter()
        .flat_map(|ask| services.each_ref().map(|service| (service, ask)));
    for (service, (ask, status)) in asks {
        let Ok(response) = run(service.clone().oneshot(ask.clone().into_request()));
        assert_eq!(response.status().as_u16(), *status);
        let lines: Vec<_> = response.headers().get_all(CACHE_CONTROL).iter().collect();
        assert_eq!(lines, ["no-store"]);
        // Only the layer knows whether the client has to wait, and these refusals ask for no wait.
        assert_eq!(response.headers().get(RETRY_AFTER), None);
        let challenges: Vec<_> = response
            .headers()
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .collect();
        assert!(
            challenges
                .iter()
                .all(|line| !line.as_bytes().starts_with(b"Evil"))
        );
        assert_eq!(challenges.len(), usize::from(*status == 401));
    }
}

/// If a URL has different answers for authenticated and for anonymous callers, both have `Vary`, so that a cache does
/// not mix them up. A refusal does not need it, because caches must not store it.
#[test]
fn a097_the_answers_vary_if_authentication_is_optional() {
    for kinds in Kind::orders() {
        let stands = [
            TestServer::tuned(&kinds, Layer::optional),
            TestServer::proxy(&kinds, Layer::optional),
        ];
        for stand in stands {
            let good = kinds[0].good(&stand, &get("/"));
            for ask in [get("/"), get("/").authorization(good)] {
                let answer = stand.ask(ask);
                assert!(answer.is_from_inside());
                let field = stand.role.credentials_field();
                assert_eq!(answer.header(VARY.as_str()), Some(field.as_str()));
            }
        }
    }
}

/// RFC 9111 section 3.5 keeps answers to credentials out of shared caches, unless the inner service allows them to
/// store the answer. Then the layer adds `Vary`, so that a cache serves it only to requests with the same credentials.
#[test]
fn a097_an_answer_that_shared_caches_may_store_varies() {
    let shared = [
        "public",
        "max-age=60, Public",
        "s-maxage=60",
        "S-MaxAge=\"60\"",
        "private,must-revalidate",
        "max-age=1 ,\tpublic ",
    ];
    let private = [
        "private",
        "no-store",
        "max-age=60",
        "no-cache",
        "publicity",
        "proxy-revalidate",
        "x-public",
        "",
    ];
    let cases = shared.map(|directives| (directives, true)).into_iter();
    for (directives, is_shared) in cases.chain(private.map(|directives| (directives, false))) {
        for kinds in Kind::orders() {
            let probe = Probe::answering(move |_| {
                let response = Response::builder().header(CACHE_CONTROL, "max-age=5");
                let response = response.header(CACHE_CONTROL, directives);
                response.body(Body::default()).unwrap()
            });
            let stand = TestServer::over(probe, schemes(&kinds), |layer| layer);
            let good = kinds[0].good(&stand, &get("/"));
            let answer = stand.ask(get("/").authorization(good));
            let varies = answer.header(VARY.as_str());
            let expected = is_shared.then_some("authorization");
            assert_eq!(varies, expected, "{directives}");
        }
    }
}

/// The layer adds no `Vary` to a public answer, and none for a proxy, because there is no cache between a client and
/// its proxy.
#[test]
fn a097_an_answer_that_does_not_depend_on_credentials_does_not_vary() {
    let probe = || {
        Probe::answering(|_| {
            let response = Response::builder().header(CACHE_CONTROL, "public");
            response.body(Body::default()).unwrap()
        })
    };
    let public = TestServer::over(probe(), schemes(&[Kind::Basic]), |layer| {
        layer.public(|_| true)
    });
    assert_eq!(public.ask(get("/")).header(VARY.as_str()), None);
    let mut proxy = TestServer::over(probe(), schemes(&[Kind::Basic]), Layer::proxy);
    proxy.role = tower_challenge::scheme::ServerRole::Proxy;
    let answer = proxy.ask(get("/").basic(USER, PASSWORD));
    assert_eq!(answer.header(VARY.as_str()), None);
}

/// The layer keeps the `Vary` of the inner service.
#[test]
fn a097_the_layer_keeps_the_vary_of_the_inner_service() {
    let probe = Probe::answering(|_| {
        let response = Response::builder().header(VARY, "accept");
        response.body(Body::default()).unwrap()
    });
    let stand = TestServer::over(probe, schemes(&[Kind::Basic]), Layer::optional);
    let answer = stand.ask(get("/"));
    let lines: Vec<_> = answer.headers.get_all(VARY).iter().collect();
    assert_eq!(lines, ["accept", "authorization"]);
}

/// The layer does not read the body of a request that it refuses.
#[test]
fn a098_the_layer_does_not_read_the_body_of_a_refused_request() {
    for (kinds, stand) in TestServer::every() {
        for kind in kinds {
            for credentials in [
                "Unheard-Of".to_owned(),
                kind.wrong(&stand, &TestRequest::new("POST", "/")),
            ] {
                let field = stand.role.credentials_field();
                let ask = TestRequest::new("POST", "/").field(field.as_str(), credentials);
                let ask = ask
                    .field("expect", "100-continue")
                    .field("content-length", "1000000000");
                let seen = crate::wire::send(&stand, ask.into_request().map(|_| Untouchable));
                assert_eq!(seen.len(), 0);
            }
        }
    }
}

/// Starts a server with the layer, and connects to it over TCP.
async fn serve() -> TcpStream {
    let accounts = OneAccount::new(USER, PASSWORD).unwrap();
    let layer = RequireAuth::new(Basic::new(REALM, accounts).unwrap()).unwrap();
    let echo = |body: Bytes| async move { body };
    let app = axum::Router::new()
        .route("/", axum::routing::any(echo))
        .layer(layer);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    TcpStream::connect(address).await.unwrap()
}

/// Sends `text`, and returns everything that the server sends until it closes or pauses.
async fn exchange(stream: &mut TcpStream, text: &str) -> String {
    let _ = stream.write_all(text.as_bytes()).await;
    let mut said = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(Ok(read)) =
        tokio::time::timeout(Duration::from_millis(300), stream.read(&mut buffer)).await
    {
        said.extend_from_slice(&buffer[..read]);
        if read == 0 {
            break;
        }
    }
    String::from_utf8(said).unwrap()
}

/// The refusal is the answer to `Expect: 100-continue`. The server never takes the bytes that follow for another
/// request.
#[tokio::test]
async fn a098_a_refused_client_gets_no_100_continue() {
    let mut stream = serve().await;
    let head =
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n";
    let said = exchange(&mut stream, head).await;
    assert!(said.starts_with("HTTP/1.1 401 "), "{said}");
    assert!(!said.contains("100 Continue"), "{said}");
    let smuggled = format!(
        "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: {}\r\n\r\n",
        good_credentials()
    );
    let said = exchange(&mut stream, &smuggled).await;
    assert!(
        !said.contains("200 OK"),
        "the body was taken for a request: {said}"
    );

    let mut stream = serve().await;
    let head = head.replace(
        "\r\n\r\n",
        &format!("\r\nAuthorization: {}\r\n\r\n", good_credentials()),
    );
    let said = exchange(&mut stream, &head.replace("100000", "4")).await;
    assert!(
        said.starts_with("HTTP/1.1 100 "),
        "an authenticated client gets 100 Continue: {said}"
    );
    let said = exchange(&mut stream, "four").await;
    assert!(
        said.starts_with("HTTP/1.1 200 ") && said.ends_with("four"),
        "{said}"
    );
}

fn good_credentials() -> String {
    crate::support::request::basic(format!("{USER}:{PASSWORD}"))
}

/// The server does not take an unread body for the next request, with a length or in chunks.
#[tokio::test]
async fn a098_the_server_takes_no_unread_body_for_a_request() {
    let smuggled = format!(
        "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: {}\r\n\r\n",
        good_credentials()
    );
    let chunked = format!("{:x}\r\n{smuggled}\r\n0\r\n\r\n", smuggled.len());
    let length = smuggled.len();
    for (field, body) in [
        (format!("Content-Length: {length}"), &smuggled),
        ("Transfer-Encoding: chunked".to_owned(), &chunked),
    ] {
        let mut stream = serve().await;
        let said = exchange(
            &mut stream,
            &format!("POST / HTTP/1.1\r\nHost: h\r\n{field}\r\n\r\n{body}"),
        )
        .await;
        assert!(said.starts_with("HTTP/1.1 401 "), "{said}");
        assert!(!said.contains("200 OK"), "{said}");
    }
}

/// The names and values of field lines.
type Fields = &'static [(&'static str, &'static str)];

/// The layer upgrades, tunnels or calls nothing before the client has authenticated.
#[test]
fn a099_the_layer_upgrades_nothing_before_authentication() {
    let upgrades: &[(&str, &str, Fields)] = &[
        (
            "GET",
            "/",
            &[
                ("connection", "upgrade"),
                ("upgrade", "websocket"),
                ("sec-websocket-version", "13"),
                ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="),
            ],
        ),
        (
            "GET",
            "/",
            &[
                ("connection", "upgrade, http2-settings"),
                ("upgrade", "h2c"),
                ("http2-settings", "AAMAAABkAAQAAP__"),
            ],
        ),
        (
            "OPTIONS",
            "*",
            &[("connection", "upgrade"), ("upgrade", "TLS/1.0")],
        ),
        ("CONNECT", "h:443", &[("host", "h:443")]),
        (
            "CONNECT",
            "http://h/chat",
            &[("sec-websocket-version", "13")],
        ),
        (
            "POST",
            "/pkg.Service/Method",
            &[("content-type", "application/grpc"), ("te", "trailers")],
        ),
        (
            "POST",
            "/pkg.Service/Method",
            &[("content-type", "application/grpc-web+proto")],
        ),
        ("PRI", "*", &[]),
        ("PROPFIND", "/", &[("depth", "infinity")]),
        (
            "GET",
            "/",
            &[
                ("connection", "authorization"),
                ("x-forwarded-for", "127.0.0.1"),
            ],
        ),
    ];
    for (kinds, stand) in TestServer::every() {
        for (method, target, fields) in upgrades {
            let ask = TestRequest::new(method, target);
            let ask = fields
                .iter()
                .fold(ask, |ask, (name, value)| ask.field(name, value));
            let answer = stand
                .ask(ask.clone().authorization("Unheard-Of"))
                .is_challenged();
            assert_eq!(
                answer.status,
                stand.role.unauthenticated(),
                "only a proxy answers 407"
            );
            let wrong = kinds[0].wrong(&stand, &ask);
            stand.ask(ask.clone().authorization(wrong)).is_refused();
            let absent = stand.ask(ask);
            assert!(!absent.is_from_inside() || absent.seen[0].identity().is_none());
        }
    }
}

/// The layer refuses `HEAD` as it refuses `GET`, with the same status and fields.
#[test]
fn a100_head_is_refused_as_get_is() {
    for (kinds, stand) in TestServer::every() {
        let mut credentials = vec![
            "Unheard-Of".to_owned(),
            String::new(),
            "Basic".into(),
            "Digest x".into(),
        ];
        credentials.extend(kinds.iter().map(|kind| format!("{} a=b, a=b", kind.name())));
        for credentials in credentials {
            let ask = |method| stand.ask(TestRequest::new(method, "/").authorization(&credentials));
            let (head, get) = (ask("HEAD"), ask("GET"));
            assert_eq!(head.status, get.status);
            let names = |answer: &Answer| answer.headers.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(&head), names(&get));
            assert!(head.body.is_empty());
        }
    }
    let stand = TestServer::tuned(&[Kind::Basic], |layer| {
        layer.policy(policy::role("admin").unwrap())
    });
    for method in ["GET", "HEAD"] {
        stand
            .ask(TestRequest::new(method, "/").basic(USER, PASSWORD))
            .is_forbidden();
    }
}

#[tokio::test]
async fn a100_a_refused_head_gets_no_body() {
    let mut stream = serve().await;
    let said = exchange(&mut stream, "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert!(
        said.starts_with("HTTP/1.1 401 ") && said.ends_with("\r\n\r\n"),
        "{said}"
    );
    assert_eq!(said.matches("www-authenticate: ").count(), 1);
}

/// A client without credentials, or with credentials for another scheme, gets no error parameter.
#[test]
fn a101_only_bad_bearer_credentials_get_an_error() {
    for (kinds, stand) in TestServer::every() {
        let error = |ask: TestRequest| stand.ask(ask).params("Bearer", "error");
        let has_bearer = kinds.contains(&Kind::Bearer);
        let invalid_token = if has_bearer {
            vec!["invalid_token"]
        } else {
            vec![]
        };
        let invalid_request = if has_bearer {
            vec!["invalid_request"]
        } else {
            vec![]
        };
        assert_eq!(error(get("/")), [""; 0]);
        assert_eq!(error(get("/").authorization("Unheard-Of x")), [""; 0]);
        assert_eq!(error(get("/").basic(USER, WRONG)), [""; 0]);
        assert_eq!(error(get("/").authorization("Digest x")), [""; 0]);
        assert_eq!(error(get("/").bearer(WRONG_TOKEN)), invalid_token);
        let unreadable = stand.ask(get("/").bearer("\"x\""));
        let unreadable = match has_bearer {
            true => unreadable.is_malformed(),
            false => unreadable.is_challenged(),
        };
        assert_eq!(unreadable.params("Bearer", "error"), invalid_request);
    }
}
