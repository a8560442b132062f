//! Tests how the layer finds the client of a request, and whether the client used TLS. An untrusted client must not be
//! able to influence either.
//!
//! `a114` to `a118` are the numbers of the abuse cases about proxies.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "support/mod.rs"]
pub mod support;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use http::{HeaderValue, Request, Uri, Version};
use proptest::prelude::*;
use tower_challenge::RequestHead;
use tower_challenge::audit::AuditOutcome;
use tower_challenge::client::{
    Client, ClientResolver, ForwardedHeader, IpNetwork, PeerAddress, ProxyProtocolHeader,
    SecureTransport,
};

use self::support::{Kind, Layer, PASSWORD, TestRequest, TestServer, USER, Watchdog, get};

const PROXY: &str = "10.0.0.1";
const FIELDS: [(ForwardedHeader, &str); 2] = [
    (ForwardedHeader::XForwardedFor, "x-forwarded-for"),
    (ForwardedHeader::Forwarded, "forwarded"),
];

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn from(peer: &str) -> Request<()> {
    let mut request = Request::new(());
    let address = SocketAddr::new(ip(peer), 40_000);
    request.extensions_mut().insert(PeerAddress(address));
    request
}

fn with(mut request: Request<()>, name: &'static str, lines: &[&str]) -> Request<()> {
    for line in lines {
        request.headers_mut().append(name, line.parse().unwrap());
    }
    request
}

fn find(find: &ClientResolver, request: &Request<()>) -> Client {
    find.find(&RequestHead::of(request))
}

fn address(by: &ClientResolver, request: &Request<()>) -> String {
    let address = find(by, request).address();
    address.map_or_else(String::new, |ip| ip.to_string())
}

fn networks(forwarded_header: ForwardedHeader) -> ClientResolver {
    ClientResolver::behind_networks(forwarded_header, ["10.0.0.0/8", "fd00::/8"]).unwrap()
}

fn hops(forwarded_header: ForwardedHeader, count: usize) -> ClientResolver {
    ClientResolver::behind_hops(forwarded_header, count).unwrap()
}

