//! Tests that schemes which sign the target accept signatures for the target that a client sent to a trusted proxy.
//!
//! The proxy `10.0.0.2` removes `/api` from the path, and puts a host of its own into `Host`. `a176` is the number of
//! the abuse case about proxies.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "support/mod.rs"]
pub mod support;

use std::net::SocketAddr;

use axum::extract::OriginalUri;
use bytes::Bytes;
use http::header::LOCATION;
use http::{Method, Request, Uri};
use proptest::prelude::*;
use tower::{Layer as _, ServiceExt, service_fn};
use tower_challenge::client::{ClientResolver, ForwardedHeader, PeerAddress};
use tower_challenge::require_auth::PublicPaths;
use tower_challenge::respond::LoginRedirect;
use tower_challenge::{RequestHead, RequireAuth};

use self::support::sigv4::{self, SignedStand, Signer, instead, with};
use self::support::{Answer, Kind, Layer, TestRequest, TestServer, TestWorld, USER, get};

const PROXY: &str = "10.0.0.2:40000";
const PUBLIC_HOST: &str = "files.example";

fn trusting() -> ClientResolver {
    let resolver =
        ClientResolver::behind_networks(ForwardedHeader::XForwardedFor, ["10.0.0.2"]).unwrap();
    let resolver = resolver.trust_forwarded_host().unwrap();
    resolver.trust_forwarded_prefix().unwrap()
}

fn without_switch() -> ClientResolver {
    ClientResolver::behind_networks(ForwardedHeader::XForwardedFor, ["10.0.0.2"]).unwrap()
}

fn peer(address: &str) -> PeerAddress {
    PeerAddress(address.parse::<SocketAddr>().unwrap())
}

/// Asks for `seen` with a Digest response for `signed`, through the proxy, with these lines of `X-Forwarded-Prefix`.
fn digest(resolver: ClientResolver, signed: &str, seen: &str, prefix: &[&str]) -> Answer {
    let stand = TestServer::tuned(&[Kind::Digest], |layer: Layer| layer.client(resolver));
    let credentials = stand.login().request("GET", signed).header();
    let ask = get(seen).authorization(credentials).extension(peer(PROXY));
    let ask = prefix.iter().fold(ask, |ask: TestRequest, line| {
        ask.field("x-forwarded-prefix", line)
    });
    stand.ask(ask)
}

#[test]
fn a176_a_digest_response_for_the_target_before_the_proxy_is_accepted() {
    for (signed, seen, prefix) in [
        ("/api/notes?x=1", "/notes?x=1", "/api"),
        ("/api/notes", "/notes", "/api/"),
        ("/api/v1/notes", "/notes", "/api/v1"),
        ("/api/", "/", "/api"),
        ("/caf%C3%A9/notes", "/notes", "/caf%C3%A9"),
        ("/notes", "/notes", "/"),
        ("/notes", "/notes", ""),
        (
            "http://host.example/api/notes",
            "http://host.example/notes",
            "/api",
        ),
    ] {
        digest(trusting(), signed, seen, &[prefix]).is_admitted_as(USER);
    }
    digest(trusting(), "/notes", "/notes", &[]).is_admitted_as(USER);
}

#[test]
fn a176_each_switch_is_effective_without_the_other() {
    let prefix_alone = without_switch().trust_forwarded_prefix().unwrap();
    digest(prefix_alone, "/api/notes", "/notes", &["/api"]).is_admitted_as(USER);
    let host_alone = without_switch().trust_forwarded_host().unwrap();
    digest(host_alone.clone(), "/api/notes", "/notes", &["/api"]).is_malformed();
    let stand = SignedStand::of("s3").behind(host_alone);
    let signed = Signer::of("s3").sign(instead(
        sigv4::ask("GET", "/a.txt", ""),
        "host",
        PUBLIC_HOST,
    ));
    let seen = instead(signed, "host", "backend.internal");
    let mut seen = with(seen, "x-forwarded-host", PUBLIC_HOST);
    seen.extensions_mut().insert(peer(PROXY));
    stand.send(seen).admits("mufasa");
}

