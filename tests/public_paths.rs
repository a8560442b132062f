//! Tests of public paths: only the exact spelling of a named path is public.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use axum::extract::OriginalUri;
use axum::routing;
use http::{Method, Request, Uri, Version};
use proptest::prelude::*;
use tower::ServiceExt;
use tower_challenge::password::OneAccount;
use tower_challenge::require_auth::PublicPaths;
use tower_challenge::scheme::Basic;
use tower_challenge::{RequestHead, RequireAuth};

/// The public paths. The router has a route for each.
const EXACT: [&str; 4] = ["/", "/health", "/a/b.c", "/~u/x:y@z,(1)"];

fn public() -> PublicPaths {
    let mut public = PublicPaths::below([Method::GET], "/assets/").unwrap();
    for path in EXACT {
        public = public.and_exactly([Method::GET], path).unwrap();
    }
    public
}

fn request(method: &str, target: &str) -> Option<Request<Body>> {
    let request = Request::builder().method(method).uri(target);
    request.body(Body::empty()).ok()
}

fn is_public(target: &str) -> bool {
    request("GET", target).is_some_and(|request| public().contains(&RequestHead::of(&request)))
}

#[test]
fn a_named_path_is_public_with_any_query() {
    for path in EXACT {
        assert!(is_public(path), "{path}");
        assert!(is_public(&format!("{path}?q=/../admin")), "{path}");
    }
    for path in ["/assets/a", "/assets/a/b", "/assets/a.b/~c", "/assets/..."] {
        assert!(is_public(path), "{path}");
    }
}

/// Some routers, proxies, frameworks or file systems resolve these spellings to a public path.
#[test]
fn another_spelling_of_a_public_path_is_not_public() {
    let long = format!("/assets/{}", "a".repeat(1017));
    assert!(is_public(&long[..1024]));
    let spellings = [
        "://health",
        "://assets/a",
        "/health/",
        "//health",
        "/./health",
        "/health/.",
        "/x/../health",
        "/health/..",
        "/health;",
        "/health;x=y",
        "/;x/health",
        "/%68ealth",
        "/healt%68",
        "/HEALTH",
        "/Health",
        "/health%00",
        "/health%20",
        "/health.",
        "/health%2F",
        "/%2Fhealth",
        "/%2fhealth",
        "/health%3Fx",
        "/health%23x",
        "/\\health",
        "/health\\",
        "/x\\..\\health",
        "/h%C3%A9alth",
        "/health,",
        "/ahealth",
        "/healthz",
        "/health/x",
        "/a/b",
        "/a/b.c/",
        "/a//b.c",
        "/a%2Fb.c",
        "/assets",
        "/assets/",
        "/assets//",
        "/assets//a",
        "/assets/a/",
        "/assets/./a",
        "/assets/../admin",
        "/assets/a/..",
        "/assets/..",
        "/assets/.",
        "/assets/%2e%2e/admin",
        "/assets/%2e",
        "/assets/.%2e/admin",
        "/assets/a%2F..%2Fadmin",
        "/assets/a%5C..%5Cadmin",
        "/assets/..\\admin",
        "/assets/..;/admin",
        "/assets/a;x",
        "/assets/%61",
        "/assets/a%20b",
        "/assets/a%00.css",
        "/assets/a%C0%AE",
        "/Assets/a",
        "/assets%2Fa",
        "/x/assets/a",
        "//assets/a",
        "*",
        "",
        long.as_str(),
    ];
    let mut seen = 0;
    for spelling in spellings {
        seen += usize::from(request("GET", spelling).is_some());
        assert!(!is_public(spelling), "{spelling}");
    }
    assert!(seen > 50, "only {seen} spellings are valid request targets");
}

#[test]
fn a_public_path_with_another_method_is_not_public() {
    for method in [
        "POST", "PUT", "OPTIONS", "CONNECT", "TRACE", "get", "Get", "head", "HEADER", "FOO",
    ] {
        for path in EXACT.into_iter().chain(["/assets/a"]) {
            let request = request(method, path).unwrap();
            assert!(
                !public().contains(&RequestHead::of(&request)),
                "{method} {path}"
            );
        }
    }
}