/// The field, its lines as a trusted proxy sends them, and the client that the resolver must find. The client is
/// `PROXY` if the lines name none.
const TRAILS: &[(ForwardedHeader, &[&str], &str)] = &[
    (ForwardedHeader::XForwardedFor, &[], PROXY),
    (
        ForwardedHeader::XForwardedFor,
        &["203.0.113.7"],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["6.6.6.6, 203.0.113.7"],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["6.6.6.6,203.0.113.7,10.1.1.1"],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["6.6.6.6", "203.0.113.7"],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["203.0.113.7", "10.1.1.1"],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["10.2.2.2, 10.1.1.1"],
        "10.2.2.2",
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["203.0.113.7:4711"],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["2001:db8::7"],
        "2001:db8::7",
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["[2001:db8::7]"],
        "2001:db8::7",
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["[2001:db8::7]:443"],
        "2001:db8::7",
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["::ffff:203.0.113.7"],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["6.6.6.6, ::ffff:10.1.1.1"],
        "6.6.6.6",
    ),
    (
        ForwardedHeader::XForwardedFor,
        &[",, 203.0.113.7 ,,"],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["203.0.113.7", ""],
        "203.0.113.7",
    ),
    (ForwardedHeader::XForwardedFor, &["6.6.6.6, unknown"], PROXY),
    (
        ForwardedHeader::XForwardedFor,
        &["unknown, 203.0.113.7"],
        "203.0.113.7",
    ),
    (ForwardedHeader::XForwardedFor, &["6.6.6.6, _hidden"], PROXY),
    (
        ForwardedHeader::XForwardedFor,
        &["6.6.6.6, fe80::1%eth0"],
        PROXY,
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["6.6.6.6, [fe80::1%25eth0]"],
        PROXY,
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["6.6.6.6, 203.0.113.007"],
        PROXY,
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["6.6.6.6, 203.0.113.7:"],
        PROXY,
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["6.6.6.6, 203.0.113.7:123456"],
        PROXY,
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["6.6.6.6, 203.0.113.7:-1"],
        PROXY,
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["6.6.6.6, [203.0.113.7]"],
        PROXY,
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["6.6.6.6, [2001:db8::7"],
        PROXY,
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["6.6.6.6, 0x7f000001"],
        PROXY,
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["6.6.6.6, 203.0.113.7 6.6.6.6"],
        PROXY,
    ),
    (
        ForwardedHeader::XForwardedFor,
        &["6.6.6.6, garbage, 10.1.1.1"],
        PROXY,
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=203.0.113.7"],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::Forwarded,
        &["For=\"203.0.113.7:4711\""],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=203.0.113.7;proto=http;by=10.0.0.1"],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::Forwarded,
        &["by=10.0.0.1; FOR=203.0.113.7"],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=\"[2001:db8:cafe::17]:4711\""],
        "2001:db8:cafe::17",
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=\"[2001:db8::17]:_port\""],
        "2001:db8::17",
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=6.6.6.6, for=203.0.113.7"],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=203.0.113.7, for=10.1.1.1"],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=6.6.6.6", "for=203.0.113.7"],
        "203.0.113.7",
    ),
    // A client opens a quoted string and does not close it. The entry that the proxy adds must still be read.
    (
        ForwardedHeader::Forwarded,
        &["for=6.6.6.6;x=\", for=203.0.113.7"],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=\"6.6.6.6\\, for=203.0.113.7"],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::Forwarded,
        &["\"", "for=203.0.113.7"],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=6.6.6.6, for=203.0.113.7;host=\"a,for=6.6.6.6\""],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=203.0.113.7;host=\"a;for=6.6.6.6;b\""],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=203.0.113.7;host=\"a\\\";for=6.6.6.6;b\""],
        "203.0.113.7",
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=6.6.6.6, for=unknown"],
        PROXY,
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=6.6.6.6, for=_hidden"],
        PROXY,
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=6.6.6.6, for=\"_hidden:80\""],
        PROXY,
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=6.6.6.6, proto=https"],
        PROXY,
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=6.6.6.6, for=203.0.113.7;for=6.6.6.6"],
        PROXY,
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=6.6.6.6, for=\"203.0.113.\\7\""],
        PROXY,
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=6.6.6.6, for=\"[fe80::1%eth0]\""],
        PROXY,
    ),
    (
        ForwardedHeader::Forwarded,
        &["for=6.6.6.6, 203.0.113.7"],
        PROXY,
    ),
];

#[test]
fn a114_the_field_of_a_trusted_proxy_is_read_from_the_right_and_that_of_a_client_is_ignored() {
    let _watchdog = Watchdog::start("the field is read to its start");
    for (forwarded_header, lines, expected) in TRAILS {
        let (_, field) = FIELDS
            .iter()
            .find(|(header, _)| header == forwarded_header)
            .unwrap();
        let trusted = with(from(PROXY), field, lines);
        assert_eq!(
            address(&networks(*forwarded_header), &trusted),
            *expected,
            "{lines:?}"
        );
        // The same lines from a client that is no trusted proxy are ignored.
        let untrusted = with(from("198.51.100.9"), field, lines);
        assert_eq!(
            address(&networks(*forwarded_header), &untrusted),
            "198.51.100.9"
        );
        let by_connection = ClientResolver::by_connection();
        assert_eq!(
            address(&by_connection, &trusted),
            PROXY,
            "a resolver without proxies reads no field"
        );
    }
    println!("{} trails", TRAILS.len());
}

#[test]
fn a114_a_thousand_forged_entries_do_not_change_the_client() {
    let many = |entry: &str, count: usize| vec![entry; count].join(", ");
    for ((forwarded_header, field), prefix) in FIELDS.into_iter().zip(["", "for="]) {
        let entry = |address: &str| format!("{prefix}{address}");
        let forged = many(&entry("6.6.6.6"), 1000);
        let line = format!("{forged}, {}", entry("203.0.113.7"));
        let request = with(from(PROXY), field, &[&line]);
        assert_eq!(
            address(&networks(forwarded_header), &request),
            "203.0.113.7"
        );

        // The resolver reads at most 16 entries. If all of them are proxies, the client counts as not named.
        for (proxies, expected) in [(15, "6.6.6.6"), (16, PROXY), (1000, PROXY)] {
            let line = format!(
                "{}, {}",
                entry("6.6.6.6"),
                many(&entry("10.1.1.1"), proxies)
            );
            let request = with(from(PROXY), field, &[&line]);
            assert_eq!(
                address(&networks(forwarded_header), &request),
                expected,
                "{proxies}"
            );
        }
        let lines: Vec<_> = (0..1000).map(|_| entry("6.6.6.6")).collect();
        let lines: Vec<_> = lines.iter().map(AsRef::as_ref).collect();
        let request = with(
            with(from(PROXY), field, &lines),
            field,
            &[&entry("203.0.113.7")],
        );
        assert_eq!(
            address(&networks(forwarded_header), &request),
            "203.0.113.7"
        );
    }
}

