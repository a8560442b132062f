//! Tests that credentials are good for one body, one target and one method.

use tower_challenge::scheme::digest::ClientQuirk;

use crate::support::{Kind, TestRequest, TestServer, USER, get};

/// The layer passes on only the body that the scheme has verified.
#[test]
fn a038_the_layer_refuses_another_body_and_a_longer_one() {
    use crate::wire::{Breaking, whole_body::send};
    use http::StatusCode;
    use http_body_util::Full;
    let full = |text: &'static str| Full::new(bytes::Bytes::from_static(text.as_bytes()));
    let cases: [(&str, &str, StatusCode); 8] = [
        ("Sum 4", "four", StatusCode::OK),
        ("Sum 0", "", StatusCode::OK),
        ("Sum 8", "in eight", StatusCode::OK),
        ("Sum 4", "three", StatusCode::UNAUTHORIZED),
        ("Sum 4", "", StatusCode::UNAUTHORIZED),
        ("Sum 0", "x", StatusCode::UNAUTHORIZED),
        ("Sum 9", "nine and more", StatusCode::PAYLOAD_TOO_LARGE),
        ("Sum 4", "nine bytes", StatusCode::PAYLOAD_TOO_LARGE),
    ];
    for (credentials, body, expected) in cases {
        let (status, read) = send(credentials, full(body));
        assert_eq!(status, expected, "{credentials}: {body}");
        let read = read.map(|(read, _)| read);
        let handed_on = expected
            .is_success()
            .then(|| bytes::Bytes::from_static(body.as_bytes()));
        assert_eq!(read, handed_on, "{credentials}: {body}");
    }
    for chunks in [&["fo", "ur"][..], &["f", "o", "u", "r"], &["", "four", ""]] {
        let (status, read) = send("Sum 4", Breaking::after(chunks, false));
        assert_eq!(status, StatusCode::OK);
        assert_eq!(read.map(|(read, _)| read).as_deref(), Some(&b"four"[..]));
    }
    for chunks in [&[][..], &["four"], &["fo", "ur"]] {
        let (status, read) = send("Sum 4", Breaking::after(chunks, true));
        assert_eq!(status, StatusCode::BAD_REQUEST, "the body broke off");
        assert_eq!(read, None);
    }
    // The layer refuses a body above the limit before it has ended.
    let (status, read) = send("Sum 4", Breaking::after(&["nine bytes"], true));
    assert_eq!((status, read), (StatusCode::PAYLOAD_TOO_LARGE, None));
}

/// A response is good for one target only.
#[test]
fn a039_a_response_for_another_target_is_malformed() {
    let stand = TestServer::of(&[Kind::Digest]);
    let targets = [
        "/",
        "/admin",
        "/admin?x=1",
        "/admin?",
        "/admin/",
        "/ADMIN",
        "//admin",
        "/%61dmin",
        "/./admin",
        "/x/../admin",
        "/admin;x",
        "/admin%3Fx=1",
        "/admin?x=1&y=2",
        "/admin?X=1",
        "/admin?x=%31",
        "/a%2Fb",
        "/a/b",
        "/a%2fb",
        "/admin?x=1%00",
    ];
    for asked in targets {
        for signed in targets {
            let login = stand.login().request("GET", signed);
            let answer = stand.ask(get(asked).authorization(login.header()));
            match asked == signed {
                true => answer.is_admitted_as(USER),
                false => answer.is_malformed(),
            };
        }
    }
    for signed in [
        "",
        " /",
        "/ ",
        "*",
        "http://api.example.org/",
        "http:/",
        "/#",
        "/\u{e9}",
    ] {
        let login = stand.login().request("GET", signed);
        stand
            .ask(
                get("/")
                    .field("host", "api.example.org")
                    .authorization(login.header()),
            )
            .is_malformed();
    }
}

/// Targets in absolute form, and for each the values of `uri` that name it. An empty path is the path `/` (RFC 9110
/// section 4.2.3).
const ABSOLUTE: [(&str, &[&str]); 8] = [
    (
        "http://example.org?q",
        &[
            "/?q",
            "http://example.org?q",
            "http://example.org/?q",
            "HTTP://EXAMPLE.ORG?q",
        ],
    ),
    (
        "http://example.org/?q",
        &[
            "/?q",
            "http://example.org?q",
            "http://example.org/?q",
            "HTTP://EXAMPLE.ORG?q",
        ],
    ),
    (
        "http://example.org",
        &["/", "http://example.org", "http://example.org/"],
    ),
    (
        "http://example.org/",
        &["/", "http://example.org", "http://example.org/"],
    ),
    (
        "http://example.org?",
        &["/?", "http://example.org?", "http://example.org/?"],
    ),
    (
        "http://example.org??q",
        &["/??q", "http://example.org??q", "http://example.org/??q"],
    ),
    (
        "http://example.org:8080?q",
        &["/?q", "http://example.org:8080?q"],
    ),
    ("http://example.org//", &["//", "http://example.org//"]),
];