/// `HEAD` follows `GET`, and no other method does. `GET` does not follow `HEAD`.
#[test]
fn a177_head_is_public_where_get_is() {
    for path in EXACT.into_iter().chain(["/assets/a", "/assets/a/b"]) {
        let head = request("HEAD", path).unwrap();
        assert!(public().contains(&RequestHead::of(&head)), "{path}");
    }
    for path in ["/admin", "/health/", "/assets/", "/assets/../admin"] {
        let head = request("HEAD", path).unwrap();
        assert!(!public().contains(&RequestHead::of(&head)), "{path}");
    }
    for (named, asked, expected) in [
        (Method::HEAD, "HEAD", true),
        (Method::HEAD, "GET", false),
        (Method::POST, "HEAD", false),
        (Method::OPTIONS, "HEAD", false),
    ] {
        let public = PublicPaths::exactly([named.clone()], "/x").unwrap();
        let public = public.and_below([named.clone()], "/y/").unwrap();
        for path in ["/x", "/y/z"] {
            let asked = request(asked, path).unwrap();
            let is_public = public.contains(&RequestHead::of(&asked));
            assert_eq!(is_public, expected, "{named} {path}");
        }
    }
}

/// The encoded names of files that an application makes public.
const ENCODED: [&str; 8] = [
    "/price%20list.pdf",
    "/caf%C3%A9/%E4%BE%A1%E6%A0%BC.pdf",
    "/100%25%20cotton.pdf",
    "/%5Bdraft%5D%20a%2Cb.pdf",
    "/what%3F.html",
    "/C%23/notes",
    "/%7Bid%7D%2A",
    "/a%2Bb%26c",
];

fn public_files() -> PublicPaths {
    let public = PublicPaths::below([Method::GET], "/my%20files/").unwrap();
    ENCODED.into_iter().fold(public, |public, path| {
        public.and_exactly([Method::GET], path).unwrap()
    })
}

fn is_public_file(target: &str) -> bool {
    let request = request("GET", target);
    request.is_some_and(|request| public_files().contains(&RequestHead::of(&request)))
}

/// A path with encoded characters is public in the spelling that the application names, and in no other.
#[test]
fn a177_a_named_path_with_encoded_characters_is_public_as_it_is_spelled() {
    for path in ENCODED {
        assert!(is_public_file(path), "{path}");
        assert!(is_public_file(&format!("{path}?page=2")), "{path}");
    }
    assert!(is_public_file("/my%20files/a/b.txt"));
    for spelling in [
        "/price+list.pdf",
        "/price%2520list.pdf",
        "/pricelist.pdf",
        "/price%20%20list.pdf",
        "/price%20list.pdf%20",
        "/price%20list.pdf/",
        "/price%20list%2Epdf",
        "/%70rice%20list.pdf",
        "/Price%20list.pdf",
        "/price%09list.pdf",
        "/price%C2%A0list.pdf",
        "//price%20list.pdf",
        "/x/../price%20list.pdf",
        "/price%20list.pdf;x",
        "/price%20list.pdf%00",
        "/caf%c3%a9/%E4%BE%A1%E6%A0%BC.pdf",
        "/cafe%CC%81/%E4%BE%A1%E6%A0%BC.pdf",
        "/caf%E9/%E4%BE%A1%E6%A0%BC.pdf",
        "/%5Bdraft%5D%20a,b.pdf",
        "/what?.html",
        "/a+b%26c",
        "/my%20files",
        "/my%20files/",
        "/my+files/a",
        "/my%20files/..",
        "/my%20files/../admin",
        "/my%20files/%2e%2e/admin",
        "/my%20files/a%20b",
        "/my%20files/a%2F..%2Fadmin",
        "/my%20files//a",
    ] {
        assert!(!is_public_file(spelling), "{spelling}");
    }
}