#[test]
fn a114_the_resolver_reads_only_the_field_that_is_configured() {
    let request = with(from(PROXY), "x-forwarded-for", &["203.0.113.7"]);
    let request = with(request, "forwarded", &["for=203.0.113.8"]);
    let by = |forwarded_header| address(&networks(forwarded_header), &request);
    assert_eq!(by(ForwardedHeader::XForwardedFor), "203.0.113.7");
    assert_eq!(by(ForwardedHeader::Forwarded), "203.0.113.8");
    assert_eq!(by(ForwardedHeader::ProxyProtocol), PROXY);
}

#[test]
fn a114_a_resolver_can_trust_a_number_of_proxies() {
    let request = with(
        from("198.51.100.9"),
        "x-forwarded-for",
        &["6.6.6.6, 203.0.113.7", "192.0.2.2"],
    );
    let by = |count| address(&hops(ForwardedHeader::XForwardedFor, count), &request);
    assert_eq!(
        (by(1), by(2), by(3)),
        ("192.0.2.2".into(), "203.0.113.7".into(), "6.6.6.6".into())
    );
    assert_eq!(by(4), "198.51.100.9", "the field has only three entries");
    let hidden = with(from(PROXY), "x-forwarded-for", &["203.0.113.7, unknown"]);
    let by = |count| address(&hops(ForwardedHeader::XForwardedFor, count), &hidden);
    assert_eq!((by(1), by(2)), (PROXY.into(), "203.0.113.7".into()));
}

#[test]
fn a115_a_field_with_another_spelling_is_ignored() {
    for name in [
        "x_forwarded_for",
        "x-forwarded_for",
        "x.forwarded.for",
        "x-forwarded-for-",
        "x-real-ip",
    ] {
        let request = with(from(PROXY), name, &["6.6.6.6"]);
        assert_eq!(
            address(&networks(ForwardedHeader::XForwardedFor), &request),
            PROXY,
            "{name}"
        );
    }
    let request = with(from(PROXY), "x_forwarded_proto", &["https"]);
    assert!(!find(&networks(ForwardedHeader::XForwardedFor), &request).is_secure());
}

#[test]
fn a116_if_the_field_is_dropped_on_the_way_the_client_is_the_proxy_and_not_secure() {
    let dropped = with(
        from(PROXY),
        "connection",
        &["x-forwarded-for, x-forwarded-proto"],
    );
    let mut dropped = with(dropped, "x-forwarded-for", &["203.0.113.7"]);
    dropped.headers_mut().remove("x-forwarded-for");
    let client = find(&networks(ForwardedHeader::XForwardedFor), &dropped);
    assert_eq!(
        (client.address(), client.is_secure()),
        (Some(ip(PROXY)), false)
    );
    // The proxy has written the field, so the field counts even if `Connection` names it.
    let kept = with(from(PROXY), "connection", &["x-forwarded-for"]);
    let kept = with(kept, "x-forwarded-for", &["203.0.113.7"]);
    assert_eq!(
        address(&networks(ForwardedHeader::XForwardedFor), &kept),
        "203.0.113.7"
    );
}

