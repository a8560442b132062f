//! Tests credentials in other places than the field, and for other targets.

use http::StatusCode;
use tower_challenge::require_auth::PublicPaths;
use tower_challenge::scheme::ServerRole;

use super::assert_no_verifier_was_asked;
use crate::support::request::basic;
use crate::support::{
    Kind, OTHER_PASSWORD, OTHER_TOKEN, OTHER_USER, PASSWORD, TOKEN, TestRequest, TestServer, USER,
    WRONG, get,
};

/// Spellings of `access_token` in a query.
const IN_QUERY: [&str; 6] = [
    "access_token",
    "access%5Ftoken",
    "access%5ftoken",
    "%61ccess_token",
    "%61%63%63%65%73%73%5F%74%6F%6B%65%6E",
    "acces%73_token",
];

/// The layer ignores a token in the query. If the field has a token as well, the request is malformed.
#[test]
fn a013_a_token_in_the_query_is_not_verified() {
    for (kinds, stand) in TestServer::every() {
        for name in IN_QUERY {
            let target = format!("/?{name}={OTHER_TOKEN}");
            let twice = format!("/?x=1&{name}={OTHER_TOKEN}&access_token={TOKEN}");
            if !kinds.contains(&Kind::Bearer) {
                continue;
            }
            let both = stand.ask(get(&target).bearer(TOKEN)).is_malformed();
            assert_eq!(
                both.params("Bearer", "error"),
                ["invalid_request"],
                "{target}"
            );
            let twice = stand.ask(get(&twice));
            assert_eq!(twice.status, StatusCode::BAD_REQUEST);
            let alone = stand.ask(get(&target));
            assert_eq!(alone.status, alone.role.unauthenticated());
            assert_eq!(
                alone.params("Bearer", "error"),
                [""; 0],
                "the challenge is the same as without credentials"
            );
            for answer in [&both, &twice, &alone] {
                assert_no_verifier_was_asked(answer);
            }
        }
    }
}

/// A client with other credentials is admitted by those, and never by the token in the query.
#[test]
fn a013_a_token_in_the_query_does_not_change_who_is_admitted() {
    for (kinds, stand) in TestServer::every() {
        for kind in kinds {
            let ask = get(&format!("/?access_token={OTHER_TOKEN}"));
            let good = kind.good(&stand, &ask);
            let answer = stand.ask(ask.authorization(good));
            if kind == Kind::Bearer {
                answer.is_malformed();
                continue;
            }
            let asked_for_token = answer.verified.iter().any(|asked| asked == OTHER_TOKEN);
            assert!(
                !asked_for_token,
                "the scheme does not verify the token of the query"
            );
            assert!(
                !answer.is_from_inside()
                    || answer.seen[0]
                        .identity()
                        .is_some_and(|caller| caller.name() == USER)
            );
        }
    }
}

/// The scheme does not look for a token in a form.
#[test]
fn a013_a_token_in_the_body_is_not_verified() {
    let form = |ask: TestRequest| {
        let ask = ask.field("content-type", "application/x-www-form-urlencoded");
        ask.body(format!("access_token={OTHER_TOKEN}"))
    };
    for (kinds, stand) in TestServer::every() {
        let answer = stand.ask(form(TestRequest::new("POST", "/")));
        assert!(answer.seen.iter().all(|seen| seen.identity().is_none()));
        assert_eq!(answer.verified, [""; 0]);
        for kind in kinds {
            let ask = form(TestRequest::new("POST", "/"));
            let good = kind.good(&stand, &ask);
            stand.ask(ask.authorization(good)).is_admitted_as(USER);
        }
        let everywhere = form(TestRequest::new(
            "POST",
            &format!("/?access_token={OTHER_TOKEN}"),
        ));
        let everywhere = stand.ask(everywhere.bearer(TOKEN));
        assert_no_verifier_was_asked(&everywhere);
    }
}

/// An origin server ignores credentials for a proxy, and a proxy ignores credentials for the origin server.
#[test]
fn a014_the_layer_ignores_credentials_for_the_other_role() {
    for (kinds, stand) in TestServer::every() {
        for kind in kinds {
            let good = kind.good(&stand, &get("/"));
            let other = match stand.role {
                ServerRole::Origin => "proxy-authorization",
                ServerRole::Proxy => "authorization",
            };
            let request = get("/").field(other, good).into_request();
            let answer = stand.send(request);
            assert_eq!(answer.verified, [""; 0]);
            assert!(answer.seen.iter().all(|seen| seen.identity().is_none()));
            if !answer.is_from_inside() {
                answer.is_challenged();
            }
        }
    }
}

