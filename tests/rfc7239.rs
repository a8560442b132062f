//! Tests the requirements of RFC 7239 (`Forwarded`) that concern a server which reads the field to find the client.

#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::net::IpAddr;

use tower_challenge::client::{Client, ClientResolver, ForwardedHeader, PeerAddress};

use self::support::{Kind, TOKEN, TestServer, USER, get};

const PROXY: &str = "10.0.0.1:443";

/// Makes a server that trusts one proxy and requires TLS.
fn stand() -> TestServer {
    let find = ClientResolver::behind_networks(ForwardedHeader::Forwarded, ["10.0.0.0/8"]).unwrap();
    TestServer::tuned(&[Kind::Bearer], |layer| layer.client(find).require_tls())
}

/// Sends a request through the proxy. Returns the client that the layer found, and whether the layer admitted it.
fn ask_through_proxy(stand: &TestServer, lines: &[&str]) -> (Client, bool) {
    let peer = PeerAddress(PROXY.parse().unwrap());
    let ask = get("/").bearer(TOKEN).extension(peer);
    let ask = lines
        .iter()
        .fold(ask, |ask, line| ask.field("forwarded", line));
    let answer = stand.ask(ask);
    (answer.heard[0].client, answer.is_from_inside())
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Asserts that the layer ignores `line`: it does not admit the request, and the address is that of the proxy.
fn assert_ignored(line: &str) {
    let (client, admitted) = ask_through_proxy(&stand(), &[line]);
    assert!(!admitted, "{line}");
    assert_eq!(client.bannable_address(), None, "{line}");
    assert_eq!(client.address(), Some(ip("10.0.0.1")), "{line}");
    assert!(!client.is_secure(), "{line}");
}

/// Section 4: "Each parameter MUST NOT occur more than once per field-value." The layer ignores a repeated parameter.
#[test]
fn section_4_a_repeated_parameter_is_ignored() {
    let spelled = |name: &str| {
        [
            name.to_owned(),
            name.to_uppercase(),
            format!("{}{}", name[..1].to_uppercase(), &name[1..]),
        ]
    };
    for first in spelled("for") {
        for second in spelled("for") {
            for value in ["192.0.2.1", "192.0.2.2", "unknown", "\"[2001:db8::1]\""] {
                assert_ignored(&format!("{first}=192.0.2.1;proto=https;{second}={value}"));
                assert_ignored(&format!("{second}={value};{first}=192.0.2.1;proto=https"));
            }
        }
    }
    for first in spelled("proto") {
        for second in spelled("proto") {
            for value in ["https", "http"] {
                let line = format!("for=192.0.2.1;{first}=https;{second}={value}");
                let (client, admitted) = ask_through_proxy(&stand(), &[&line]);
                assert!(!admitted && !client.is_secure(), "{line}");
            }
        }
    }
}

/// Section 4: `value = token / quoted-string`. In a quoted string neither a comma nor an escaped quotation mark ends the
/// element (RFC 9110 section 5.6.4).
#[test]
fn section_4_a_quoted_string_may_hold_commas_and_quotation_marks() {
    for host in [
        r#""a,b""#,
        r#""a\"b""#,
        r#""a\",b""#,
        r#""a,\"b""#,
        r#""\",\"""#,
        r#""a\\""#,
        r#""a,\\""#,
        r#""a\\\",b""#,
    ] {
        let line = format!("for=203.0.113.66, for=192.0.2.7;proto=https;host={host}");
        let (client, admitted) = ask_through_proxy(&stand(), &[&line]);
        assert_eq!(client.address(), Some(ip("192.0.2.7")), "{line}");
        assert!(admitted, "{line}");
    }
}

/// Section 6: an obfuscated port has no longest form. The layer reads addresses of up to 64 bytes.
#[test]
fn section_6_an_address_of_more_than_64_bytes_is_ignored() {
    let padded = |length: usize| format!("192.0.2.7:_{}", "a".repeat(length - 11));
    let line = format!("for=\"{}\";proto=https", padded(64));
    let (client, admitted) = ask_through_proxy(&stand(), &[&line]);
    assert!(
        admitted && client.address() == Some(ip("192.0.2.7")),
        "{line}"
    );
    let line = format!("for=\"{}\";proto=https", padded(65));
    let (client, _) = ask_through_proxy(&stand(), &[&line]);
    assert_eq!(client.address(), Some(ip("10.0.0.1")), "{line}");
}

/// Section 4: "The parameter names are case-insensitive."
#[test]
fn section_4_parameter_names_are_case_insensitive() {
    for line in [
        "for=192.0.2.1;proto=https",
        "FOR=192.0.2.1;PROTO=https",
        "For=\"192.0.2.1\";Proto=\"https\"",
        "pRoTo=HTTPS;by=10.0.0.1;host=api.example;fOr=\"192.0.2.1:4711\"",
    ] {
        let (client, admitted) = ask_through_proxy(&stand(), &[line]);
        assert!(admitted, "{line}");
        assert_eq!(client.bannable_address(), Some(ip("192.0.2.1")), "{line}");
    }
}

/// Section 4: a proxy "can either append it to the last existing "Forwarded" header field after a comma separator or
/// add a new field at the end of the header block." Both mean the same.
#[test]
fn section_4_several_lines_mean_the_same_as_one_list() {
    let stand = stand();
    for (first, last) in [
        ("for=6.6.6.6;proto=http", "for=192.0.2.1;proto=https"),
        ("for=\"6.6.6.6", "for=192.0.2.1;proto=https"),
        ("for=6.6.6.6;proto=https", "for=192.0.2.1;proto=http"),
        ("for=192.0.2.1;proto=https", "for=10.0.0.2"),
        ("for=192.0.2.1;proto=https", "for=unknown"),
    ] {
        let joined = format!("{first}, {last}");
        assert_eq!(
            ask_through_proxy(&stand, &[first, last]),
            ask_through_proxy(&stand, &[&joined]),
            "{joined}"
        );
    }
}

/// Section 6: "To distinguish an "obfport" from a port, the "obfport" MUST have a leading underscore. Further, it MUST
/// also consist of only "ALPHA", "DIGIT", and the characters ".", "_", and "-"." The layer ignores a node that breaks
/// this.
#[test]
fn section_6_a_node_with_an_invalid_port_has_no_address() {
    for node in ["192.0.2.1", "[2001:db8::1]"] {
        let ask_with_port = |port: &str| {
            let line = format!("for=\"{node}:{port}\";proto=https");
            ask_through_proxy(&stand(), &[&line])
        };
        for byte in (0x20..0x7F_u8).filter(|byte| !b"\"\\".contains(byte)) {
            let c = char::from(byte);
            let allowed = c.is_ascii_alphanumeric() || "._-".contains(c);
            for port in [format!("_{c}"), format!("_a{c}b")] {
                let (client, admitted) = ask_with_port(&port);
                assert_eq!(admitted, allowed, "{port}");
                let address = client.bannable_address();
                assert_eq!(address.is_some(), allowed, "{port}");
            }
            let (_, admitted) = ask_with_port(&c.to_string());
            assert_eq!(admitted, c.is_ascii_digit(), "{c}");
        }
        for bad in ["", "_", "123456", "a", "-1", "+1", "80 "] {
            assert!(!ask_with_port(bad).1, "{bad}");
        }
        assert!(ask_with_port("65535").1);
    }
}

/// Section 6.3: "To distinguish the obfuscated identifier from other identifiers, it MUST have a leading underscore
/// "_"." The layer cannot tell such clients apart, so they have no address. Text that is neither an identifier nor an
/// address is ignored in the same way.
#[test]
fn section_6_3_an_obfuscated_or_invalid_node_has_no_address() {
    for node in [
        "_gazonk",
        "_SEVKISEK",
        "_",
        "unknown",
        "UNKNOWN",
        "gazonk",
        "192.0.2",
        "192.0.2.1.5",
        "999.0.2.1",
        "\"[2001:db8::1\"",
        "\"[192.0.2.1]\"",
        "\"[fe80::1%25eth0]\"",
        "\"\"",
        "",
    ] {
        assert_ignored(&format!("for={node};proto=https"));
    }
    let (client, admitted) = ask_through_proxy(&stand(), &["for=\"[2001:db8::1]\";proto=https"]);
    assert!(admitted);
    assert_eq!(client.bannable_address(), Some(ip("2001:db8::1")));
}

/// Section 8.1 warns that every client can write the field. The layer reads it only from the proxies that it trusts.
#[test]
fn section_8_1_the_field_of_an_untrusted_client_is_ignored() {
    let stand = stand();
    for peer in ["192.0.2.9:1", "[2001:db8::9]:1"] {
        let ask = get("/")
            .bearer(TOKEN)
            .field("forwarded", "for=192.0.2.1;proto=https");
        let answer = stand.ask(ask.extension(PeerAddress(peer.parse().unwrap())));
        assert_eq!(answer.seen.len(), 0);
        let peer: std::net::SocketAddr = peer.parse().unwrap();
        assert_eq!(answer.heard[0].client.bannable_address(), Some(peer.ip()));
    }
    let proxied = ask_through_proxy(&stand, &["for=192.0.2.1;proto=https"]);
    assert!(proxied.1, "{USER} is admitted through the proxy");
}