/// A response for another target stays refused, and so does a field with a value that can be read in two ways.
#[test]
fn a176_a_digest_response_for_another_target_is_refused_behind_a_proxy() {
    for (signed, seen, prefix) in [
        ("/notes", "/notes", &["/api"][..]),
        ("/api/notes", "/admin", &["/api"]),
        ("/api/notes", "/notes", &["/other"]),
        ("/api/notes", "/notes", &[]),
        ("/api/notes", "/notes", &["/api", "/other"]),
        ("/api/notes", "/notes", &["/api, /other"]),
        ("/api/notes", "/notes", &["/api", "/api"]),
        ("/api/notes", "/notes", &["api"]),
        ("//api/notes", "/notes", &["//api"]),
        ("/api?x=/notes", "/notes", &["/api?x="]),
        ("/api#/notes", "/notes", &["/api#"]),
        ("/notes", "/notes", &["api"]),
        ("/notes", "/notes", &["/api", "/other"]),
        (
            "http://host.example/notes",
            "/notes",
            &["http://host.example"],
        ),
    ] {
        let answer = digest(trusting(), signed, seen, prefix);
        assert_eq!(answer.status, 400, "{signed} {seen} {prefix:?}");
    }
}

#[test]
fn a176_the_prefix_counts_only_with_the_switch_and_from_a_trusted_proxy() {
    let refused = digest(without_switch(), "/api/notes", "/notes", &["/api"]);
    assert_eq!(refused.status, 400);
    digest(without_switch(), "/notes", "/notes", &["/api"]).is_admitted_as(USER);
    let other = ClientResolver::behind_networks(ForwardedHeader::XForwardedFor, ["10.0.0.3"]);
    let other = other.unwrap().trust_forwarded_prefix().unwrap();
    let refused = digest(other.clone(), "/api/notes", "/notes", &["/api"]);
    assert_eq!(refused.status, 400);
    digest(other, "/notes", "/notes", &["/api", "x"]).is_admitted_as(USER);
}

/// Signs a request for the public host and path, and changes it as the proxy does.
fn signed_for(host: &str, path: &str, seen: &str) -> Request<Bytes> {
    let request = instead(sigv4::ask("GET", path, ""), "host", host);
    let mut request = Signer::of("s3").sign(request);
    *request.uri_mut() = seen.parse().unwrap();
    request.extensions_mut().insert(peer(PROXY));
    instead(request, "host", "10.0.0.7:9000")
}

#[test]
fn a176_an_aws_signature_for_the_host_and_path_before_the_proxy_is_accepted() {
    let stand = SignedStand::of("s3").behind(trusting());
    for host in [PUBLIC_HOST, "files.example:8443", "[2001:db8::1]:443"] {
        for hosts in [
            &[host][..],
            &[host, host],
            &[&format!("{host}, {host}")],
            &[host, &host.to_uppercase()],
        ] {
            let request = signed_for(host, "/api/a.txt", "/a.txt");
            let request = with(request, "x-forwarded-prefix", "/api");
            let request = hosts.iter().fold(request, |request, host| {
                with(request, "x-forwarded-host", host)
            });
            stand.send(request).admits("mufasa");
        }
    }
    let direct = Signer::of("s3").sign(sigv4::ask("GET", "/a.txt", ""));
    stand.send(direct).admits("mufasa");
}

#[test]
fn a176_an_aws_signature_for_another_host_or_path_is_refused_behind_a_proxy() {
    let stand = SignedStand::of("s3").behind(trusting());
    for (prefix, hosts, status) in [
        ("/api", &[][..], 401),
        ("/api", &["other.example"], 401),
        ("/api", &["files.example:443"], 401),
        ("/other", &[PUBLIC_HOST], 401),
        ("", &[PUBLIC_HOST], 401),
        ("/api", &["files.example, other.example"], 400),
        ("/api", &["other.example", "files.example"], 400),
        ("/api", &["ada@files.example"], 400),
        ("/api", &["files.example/x"], 400),
        ("/api", &[":443"], 400),
        ("api", &[PUBLIC_HOST], 400),
    ] {
        let request = signed_for(PUBLIC_HOST, "/api/a.txt", "/a.txt");
        let request = with(request, "x-forwarded-prefix", prefix);
        let request = hosts.iter().fold(request, |request, host| {
            with(request, "x-forwarded-host", host)
        });
        let answer = stand.send(request);
        answer.refuses(status);
        let unreadable = "X-Forwarded-Host or X-Forwarded-Prefix cannot be read";
        assert_eq!(answer.reason() == unreadable, status == 400, "{hosts:?}");
    }
    for stand in [
        SignedStand::of("s3"),
        SignedStand::of("s3").behind(without_switch()),
    ] {
        let request = signed_for(PUBLIC_HOST, "/a.txt", "/a.txt");
        let request = with(request, "x-forwarded-host", PUBLIC_HOST);
        stand.send(request).refuses(401);
    }
}