/// A proxy removes its own credentials from every request, also from public ones. It forwards the credentials for the
/// origin server unchanged.
#[test]
fn a014_a_proxy_removes_its_own_credentials() {
    for kinds in Kind::orders() {
        let stand = TestServer::proxy(&kinds, |layer| layer);
        let public = TestServer::proxy(&kinds, |layer| layer.public(|_| true));
        for kind in &kinds {
            for server in [&stand, &public] {
                let good = kind.good(&stand, &get("/"));
                let ask = get("/").field("proxy-authorization", good);
                let ask = ask.field("authorization", "For the-origin");
                let answer = server.send(ask.into_request());
                let headers = &answer.seen[0].head.headers;
                assert!(
                    !headers.contains_key("proxy-authorization"),
                    "{}",
                    answer.asked
                );
                assert_eq!(headers["authorization"], "For the-origin");
            }
        }
    }
}

/// With `strip_credentials`, the layer removes credentials also from public requests.
#[test]
fn a014_the_layer_strips_credentials_from_public_requests_too() {
    let stand = TestServer::tuned(&[Kind::Basic], |layer| {
        layer.strip_credentials().public(|_| true)
    });
    let answer = stand.ask(get("/").basic(USER, PASSWORD).basic(USER, WRONG));
    assert!(!answer.seen[0].head.headers.contains_key("authorization"));
}

/// The layer marks credentials as sensitive before it calls the inner service, so that a log of the inner service does
/// not show them.
#[test]
fn a014_the_layer_marks_forwarded_credentials_as_sensitive() {
    let public = TestServer::tuned(&[Kind::Basic], |layer| layer.public(|_| true));
    for stand in [TestServer::of(&[Kind::Basic]), public] {
        let answer = stand.ask(get("/").basic(USER, PASSWORD));
        let lines = answer.seen[0].head.headers.get_all("authorization");
        assert!(lines.iter().all(http::HeaderValue::is_sensitive));
    }
    let public = TestServer::tuned(&[Kind::Basic], |layer| layer.public(|_| true));
    let answer = public.ask(
        get("/")
            .basic(USER, PASSWORD)
            .basic(OTHER_USER, OTHER_PASSWORD),
    );
    let lines = answer.seen[0].head.headers.get_all("authorization");
    assert_eq!(lines.iter().count(), 2);
    assert!(lines.iter().all(http::HeaderValue::is_sensitive));
}

/// The layer reads credentials from no other field.
#[test]
fn a015_the_layer_reads_no_credentials_from_other_fields() {
    let names = [
        "x-authorization",
        "x-http_authorization",
        "http_authorization",
        "authorization_",
        "authorization.",
        "_authorization",
        "authorisation",
        "x-forwarded-authorization",
        "x-original-authorization",
        "authorization-",
        "authentication",
        "www-authorization",
        "x-amzn-authorization",
        "redirect_http_authorization",
        "cookie",
        "proxy_authorization",
        "proxyauthorization",
        "sec-websocket-protocol",
        "x-api-key",
        "www-authenticate",
    ];
    for (kinds, stand) in TestServer::every() {
        for kind in kinds {
            let good = kind.good(&stand, &get("/"));
            for name in names {
                let answer = stand.ask(get("/").field(name, &good));
                assert_eq!(answer.verified, [""; 0], "{name}");
                match answer.is_from_inside() {
                    true => answer.is_anonymous(),
                    false => answer.is_challenged(),
                };
            }
        }
    }
}

/// Trailers are not headers: the layer reads no credentials from them, and does not merge them into the headers.
#[test]
fn a016_the_layer_reads_no_credentials_from_trailers() {
    use crate::wire::{Trailing, whole_body};
    for (kinds, stand) in TestServer::every() {
        for kind in kinds {
            let good = kind.good(&stand, &get("/"));
            let field = stand.role.credentials_field();
            let late = Trailing::new(b"body", field.as_str(), &good);
            let answer = crate::wire::send(&stand, get("/").into_request().map(|_| late.clone()));
            assert!(
                answer.iter().all(|seen| seen.identity().is_none()),
                "the layer admitted no caller"
            );

            let ask = get("/").field(field.as_str(), kind.good(&stand, &get("/")));
            let seen = crate::wire::send(&stand, ask.into_request().map(|_| late));
            assert_eq!(seen.len(), 1);
            assert_eq!(
                seen[0]
                    .identity()
                    .map(|caller| caller.name().to_owned())
                    .as_deref(),
                Some(USER)
            );
            let lines = seen[0].head.headers.get_all(&field).iter().count();
            assert!(lines <= 1, "the layer merged a trailer into the headers");
        }
    }
    whole_body::trailers_of_a_verified_body_are_dropped();
}