#[test]
fn a177_an_encoded_character_that_programs_read_in_two_ways_is_a_config_error() {
    for segment in [
        "%",
        "%2",
        "%zz",
        "a%",
        "%20",
        "a%20",
        "%20a",
        "..%20",
        "a%C2%A0",
        "%00",
        "a%0Ab",
        "a%7Fb",
        "a%C2%85b",
        "a%2Fb",
        "a%2fb",
        "a%5Cb",
        "a%3Bb",
        "%2E",
        "%2E%2E",
        "%2e%2e",
        ".%2E",
        "%61",
        "%7E",
        "caf%c3%a9",
        "caf%E9",
        "%C0%AF",
        "%C0%AE%C0%AE",
        "%ED%A0%80",
        "a%252Fb",
        "%252e%252e",
        "a%2561",
        "price list.pdf",
        "caf\u{e9}",
    ] {
        let exactly = PublicPaths::exactly([Method::GET], &format!("/x/{segment}"));
        assert!(exactly.is_err(), "{segment}");
        let below = PublicPaths::below([Method::GET], &format!("/x/{segment}/"));
        assert!(below.is_err(), "{segment}");
    }
}

/// Over HTTP/1, a target that is a whole URL is a request to a proxy. Over HTTP/2, every request has an authority.
#[test]
fn a_target_with_an_authority_is_public_over_http_2_if_it_equals_the_host() {
    let is_public = |version, target: &str, host: &[&str]| {
        let mut request = request("GET", target).unwrap();
        *request.version_mut() = version;
        for host in host {
            request.headers_mut().append("host", host.parse().unwrap());
        }
        public().contains(&RequestHead::of(&request))
    };
    let url = "https://example.org/health";
    for version in [Version::HTTP_09, Version::HTTP_10, Version::HTTP_11] {
        assert!(!is_public(version, url, &["example.org"]));
        assert!(!is_public(version, url, &[]));
        assert!(is_public(version, "/health", &["example.org"]));
    }
    for version in [Version::HTTP_2, Version::HTTP_3] {
        assert!(is_public(version, url, &[]));
        assert!(is_public(version, url, &["example.org"]));
        assert!(
            is_public(version, url, &["EXAMPLE.org"]),
            "RFC 3986 section 3.2.2"
        );
        assert!(!is_public(version, url, &["example.com"]));
        assert!(!is_public(version, url, &["example.org", "example.com"]));
        assert!(!is_public(version, "https://u:p@example.org/health", &[]));
        assert!(!is_public(
            version,
            "https://example.org/admin/../health",
            &[]
        ));
        assert!(!is_public(version, "https://example.org/admin", &[]));
    }
    assert!(!is_public(Version::HTTP_2, url, &["caf\u{e9}"]));
}

/// A nested router removes the start of the path, which leaves the request public. Any other change of the path does
/// not.
#[test]
fn a_request_whose_path_was_rewritten_is_not_public() {
    let seen_as = |sent: &str, seen: &str| {
        let mut request = request("GET", seen).unwrap();
        let sent = OriginalUri(sent.parse::<Uri>().unwrap());
        request.extensions_mut().insert(sent);
        public().contains(&RequestHead::of(&request))
    };
    assert!(seen_as("/health", "/health"));
    assert!(seen_as("/assets/a/b", "/a/b"));
    assert!(seen_as("/assets/a/b", "/b"));
    assert!(
        seen_as("/health", "/"),
        "a router that is nested at /health"
    );
    assert!(!seen_as("/health", "/admin"));
    assert!(!seen_as("/assets/a", "/admin/a"));
    assert!(
        !seen_as("/admin/health", "/health"),
        "the path that the client sent decides"
    );
}

#[test]
fn no_header_field_makes_a_request_public() {
    for name in [
        "x-original-url",
        "x-rewrite-url",
        "x-forwarded-uri",
        "x-forwarded-path",
        "x-http-method-override",
        "user-agent",
        "referer",
    ] {
        for (method, target) in [("GET", "/admin"), ("POST", "/health")] {
            let mut request = request(method, target).unwrap();
            for value in ["/health", "GET", "kube-probe/1.31"] {
                request.headers_mut().append(name, value.parse().unwrap());
            }
            assert!(!public().contains(&RequestHead::of(&request)), "{name}");
        }
    }
}