/// Values of `uri` that look like one of the above.
const NEIGHBOURS: [&str; 20] = [
    "",
    "?q",
    "?",
    "q",
    "/q",
    "//?q",
    "/?Q",
    "/?q#",
    "/?q&",
    "/%3Fq",
    "*",
    "http://example.org?Q",
    "http://example.orgq",
    "http://example.org#",
    "http://example.org*",
    "http://example.org//?q",
    "http://other.example?q",
    "http://example.org.other?q",
    "http://example.org@other?q",
    "https://example.org?q",
];

#[test]
fn a180_an_absolute_target_with_an_empty_path_is_the_root() {
    let stand = TestServer::of(&[Kind::Digest]);
    let every = ABSOLUTE
        .iter()
        .flat_map(|(_, uris)| *uris)
        .chain(&NEIGHBOURS);
    for (target, names) in ABSOLUTE {
        for uri in every.clone() {
            let login = stand.login().request("GET", uri);
            let answer = stand.ask(get(target).authorization(login.header()));
            match names.contains(uri) {
                true => answer.is_admitted_as(USER),
                false => answer.is_malformed(),
            };
        }
    }
}

/// Where absolute values of `uri` are taken for a target in origin form, an empty path is the root, too.
#[test]
fn a180_an_absolute_uri_with_an_empty_path_is_the_root() {
    let tolerant = super::tuned(|digest| digest.tolerate(ClientQuirk::AndroidUri));
    let strict = TestServer::of(&[Kind::Digest]);
    for (target, names, others) in [
        ("/", ["", "/"], ["?", "//", "#"]),
        ("/?q", ["?q", "/?q"], ["", "?", "/q"]),
        ("/?", ["?", "/?"], ["", "/", "??"]),
    ] {
        let send = |stand: &TestServer, uri: &str| {
            let login = stand.login().request("GET", uri);
            let ask = get(target).field("host", "example.org");
            stand.ask(ask.authorization(login.header()))
        };
        for scheme in ["http", "https"] {
            for rest in names {
                let uri = format!("{scheme}://example.org{rest}");
                send(&tolerant, &uri).is_admitted_as(USER);
                send(&strict, &uri).is_malformed();
            }
            for rest in others {
                send(&tolerant, &format!("{scheme}://example.org{rest}")).is_malformed();
            }
            send(&tolerant, &format!("{scheme}://{}", names[0])).is_malformed();
            send(&tolerant, &format!("{scheme}://other.example{}", names[0])).is_malformed();
        }
        send(&tolerant, names[0]).is_malformed();
    }
    // The target `*` has no path.
    let login = tolerant.login().request("OPTIONS", "http://example.org");
    let ask = TestRequest::new("OPTIONS", "*").field("host", "example.org");
    tolerant
        .ask(ask.authorization(login.header()))
        .is_malformed();
}

/// A response is good for one method, as the request line has it. Fields such as `X-HTTP-Method-Override` change
/// nothing.
#[test]
fn a040_a_response_for_another_method_is_refused() {
    let stand = TestServer::of(&[Kind::Digest]);
    let methods = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "Get", "FOO",
        "GETX",
    ];
    for asked in methods {
        for signed in methods {
            let login = stand.login().request(signed, "/");
            let ask = TestRequest::new(asked, "/").field("x-http-method-override", signed);
            let ask = ask
                .field("x-http-method", signed)
                .field("x-method-override", signed);
            let answer = stand.ask(ask.authorization(login.header()));
            match asked == signed {
                true => answer.is_admitted_as(USER),
                false => answer.is_refused(),
            };
        }
    }
    for signed in ["GET", "POST"] {
        let login = stand.login().request(signed, "h:443");
        let connect = TestRequest::new("CONNECT", "h:443").field("upgrade", "websocket");
        stand
            .ask(connect.authorization(login.header()))
            .is_refused();
        let login = stand.login().request(signed, "/");
        let form = TestRequest::new("POST", "/?_method=GET").body("_method=GET");
        assert!(
            !stand
                .ask(form.authorization(login.header()))
                .is_from_inside()
        );
    }
}