#[test]
fn a118_only_a_trusted_proxy_can_say_that_the_client_used_tls() {
    let proto = |peer: &str, lines: &[&str]| {
        let request = with(from(peer), "x-forwarded-for", &["203.0.113.7"]);
        find(
            &networks(ForwardedHeader::XForwardedFor),
            &with(request, "x-forwarded-proto", lines),
        )
        .is_secure()
    };
    assert!(proto(PROXY, &["https"]));
    assert!(proto(PROXY, &["HTTPS"]));
    assert!(proto(PROXY, &["https, https", "https"]));
    for websocket in [&["wss"][..], &["WSS"], &["https, wss"], &["wss", "https"]] {
        assert!(proto(PROXY, websocket), "{websocket:?}");
        assert!(
            !proto("198.51.100.9", websocket),
            "an untrusted client says so"
        );
    }
    assert!(
        !proto("198.51.100.9", &["https"]),
        "an untrusted client says so"
    );
    for lines in [
        &[][..],
        &[""],
        &["http"],
        &["https, http"],
        &["http, https"],
        &["https", "http"],
        &["http", "https"],
        &["https ", " x"],
        &["https;"],
        &["ws"],
        &["ws, wss"],
        &["wss", "http"],
        &["wsss"],
        &["httpss"],
        &["on"],
    ] {
        assert!(!proto(PROXY, lines), "{lines:?}");
    }
    let forwarded = |peer: &str, line: &str| {
        find(
            &networks(ForwardedHeader::Forwarded),
            &with(from(peer), "forwarded", &[line]),
        )
        .is_secure()
    };
    assert!(forwarded(PROXY, "for=203.0.113.7;proto=https"));
    assert!(forwarded(
        PROXY,
        "for=203.0.113.7;proto=\"https\", for=10.1.1.1;proto=http"
    ));
    assert!(!forwarded("198.51.100.9", "for=203.0.113.7;proto=https"));
    assert!(forwarded(PROXY, "for=203.0.113.7;proto=wss"));
    assert!(!forwarded("198.51.100.9", "for=203.0.113.7;proto=wss"));
    for line in [
        "for=203.0.113.7",
        "for=203.0.113.7;proto=http",
        "for=203.0.113.7;proto=ws",
        "for=6.6.6.6;proto=wss, for=203.0.113.7;proto=ws",
        "for=203.0.113.7;proto=https;proto=https",
        "for=203.0.113.7;proto=http;host=\"a;proto=https;b\"",
        "for=203.0.113.7;host=\"a;proto=https;b\"",
        "for=6.6.6.6;proto=https, for=203.0.113.7;proto=http",
        "for=6.6.6.6;proto=https, for=203.0.113.7",
        "for=unknown;proto=https",
        "proto=https",
    ] {
        assert!(!forwarded(PROXY, line), "{line}");
    }
}

#[test]
fn tls_between_the_proxy_and_the_server_does_not_show_that_the_client_used_tls() {
    let mut request = with(from(PROXY), "x-forwarded-for", &["203.0.113.7"]);
    request.extensions_mut().insert(SecureTransport);
    assert!(!find(&networks(ForwardedHeader::XForwardedFor), &request).is_secure());
    assert!(find(&ClientResolver::by_connection(), &request).is_secure());
}

#[test]
fn only_a_trusted_proxy_can_use_the_proxy_protocol() {
    let header = ProxyProtocolHeader::new("[::ffff:203.0.113.7]:4711".parse().unwrap());
    let request = |peer: &str, header| {
        let mut request = from(peer);
        request
            .extensions_mut()
            .insert::<ProxyProtocolHeader>(header);
        request
    };
    let by = networks(ForwardedHeader::ProxyProtocol);
    let client = find(&by, &request(PROXY, header.over_tls()));
    assert_eq!(
        (client.address(), client.is_secure()),
        (Some(ip("203.0.113.7")), true)
    );
    assert!(!find(&by, &request(PROXY, header)).is_secure());
    let untrusted = find(&by, &request("198.51.100.9", header.over_tls()));
    assert_eq!(
        (untrusted.address(), untrusted.is_secure()),
        (Some(ip("198.51.100.9")), false)
    );
    assert_eq!(
        address(&by, &from(PROXY)),
        PROXY,
        "the proxy sends a request of its own (`LOCAL`)"
    );
    assert_eq!(
        address(
            &hops(ForwardedHeader::ProxyProtocol, 1),
            &request("198.51.100.9", header)
        ),
        "203.0.113.7"
    );
}

#[test]
fn the_scheme_of_http2_counts_as_tls_only_if_the_resolver_trusts_it() {
    let mut request = from("198.51.100.9");
    *request.uri_mut() = Uri::from_static("https://example.org/");
    let trusting = ClientResolver::by_connection().legacy_trust_http2_scheme();
    for (version, secure) in [
        (Version::HTTP_2, true),
        (Version::HTTP_11, false),
        (Version::HTTP_10, false),
    ] {
        *request.version_mut() = version;
        assert_eq!(find(&trusting, &request).is_secure(), secure, "{version:?}");
        assert!(!find(&ClientResolver::by_connection(), &request).is_secure());
    }
    *request.version_mut() = Version::HTTP_2;
    *request.uri_mut() = Uri::from_static("http://example.org/");
    assert!(!find(&trusting, &request).is_secure());
}