/// The Digest `uri` must match the target of the request line. The fields `Host` and `X-Forwarded-Host` change nothing.
#[test]
fn a017_a_digest_covers_the_target_of_the_request_line() {
    let rows: &[(&str, &str, &[&str], &[&str])] = &[
        (
            "GET",
            "/a?b=c",
            &["/a?b=c"],
            &[
                "/a",
                "/a?b=C",
                "/A?b=c",
                "http://h/a?b=c",
                "//h/a?b=c",
                "a?b=c",
                "",
            ],
        ),
        (
            "GET",
            "http://h/a",
            &["/a", "http://h/a", "HTTP://H/a"],
            &[
                "http://other/a",
                "https://h/a",
                "http://h:80/a",
                "http://h",
                "h/a",
                "//h/a",
                "/A",
            ],
        ),
        (
            "GET",
            "http://user@h/a",
            &["/a", "http://user@h/a"],
            &["http://h/a", "http://user:pw@h/a", "http://mallory@h/a"],
        ),
        (
            "GET",
            "http://h",
            &["/", "http://h/"],
            &["", "http://other/", "h"],
        ),
        (
            "GET",
            "http://[::1]:8080/a",
            &["/a", "http://[::1]:8080/a"],
            &["http://[::1]/a", "http://::1:8080/a"],
        ),
        (
            "CONNECT",
            "h:443",
            &["h:443"],
            &[
                "/",
                "",
                "h",
                "http://h:443/",
                "other:443",
                "h:80",
                "https://h:443",
            ],
        ),
        ("OPTIONS", "*", &["*"], &["/", "/*", "", "%2A"]),
    ];
    for role in [ServerRole::Origin, ServerRole::Proxy] {
        for (method, target, right, wrong) in rows {
            let stand = match role {
                ServerRole::Origin => TestServer::of(&[Kind::Digest]),
                ServerRole::Proxy => TestServer::proxy(&[Kind::Digest], |layer| layer),
            };
            for host in ["h", "other", "evil.example"] {
                let ask = || {
                    TestRequest::new(method, target)
                        .field("host", host)
                        .field("x-forwarded-host", "other")
                };
                for uri in *right {
                    let login = stand.login().request(method, uri);
                    stand
                        .ask(ask().authorization(login.header()))
                        .is_admitted_as(USER);
                }
                for uri in *wrong {
                    let login = stand.login().request(method, uri);
                    stand
                        .ask(ask().authorization(login.header()))
                        .is_malformed();
                }
            }
        }
    }
}

/// The layer handles odd targets without an error. Targets that are not a URI do not reach this crate.
#[test]
fn a017_the_layer_handles_odd_targets() {
    let odd = [
        "http:http://x/admin",
        "http:/admin",
        "//admin",
        "/\\admin",
        "http://",
        "http://@/",
        "http://a:b@/x",
        "a",
        ":80",
        "http://h:99999/",
        "/a#b",
        "/a?b#c",
        "http:admin",
        "mailto:a@b",
        "/%",
        "/%00",
        "/a\u{e9}",
        "?a",
        "",
    ];
    for target in odd {
        let Ok(uri) = target.parse::<http::Uri>() else {
            continue;
        };
        for stand in [
            TestServer::of(&Kind::ALL),
            TestServer::proxy(&Kind::ALL, |layer| layer),
        ] {
            let mut request = get("/").into_request();
            *request.uri_mut() = uri.clone();
            stand.send(request).is_challenged();
            let good = basic(format!("{USER}:{PASSWORD}"));
            let ask = get("/").field(stand.role.credentials_field().as_str(), good);
            let mut request = ask.into_request();
            *request.uri_mut() = uri.clone();
            stand.send(request).is_admitted_as(USER);
            let login = stand.login().request("GET", target);
            let ask = get("/").field(stand.role.credentials_field().as_str(), login.header());
            let mut request = ask.into_request();
            *request.uri_mut() = uri.clone();
            let answer = stand.send(request);
            assert!(
                answer.is_from_inside() || answer.status == StatusCode::BAD_REQUEST,
                "{target}"
            );
        }
    }
}

/// A target that another program could read as another path is not public, even if it contains a public path.
#[test]
fn a017_an_odd_target_is_not_public() {
    let public = PublicPaths::exactly([http::Method::GET], "/health").unwrap();
    let public = public.and_below([http::Method::GET], "/assets/").unwrap();
    let stand = TestServer::tuned(&Kind::ALL, |layer| layer.public_paths(public));
    assert!(stand.ask(get("/health")).is_from_inside());
    let odd = [
        "http://h/health",
        "HTTP://h/assets/a",
        "http://user@h/health",
        "http://a:b@/health",
        "http://@/health",
        "http:http://x/health",
        "http:/health",
        "http:health",
        "//health",
        "//h/health",
        "/\\health",
        "health",
        "*",
        "h:80",
        "/health%00",
        "/health\u{e9}",
    ];
    let mut seen = 0;
    for target in odd {
        let Ok(uri) = target.parse::<http::Uri>() else {
            continue;
        };
        for version in [http::Version::HTTP_10, http::Version::HTTP_11] {
            let mut request = get("/").into_request();
            *request.uri_mut() = uri.clone();
            *request.version_mut() = version;
            stand.send(request).is_challenged();
            seen += 1;
        }
    }
    assert!(seen > 12, "{seen}");
}
