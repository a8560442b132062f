//! What RFC 7239 (`Forwarded`) says MUST be so, as far as it concerns who reads the field to find out who is calling.

#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::net::IpAddr;

use tower_challenge::client::{Client, ClientResolver, ForwardedHeader, PeerAddress};

use self::support::{Kind, Stand, TOKEN, USER, get};

const PROXY: &str = "10.0.0.1:443";

/// A server behind one proxy, where nobody gets in but through TLS.
fn stand() -> Stand {
    let find = ClientResolver::behind_networks(ForwardedHeader::Forwarded, ["10.0.0.0/8"]).unwrap();
    Stand::tuned(&[Kind::Bearer], |layer| layer.client(find).require_tls())
}

/// Whom the layer takes for the client, and whether it lets them in.
fn told(stand: &Stand, lines: &[&str]) -> (Client, bool) {
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

/// Asserts that nothing of `line` is believed: nobody is let in by it, and nobody is blamed but the proxy.
fn is_not_believed(line: &str) {
    let (client, admitted) = told(&stand(), &[line]);
    assert!(!admitted, "{line}");
    assert_eq!(client.bannable_address(), None, "{line}");
    assert_eq!(client.address(), Some(ip("10.0.0.1")), "{line}");
    assert!(!client.is_secure(), "{line}");
}

/// Section 4: "Each parameter MUST NOT occur more than once per field-value." What one proxy says twice, it has not said.
#[test]
fn section_4_what_is_there_twice_is_not_believed() {
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
                is_not_believed(&format!("{first}=192.0.2.1;proto=https;{second}={value}"));
                is_not_believed(&format!("{second}={value};{first}=192.0.2.1;proto=https"));
            }
        }
    }
    for first in spelled("proto") {
        for second in spelled("proto") {
            for value in ["https", "http"] {
                let line = format!("for=192.0.2.1;{first}=https;{second}={value}");
                let (client, admitted) = told(&stand(), &[&line]);
                assert!(!admitted && !client.is_secure(), "{line}");
            }
        }
    }
}

/// Section 4: "The parameter names are case-insensitive."
#[test]
fn section_4_names_are_read_in_any_case() {
    for line in [
        "for=192.0.2.1;proto=https",
        "FOR=192.0.2.1;PROTO=https",
        "For=\"192.0.2.1\";Proto=\"https\"",
        "pRoTo=HTTPS;by=10.0.0.1;host=api.example;fOr=\"192.0.2.1:4711\"",
    ] {
        let (client, admitted) = told(&stand(), &[line]);
        assert!(admitted, "{line}");
        assert_eq!(client.bannable_address(), Some(ip("192.0.2.1")), "{line}");
    }
}

/// Section 4: a proxy "can either append it to the last existing "Forwarded" header field after a comma separator or add a
/// new field at the end of the header block." Both mean the same.
#[test]
fn section_4_lines_and_one_list_mean_the_same() {
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
            told(&stand, &[first, last]),
            told(&stand, &[&joined]),
            "{joined}"
        );
    }
}

/// Section 6: "To distinguish an "obfport" from a port, the "obfport" MUST have a leading underscore. Further, it MUST also
/// consist of only "ALPHA", "DIGIT", and the characters ".", "_", and "-"." A node that breaks this is no address.
#[test]
fn section_6_the_characters_of_a_port() {
    for node in ["192.0.2.1", "[2001:db8::1]"] {
        let told = |port: &str| {
            let line = format!("for=\"{node}:{port}\";proto=https");
            told(&stand(), &[&line])
        };
        for octet in (0x20..0x7F_u8).filter(|octet| !b"\"\\".contains(octet)) {
            let octet = char::from(octet);
            let allowed = octet.is_ascii_alphanumeric() || "._-".contains(octet);
            for port in [format!("_{octet}"), format!("_a{octet}b")] {
                let (client, admitted) = told(&port);
                assert_eq!(admitted, allowed, "{port}");
                let address = client.bannable_address();
                assert_eq!(address.is_some(), allowed, "{port}");
            }
            let (_, admitted) = told(&octet.to_string());
            assert_eq!(admitted, octet.is_ascii_digit(), "{octet}");
        }
        for bad in ["", "_", "123456", "a", "-1", "+1", "80 "] {
            assert!(!told(bad).1, "{bad}");
        }
        assert!(told("65535").1);
    }
}

/// Section 6.3: "To distinguish the obfuscated identifier from other identifiers, it MUST have a leading underscore "_"."
/// Such a one is nobody that can be told apart, and what is neither it nor an address is nothing at all.
#[test]
fn section_6_3_who_is_hidden_has_no_address() {
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
        is_not_believed(&format!("for={node};proto=https"));
    }
    let (client, admitted) = told(&stand(), &["for=\"[2001:db8::1]\";proto=https"]);
    assert!(admitted);
    assert_eq!(client.bannable_address(), Some(ip("2001:db8::1")));
}

/// Section 8.1 has the field be anybody's to write: who is not a proxy that is named is not believed a word of it.
#[test]
fn section_8_1_who_is_not_trusted_is_not_believed() {
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
    let proxied = told(&stand, &["for=192.0.2.1;proto=https"]);
    assert!(proxied.1, "and {USER} gets in by the proxy");
}