#[test]
fn the_peer_address_comes_from_axum_or_from_another_server() {
    let address: SocketAddr = "[::ffff:192.0.2.1]:80".parse().unwrap();
    let mut request = Request::new(());
    let by = ClientResolver::default();
    assert_eq!(find(&by, &request).address(), None);
    request.extensions_mut().insert(ConnectInfo(address));
    assert_eq!(find(&by, &request).address(), Some(ip("192.0.2.1")));
    let other = PeerAddress("192.0.2.2:80".parse().unwrap());
    request.extensions_mut().insert(other);
    assert_eq!(
        find(&by, &request).address(),
        Some(ip("192.0.2.2")),
        "`PeerAddress` counts before `ConnectInfo`"
    );
}

#[test]
fn without_a_peer_address_a_resolver_trusts_no_network_but_does_trust_a_number_of_proxies() {
    let request = with(Request::new(()), "x-forwarded-for", &["203.0.113.7"]);
    assert_eq!(
        find(&networks(ForwardedHeader::XForwardedFor), &request).address(),
        None
    );
    assert_eq!(
        address(&hops(ForwardedHeader::XForwardedFor, 1), &request),
        "203.0.113.7"
    );
}

#[test]
fn a_resolver_that_would_trust_every_client_or_no_proxy_is_an_error() {
    let wrong = |networks: &[&str]| {
        let built =
            ClientResolver::behind_networks(ForwardedHeader::Forwarded, networks.iter().copied());
        built.unwrap_err().to_string()
    };
    assert_eq!(wrong(&[]), "no proxy network is named: name at least one");
    assert!(wrong(&["10.0.0.0/8", "::/0"]).contains("would trust every client"));
    assert!(wrong(&["10.0.0.1/8"]).contains("write 10.0.0.0/8"));
    for text in [
        "",
        "/",
        "10.0.0.0/",
        "10.0.0.0/33",
        "::/129",
        "10.0.0/8",
        "10.0.0.0/+8",
        "10.0.0.0/8/8",
        "localhost",
    ] {
        assert!(
            !wrong(&[text]).contains("such as 10.0.0.0/8"),
            "the README warns against it"
        );
        assert!(wrong(&[text]).contains("is not a network"), "{text}");
    }
    for (forwarded_header, count) in [
        (ForwardedHeader::Forwarded, 0),
        (ForwardedHeader::XForwardedFor, 17),
        (ForwardedHeader::ProxyProtocol, 2),
    ] {
        assert!(ClientResolver::behind_hops(forwarded_header, count).is_err());
    }
}