#[test]
fn a_path_that_is_not_in_normal_form_is_a_config_error() {
    let get = || [Method::GET];
    for path in [
        "",
        "health",
        "*",
        "/health/",
        "//",
        "//health",
        "/a//b",
        "/.",
        "/..",
        "/a/../b",
        "/a/./b",
        "/a/..",
        "/a;b",
        "/a%62",
        "/a%2F",
        "/a b",
        "/a?b",
        "/a#b",
        "/caf\u{e9}",
        "/a\\b",
        "/a\0",
        "/{id}",
        "/*",
        "https://example.org/health",
    ] {
        assert!(PublicPaths::exactly(get(), path).is_err(), "{path}");
    }
    for path in [
        "",
        "/",
        "//",
        "assets/",
        "/assets",
        "/assets//",
        "/a/../",
        "/./",
        "/a%62/",
        "/a;b/",
    ] {
        assert!(PublicPaths::below(get(), path).is_err(), "{path}");
    }
    assert!(PublicPaths::exactly([], "/health").is_err());
    assert!(PublicPaths::below([], "/assets/").is_err());
    let text = PublicPaths::exactly(get(), "/a/../b")
        .unwrap_err()
        .to_string();
    assert_eq!(
        text,
        "the path \"/a/../b\" is not in normal form: `PublicPaths::exactly` documents the allowed paths"
    );
}

/// Returns the name of the route to which the router sends the request.
fn routed(router: &Router, request: Request<Body>) -> String {
    let mut response = pin!(router.clone().oneshot(request));
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = response.as_mut().poll(&mut context) else {
        panic!("the router waits")
    };
    let route = response.headers().get("x-route");
    route.map_or(String::new(), |name| name.to_str().unwrap().to_owned())
}

fn router() -> Router {
    let marked = |name: &'static str| routing::any(move || async move { [("x-route", name)] });
    let router = EXACT.into_iter().fold(Router::new(), |router, path| {
        router.route(path, marked("public"))
    });
    router
        .route("/assets/{*rest}", marked("below"))
        .fallback(marked("other"))
}