/// A client that is no trusted proxy cannot choose the host or the path for which its signature counts.
#[test]
fn a176_the_fields_of_an_untrusted_client_do_not_change_what_is_signed() {
    let stand = SignedStand::of("s3").behind(trusting());
    let request = signed_for(PUBLIC_HOST, "/api/a.txt", "/a.txt");
    let request = with(request, "x-forwarded-prefix", "/api");
    let mut request = with(request, "x-forwarded-host", PUBLIC_HOST);
    request.extensions_mut().insert(peer("198.51.100.9:40000"));
    stand.send(request).refuses(401);
}

/// With axum, a nested router removes another prefix. The proxy's prefix stands before the whole path.
#[test]
fn a176_a_nested_router_and_a_proxy_each_remove_a_prefix() {
    let stand = TestServer::tuned(&[Kind::Digest], |layer: Layer| layer.client(trusting()));
    let credentials = stand.login().request("GET", "/api/v1/notes").header();
    let ask = get("/notes").extension(OriginalUri(Uri::from_static("/v1/notes")));
    let ask = ask
        .field("x-forwarded-prefix", "/api")
        .extension(peer(PROXY));
    stand
        .ask(ask.authorization(credentials))
        .is_admitted_as(USER);
}

/// Redirects, public paths and the target that an application reads do not depend on the fields.
#[tokio::test]
async fn a176_the_fields_change_nothing_but_what_schemes_sign() {
    let public = PublicPaths::exactly([Method::GET], "/api/health").unwrap();
    let auth = RequireAuth::new(TestWorld::new().basic()).unwrap();
    let auth = auth.client(trusting()).public_paths(public);
    let auth = auth.respond_with(LoginRedirect::to("/login").unwrap());
    let inner = service_fn(async |_: Request<()>| {
        Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
    });
    let ask = |path: &str| {
        let request = Request::get(path).extension(peer(PROXY));
        let request = request.header("accept", "text/html");
        let request = request.header("x-forwarded-host", PUBLIC_HOST);
        request
            .header("x-forwarded-prefix", "/api")
            .body(())
            .unwrap()
    };
    let refused = auth.layer(inner).oneshot(ask("/health")).await.unwrap();
    assert_eq!(refused.headers()[LOCATION], "/login?return_to=%2Fhealth");
    let request = ask("/health");
    let head = RequestHead::of(&request);
    assert_eq!(head.target(), "/health");
    assert_eq!(head.signed_target(), Ok(head.target()));
    assert!(head.signed_host().is_err(), "the request names no host");
}

#[test]
fn a176_the_switches_need_a_proxy_that_reads_fields() {
    let protocol = ClientResolver::behind_hops(ForwardedHeader::ProxyProtocol, 1).unwrap();
    for resolver in [ClientResolver::by_connection(), protocol] {
        assert!(resolver.clone().trust_forwarded_host().is_err());
        let error = resolver.trust_forwarded_prefix().unwrap_err().to_string();
        assert!(
            error.starts_with("X-Forwarded-Prefix cannot be trusted: "),
            "{error}"
        );
    }
    let forwarded = ClientResolver::behind_hops(ForwardedHeader::Forwarded, 2).unwrap();
    assert!(forwarded.trust_forwarded_prefix().is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// A signature counts only if the prefix and the path make exactly the path that the client signed.
    #[test]
    fn a176_only_the_whole_path_of_the_client_is_accepted(
        prefix in "/([a-c]{1,2}(/[a-c]{1,2})?)?",
        seen in "/([a-c]{1,2}(/[a-c]{1,2})?)?",
        signed in "/[a-c]{1,2}(/[a-c]{1,2}){0,2}",
        right in any::<bool>(),
    ) {
        let whole = format!("{}{seen}", prefix.trim_end_matches('/'));
        let signed = if right { whole.clone() } else { signed };
        let answer = digest(trusting(), &signed, &seen, &[&prefix]);
        prop_assert_eq!(answer.status == 200, signed == whole, "{} {} {}", prefix, seen, signed);
    }
}