#[test]
fn the_network_of_a_client_is_one_address_of_ipv4_or_64_bits_of_ipv6() {
    for (peer, network) in [
        ("192.0.2.7", "192.0.2.7/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ] {
        let client = find(&ClientResolver::by_connection(), &from(peer));
        let found = client.network().unwrap().to_string();
        assert_eq!(found, network);
        assert_eq!(format!("{:?}", client.network().unwrap()), network);
    }
    let unknown = find(&ClientResolver::by_connection(), &Request::new(()));
    assert_eq!(unknown.network(), None);
}

#[test]
fn a_network_contains_exactly_the_addresses_with_its_prefix() {
    let holds =
        |network: &str, address: &str| network.parse::<IpNetwork>().unwrap().contains(ip(address));
    assert!(holds("10.0.0.0/8", "10.255.255.255") && !holds("10.0.0.0/8", "11.0.0.0"));
    assert!(holds("192.0.2.1", "192.0.2.1") && !holds("192.0.2.1", "192.0.2.2"));
    assert!(holds("192.0.2.1/32", "::ffff:192.0.2.1"));
    assert!(holds("::ffff:10.0.0.0/104", "10.1.1.1") && !holds("::ffff:10.0.0.0/104", "11.1.1.1"));
    assert!(
        holds("2001:db8::/33", "2001:db8:7fff::") && !holds("2001:db8::/33", "2001:db8:8000::")
    );
    assert!(!holds("::/8", "0.0.0.1") && !holds("0.0.0.0/1", "::1"));
    let around = |address: &str| IpNetwork::around(ip(address)).to_string();
    assert_eq!(around("192.0.2.1"), "192.0.2.1/32");
    assert_eq!(around("::ffff:192.0.2.1"), "192.0.2.1/32");
    assert_eq!(around("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
}

proptest! {
    /// A trusted proxy adds its entry after arbitrary text of the client. A client that connects directly keeps the
    /// address of its connection.
    #[test]
    fn a_client_cannot_change_what_the_proxy_says(
        words in prop::collection::vec("[ -~]{0,60}", 0..4),
        appended in any::<bool>(),
    ) {
        for ((forwarded_header, field), own) in FIELDS.into_iter().zip(["203.0.113.7", "for=203.0.113.7"]) {
            let words: Vec<_> = words.iter().map(AsRef::as_ref).collect();
            let mut lines: Vec<String> = words.iter().map(|word: &&str| (*word).to_owned()).collect();
            match lines.last_mut().filter(|_| appended) {
                Some(last) => *last = format!("{last}, {own}"),
                None => lines.push(own.to_owned()),
            }
            let lines: Vec<_> = lines.iter().map(AsRef::as_ref).collect();
            let request = with(from(PROXY), field, &lines);
            prop_assert_eq!(address(&networks(forwarded_header), &request), "203.0.113.7");
            let direct = with(from("198.51.100.9"), field, &words);
            prop_assert_eq!(address(&networks(forwarded_header), &direct), "198.51.100.9");
            prop_assert!(!find(&networks(forwarded_header), &direct).is_secure());
        }
    }
}

/// Generates lines that fit into a field: arbitrary bytes, and pieces that have a meaning in these fields.
fn any_line() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&str; 19] = [
        "for=",
        "proto=https",
        "203.0.113.7",
        "10.1.1.1",
        "[2001:db8::7]",
        "[::ffff:10.0.0.1]:80",
        "unknown",
        "_x",
        "\"",
        "\\",
        ",",
        ";",
        " ",
        "\t",
        "=",
        ":",
        "%eth0",
        "https",
        "\"[fe80::1%25en0]\"",
    ];
    let piece = prop::sample::select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec());
    let byte = any::<u8>().prop_map(|byte| {
        if byte < 0x20 || byte == 0x7f {
            vec![b' ']
        } else {
            vec![byte]
        }
    });
    prop::collection::vec(prop_oneof![4 => piece, 1 => byte], 0..30)
        .prop_map(|pieces| pieces.concat())
}

/// The texts that a field may hold for `address`. For an IPv6 address, the second one has an IPv4 address at its end.
fn spellings(address: IpAddr) -> Vec<String> {
    let mut spellings = vec![address.to_string()];
    if let IpAddr::V6(address) = address {
        let [.., a, b, c, d] = address.octets();
        let mut start = address.segments();
        start[6..].fill(0);
        spellings.push(format!(
            "{}{}",
            Ipv6Addr::from(start),
            Ipv4Addr::new(a, b, c, d)
        ));
    }
    spellings
}

proptest! {
    /// The resolver finds a client for arbitrary fields. The client is the proxy or an address that the fields hold.
    #[test]
    fn a114_from_arbitrary_bytes_the_resolver_finds_the_proxy_or_an_address_in_them(
        lines in prop::collection::vec(any_line(), 0..4),
        proto in any_line(),
        count in 1_usize..=16,
    ) {
        for (forwarded_header, field) in FIELDS {
            let mut request = from(PROXY);
            for line in &lines {
                let value = HeaderValue::from_bytes(line).unwrap();
                request.headers_mut().append(field, value);
            }
            let value = HeaderValue::from_bytes(&proto).unwrap();
            request.headers_mut().append("x-forwarded-proto", value);
            let said = [&lines.concat()[..], &proto].concat().to_ascii_lowercase();
            let says = |what: &str| said.windows(what.len()).any(|window| window == what.as_bytes());
            for by in [networks(forwarded_header), hops(forwarded_header, count)] {
                let client = find(&by, &request);
                let address = client.address().expect("the peer address is known");
                let known = ["10.1.1.1", "203.0.113.7", "2001:db8::7", "10.0.0.1"];
                let is_known = known.iter().any(|known| ip(known) == address && says(known));
                // Random bytes rarely form an address that is not in the list. All of its digits are in the fields
                // then. The end of an IPv6 address may be spelt as an IPv4 address: `::203.0.113.7` is `::cb00:7107`.
                let has_byte = |byte| byte == b'.' || byte == b':' || said.contains(&byte);
                let is_spelt = spellings(address).iter().any(|spelling| spelling.bytes().all(has_byte));
                prop_assert!(is_known || is_spelt || address == ip(PROXY), "{address}");
                prop_assert!(!client.is_secure() || says("https"));
                prop_assert!(!client.is_local());
            }
        }
    }
}