/// Resolves a path as a lenient server would: it decodes escapes, turns backslashes into slashes, and removes
/// parameters, dot segments and empty segments. A path in normal form does not change.
fn resolved(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let code = rest.get(1..3).filter(|_| *first == b'%');
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        let decoded = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() {
            &rest[3..]
        } else {
            others
        };
    }
    let text = String::from_utf8_lossy(&bytes).replace('\\', "/");
    let mut segments: Vec<&str> = Vec::new();
    for segment in text.split('/') {
        let segment = segment.split(';').next().unwrap();
        match segment.trim_matches(|c: char| c.is_whitespace() || c == '\0') {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    format!("/{}", segments.join("/"))
}

fn piece() -> impl Strategy<Value = String> {
    let pieces = [
        "/",
        "//",
        ".",
        "..",
        "/.",
        "/..",
        "%2f",
        "%2F",
        "%2e",
        "%2E",
        "%5c",
        "%00",
        "%61",
        "%41",
        "%25",
        "%",
        "\\",
        ";",
        ";x",
        ";x=y",
        "health",
        "HEALTH",
        "assets",
        "Assets",
        "admin",
        "a",
        "b.c",
        "/a/b.c",
        "/health",
        "/assets/",
        "/~u/x:y@z,(1)",
        "?",
        "?x",
        "#",
        "%20",
        "+",
        "~",
        ":",
        "@",
        "*",
        "%C0%AE",
        "%EF%BC%8F",
        "\u{e9}",
    ];
    prop_oneof![
        8 => prop::sample::select(pieces.to_vec()).prop_map(str::to_owned),
        1 => "[ -~]{1,3}",
    ]
}

fn target() -> impl Strategy<Value = String> {
    let free =
        prop::collection::vec(piece(), 0..6).prop_map(|pieces| format!("/{}", pieces.concat()));
    let starts = EXACT.into_iter().chain(["/assets/a", "/assets/a/b"]);
    let starts: Vec<_> = starts.collect();
    let start = prop::sample::select(starts);
    let changed = (start, any::<prop::sample::Index>(), piece()).prop_map(|(path, at, piece)| {
        let at = at.index(path.len() + 1);
        format!("{}{piece}{}", &path[..at], &path[at..])
    });
    prop_oneof![free, changed]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    /// Every public request reaches a public route, and a lenient server resolves its path to the same path. In the other
    /// direction, a request to a public route in normal form is public if its target names no host: `Uri` reads a host in
    /// `://health`, which the field `Host` does not confirm.
    #[test]
    fn the_router_sends_every_public_request_to_a_public_route(target in target()) {
        let Some(asked) = request("GET", &target) else { return Ok(()) };
        let path = asked.uri().path().to_owned();
        let skips = public().contains(&RequestHead::of(&asked));
        let names_host = asked.uri().authority().is_some();
        let route = routed(&router(), asked);
        prop_assert_eq!(route == "public", EXACT.contains(&path.as_str()), "{}", path);
        let expected = match route.as_str() {
            "public" => true,
            "below" => resolved(&path) == path,
            _ => false,
        };
        // Public paths are stricter than `resolved`: paths with invalid escapes, stars or non-ASCII characters need
        // credentials, too.
        prop_assert!(!skips || expected, "{}", path);
        prop_assert!(skips || !expected || names_host || path.contains(|c: char| !c.is_ascii() || "%\"*<>[]^`{|}".contains(c)), "{}", path);
    }

    /// No spelling that the application has not named is public, also if it decodes to the same file name.
    #[test]
    fn a177_no_other_spelling_of_an_encoded_path_is_public(
        path in prop::sample::select(ENCODED.to_vec()),
        at in any::<prop::sample::Index>(),
        length in 0..3_usize,
        piece in piece(),
    ) {
        let at = at.index(path.len() + 1);
        let end = (at + length).min(path.len());
        let target = format!("{}{piece}{}", &path[..at], &path[end..]);
        let Some(asked) = request("GET", &target) else { return Ok(()) };
        if public_files().contains(&RequestHead::of(&asked)) {
            let path = asked.uri().path();
            prop_assert!(ENCODED.contains(&path), "{}", path);
        }
    }

    /// A public path is one of the named paths, or below a named path and in normal form. Changed spellings are not public.
    #[test]
    fn no_variant_of_a_public_path_is_public(target in target()) {
        let Some(asked) = request("GET", &target) else { return Ok(()) };
        let path = asked.uri().path().to_owned();
        if public().contains(&RequestHead::of(&asked)) {
            prop_assert!(EXACT.contains(&path.as_str()) || path.starts_with("/assets/"));
            prop_assert_eq!(resolved(&path), path);
        }
    }
}

/// The requests go through hyper, which represents targets of HTTP/1 and HTTP/2 differently.
#[tokio::test]
async fn the_same_path_is_public_over_http_1_and_http_2() {
    use hyper::server::conn::{http1, http2};
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use hyper_util::service::TowerToHyperService;

    let layer =
        RequireAuth::new(Basic::new("files", OneAccount::new("ada", "lovelace").unwrap()).unwrap());
    let app = router().layer(layer.unwrap().public_paths(public()));
    for (version, path, status) in [
        (Version::HTTP_11, "/health", 200),
        (Version::HTTP_2, "/health", 200),
        (Version::HTTP_11, "/health/", 401),
        (Version::HTTP_2, "/health/", 401),
        (Version::HTTP_2, "/assets/a", 200),
        (Version::HTTP_2, "/assets/%61", 401),
    ] {
        let (near, far) = tokio::io::duplex(65_536);
        let (near, far) = (TokioIo::new(near), TokioIo::new(far));
        let service = TowerToHyperService::new(app.clone());
        let answered = if version == Version::HTTP_2 {
            let serve = http2::Builder::new(TokioExecutor::new()).serve_connection(far, service);
            tokio::spawn(serve);
            let (mut client, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), near)
                    .await
                    .unwrap();
            tokio::spawn(connection);
            let asked = request("GET", &format!("http://example.org{path}")).unwrap();
            client.send_request(asked).await.unwrap()
        } else {
            tokio::spawn(http1::Builder::new().serve_connection(far, service));
            let (mut client, connection) =
                hyper::client::conn::http1::handshake(near).await.unwrap();
            tokio::spawn(connection);
            let mut asked = request("GET", path).unwrap();
            asked
                .headers_mut()
                .insert("host", "example.org".parse().unwrap());
            client.send_request(asked).await.unwrap()
        };
        assert_eq!(answered.status().as_u16(), status, "{version:?} {path}");
    }
}