/// A resolver that read the line again from each of its bytes would take hours for a line of this length.
#[test]
fn a114_a_line_of_a_mebibyte_is_read_in_linear_time() {
    for pattern in [
        "\"", "\\", ",", ";", "\\\"", "\",", ";\"", "a,", "for=\"", "\\\\\"", " ",
    ] {
        let line = pattern.repeat((1 << 20) / pattern.len());
        for (forwarded_header, field) in FIELDS {
            let request = with(from(PROXY), field, &[&line]);
            let request = with(request, "x-forwarded-proto", &[&line]);
            for by in [networks(forwarded_header), hops(forwarded_header, 16)] {
                assert_eq!(address(&by, &request), PROXY, "{pattern:?}");
            }
        }
    }
}

// TLS.

fn secure(ask: TestRequest) -> TestRequest {
    ask.extension(SecureTransport)
}

#[test]
fn a118_every_request_without_tls_gets_403_and_no_challenge() {
    for (kinds, optional) in Kind::orders()
        .into_iter()
        .flat_map(|kinds| [(kinds.clone(), false), (kinds, true)])
    {
        for proxy in [false, true] {
            let tune = |layer: Layer| {
                if optional {
                    layer.optional().require_tls()
                } else {
                    layer.require_tls()
                }
            };
            let stand = if proxy {
                TestServer::proxy(&kinds, tune)
            } else {
                TestServer::tuned(&kinds, tune)
            };
            let asks = [
                get("/"),
                get("/").basic(USER, PASSWORD),
                get("/").authorization("Bearer ,,,"),
                get("/").authorization("Basic a").authorization("Basic b"),
                get("/").authorization("Unheard-Of"),
                get("/").authorization("Digest username=\"mufasa\""),
                get("/")
                    .basic(USER, PASSWORD)
                    .field("x-forwarded-proto", "https"),
                get("/")
                    .basic(USER, PASSWORD)
                    .field("forwarded", "for=::1;proto=https"),
                get("https://example.org/").basic(USER, PASSWORD),
            ];
            for ask in asks {
                let answer = stand.ask(ask);
                assert_eq!(answer.status, 403, "{}", answer.asked);
                assert_eq!(answer.challenges(), [], "{}", answer.asked);
                assert_eq!(answer.heard[0].outcome, AuditOutcome::Insecure);
                assert_eq!((answer.verified, answer.reserved), (vec![], vec![]));
            }
        }
    }
}

#[test]
fn a_request_over_tls_is_authenticated_as_usual() {
    let stand = TestServer::tuned(&[Kind::Basic], Layer::require_tls);
    stand
        .ask(secure(get("/").basic(USER, PASSWORD)))
        .is_admitted_as(USER);
    stand
        .ask(secure(get("/").basic(USER, support::WRONG)))
        .is_refused();
    stand.ask(secure(get("/"))).is_challenged();
    let behind = |layer: Layer| {
        layer
            .client(networks(ForwardedHeader::XForwardedFor))
            .require_tls()
    };
    let stand = TestServer::tuned(&[Kind::Basic], behind);
    let ask = |peer: &str| {
        let peer = PeerAddress(SocketAddr::new(ip(peer), 1));
        let ask = get("/").basic(USER, PASSWORD).extension(peer);
        ask.field("x-forwarded-for", "203.0.113.7")
            .field("x-forwarded-proto", "https")
    };
    stand.ask(ask(PROXY)).is_admitted_as(USER);
    assert_eq!(stand.ask(ask("198.51.100.9")).status, 403);
}

/// A WebSocket over TLS passes a proxy, which names it `wss`.
#[test]
fn a176_a_websocket_over_tls_through_a_proxy_counts_as_secure() {
    let behind = |layer: Layer| {
        layer
            .client(networks(ForwardedHeader::XForwardedFor))
            .require_tls()
    };
    let stand = TestServer::tuned(&[Kind::Basic], behind);
    let ask = |peer: &str, proto: &str| {
        let peer = PeerAddress(SocketAddr::new(ip(peer), 1));
        let ask = get("/chat").basic(USER, PASSWORD).extension(peer);
        let ask = ask.field("x-forwarded-for", "203.0.113.7");
        let ask = ask
            .field("connection", "upgrade")
            .field("upgrade", "websocket");
        ask.field("x-forwarded-proto", proto)
    };
    stand.ask(ask(PROXY, "wss")).is_admitted_as(USER);
    for (peer, proto) in [(PROXY, "ws"), (PROXY, "ws, wss"), ("198.51.100.9", "wss")] {
        assert_eq!(stand.ask(ask(peer, proto)).status, 403, "{peer} {proto}");
    }
}

#[test]
fn public_paths_need_no_tls_and_preflights_do() {
    let tune = |layer: Layer| {
        let layer = layer.public(|request| request.target().path() == "/health");
        layer.require_tls()
    };
    let stand = TestServer::tuned(&[Kind::Basic], tune);
    assert_eq!(stand.ask(get("/health")).status, 200);
    let preflight = TestRequest::new("OPTIONS", "/").field("origin", "https://a.example");
    let preflight = preflight.field("access-control-request-method", "PUT");
    assert_eq!(stand.ask(preflight).status, 403);
    assert_eq!(stand.ask(get("/")).status, 403);
}

#[test]
fn clients_on_loopback_can_be_exempt_from_tls_but_proxies_on_loopback_are_not() {
    let stand = TestServer::tuned(&[Kind::Basic], Layer::require_tls_beyond_loopback);
    let ask = |peer: &str| {
        let peer = PeerAddress(SocketAddr::new(ip(peer), 1));
        get("/").basic(USER, PASSWORD).extension(peer)
    };
    for local in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
        stand.ask(ask(local)).is_admitted_as(USER);
    }
    for remote in ["192.0.2.1", "10.0.0.1", "::", "0.0.0.0", "fe80::1"] {
        assert_eq!(stand.ask(ask(remote)).status, 403, "{remote}");
    }
    assert_eq!(
        stand.ask(get("/").basic(USER, PASSWORD)).status,
        403,
        "the client address is not known"
    );
    for trace in [
        "forwarded",
        "via",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-forwarded-server",
        "x-forwarded",
        "x-real-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-original-forwarded-for",
        "x-envoy-external-address",
        "cf-connecting-ip",
        "true-client-ip",
    ] {
        assert_eq!(
            stand.ask(ask("127.0.0.1").field(trace, "127.0.0.1")).status,
            403,
            "{trace}"
        );
    }
    // A client behind a trusted proxy forges a loopback address. The field shows that a proxy was on the way.
    let behind = |layer: Layer| {
        let find = ClientResolver::behind_networks(ForwardedHeader::XForwardedFor, ["127.0.0.0/8"]);
        layer.client(find.unwrap()).require_tls_beyond_loopback()
    };
    let stand = TestServer::tuned(&[Kind::Basic], behind);
    let forged = ask("127.0.0.1").field("x-forwarded-for", "127.0.0.1");
    assert_eq!(stand.ask(forged).status, 403);
}

#[test]
fn the_audit_receives_the_address_of_the_client() {
    let stand = TestServer::tuned(&[Kind::Basic], |layer| {
        layer.client(networks(ForwardedHeader::XForwardedFor))
    });
    let peer = PeerAddress(SocketAddr::new(ip(PROXY), 1));
    let ask = get("/").basic(USER, support::WRONG).extension(peer);
    let answer = stand
        .ask(ask.field("x-forwarded-for", "6.6.6.6, 203.0.113.7"))
        .is_refused();
    assert_eq!(answer.heard[0].client.address(), Some(ip("203.0.113.7")));
    assert!(
        answer.heard[0].shown.contains("203.0.113.7"),
        "{}",
        answer.heard[0].shown
    );
}
