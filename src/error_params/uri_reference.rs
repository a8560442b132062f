//! Is this a URI, or a reference to one (RFC 3986 section 4.1)?
//!
//! Parsers of URLs repair what they read, and that of the crate `http` knows no relative reference but a path. This one is
//! the grammar of RFC 3986 appendix A, and says yes or no.

use std::net::Ipv6Addr;

/// `URI-reference = URI / relative-ref`.
pub(super) fn is_uri_reference(octets: &[u8]) -> bool {
    let (rest, fragment) = cut(octets, b'#');
    let (rest, query) = cut(rest, b'?');
    let is_tail = |tail: Option<&[u8]>| tail.is_none_or(|tail| is_spelled(tail, b":@/?"));
    is_tail(fragment) && is_tail(query) && after_scheme(rest).is_some_and(is_hierarchical)
}

/// What is before the first `at`, and what is after it.
fn cut(octets: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    let mut parts = octets.splitn(2, |octet| *octet == at);
    let before = parts.next().unwrap_or_default();
    (before, parts.next())
}

/// A colon in the first segment ends a scheme: a relative path must not have one there (`path-noscheme`).
fn after_scheme(octets: &[u8]) -> Option<&[u8]> {
    let (segment, _) = cut(octets, b'/');
    match cut(segment, b':') {
        (_, None) => Some(octets),
        (scheme, Some(_)) if is_scheme(scheme) => octets.get(scheme.len() + 1..),
        _ => None,
    }
}

/// `scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )`.
fn is_scheme(octets: &[u8]) -> bool {
    let is_inside = |octet: &u8| octet.is_ascii_alphanumeric() || b"+-.".contains(octet);
    octets.first().is_some_and(u8::is_ascii_alphabetic) && octets.iter().all(is_inside)
}

/// An authority, if two slashes say that there is one, and a path.
fn is_hierarchical(octets: &[u8]) -> bool {
    let Some(rest) = octets.strip_prefix(b"//") else {
        return is_spelled(octets, b":@/");
    };
    let (authority, path) = cut(rest, b'/');
    is_authority(authority) && path.is_none_or(|path| is_spelled(path, b":@/"))
}

/// `authority = [ userinfo "@" ] host [ ":" port ]`.
fn is_authority(octets: &[u8]) -> bool {
    match cut(octets, b'@') {
        (user, Some(host)) => is_spelled(user, b":") && is_host(host),
        (host, None) => is_host(host),
    }
}

fn is_host(octets: &[u8]) -> bool {
    let Some(rest) = octets.strip_prefix(b"[") else {
        let (name, port) = cut(octets, b':');
        return is_spelled(name, b"") && port.is_none_or(is_port);
    };
    match cut(rest, b']') {
        (literal, Some(rest)) => {
            let port = rest.strip_prefix(b":");
            is_literal(literal) && (rest.is_empty() || port.is_some_and(is_port))
        }
        _ => false,
    }
}

/// `port = *DIGIT`.
fn is_port(octets: &[u8]) -> bool {
    octets.iter().all(u8::is_ascii_digit)
}

/// `IPv6address`, or `"v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`.
fn is_literal(octets: &[u8]) -> bool {
    let address = std::str::from_utf8(octets).map(str::parse::<Ipv6Addr>);
    let future = octets.strip_prefix(b"v").or(octets.strip_prefix(b"V"));
    let is_future = || match cut(future.unwrap_or_default(), b'.') {
        (version, Some(rest)) => is_version(version) && is_future_address(rest),
        _ => false,
    };
    matches!(address, Ok(Ok(_))) || is_future()
}

fn is_version(octets: &[u8]) -> bool {
    !octets.is_empty() && octets.iter().all(u8::is_ascii_hexdigit)
}

fn is_future_address(octets: &[u8]) -> bool {
    !octets.is_empty() && !octets.contains(&b'%') && is_spelled(octets, b":")
}

/// Whether all of it is `unreserved / pct-encoded / sub-delims`, or one of `others`.
fn is_spelled(octets: &[u8], others: &[u8]) -> bool {
    let mut rest = octets;
    while let [octet, after @ ..] = rest {
        rest = match (octet, after) {
            (b'%', [high, low, after @ ..]) if is_version(&[*high, *low]) => after,
            (octet, after) if is_plain(*octet) || others.contains(octet) => after,
            _ => return false,
        };
    }
    true
}

fn is_plain(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&octet)
}

#[cfg(test)]
mod tests {
    use super::is_uri_reference;

    /// Those of RFC 3986 sections 1.1.2 and 5.4, and what is at the edges of the grammar.
    #[test]
    fn what_the_rfc_has_for_examples_is_one() {
        for good in [
            "ftp://ftp.is.co.za/rfc/rfc1808.txt",
            "http://www.ietf.org/rfc/rfc2396.txt",
            "ldap://[2001:db8::7]/c=GB?objectClass?one",
            "mailto:John.Doe@example.com",
            "news:comp.infosystems.www.servers.unix",
            "tel:+1-816-555-1212",
            "telnet://192.0.2.16:80/",
            "urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
            "g:h",
            "g",
            "./g",
            "g/",
            "/g",
            "//g",
            "?y",
            "g?y",
            "#s",
            "g#s",
            "g?y#s",
            ";x",
            "g;x",
            "",
            ".",
            "./",
            "..",
            "../g",
            "../../g",
            "g;x=1/../y",
            "g?y/./x",
            "g#s/../x",
            "http:g",
            "./a:b",
            "a/b:c",
            "//",
            "//:",
            "//@:",
            "http://u:p@h:/",
            "x://[v1f.a:b]",
            "a%2F",
            "///a",
            "x://[::ffff:192.0.2.1]:1/",
            "a://b//c",
            "a:/b//c",
            "#?",
            "?#",
            "a:",
        ] {
            assert!(is_uri_reference(good.as_bytes()), "{good}");
        }
    }

    #[test]
    fn what_only_has_the_letters_of_one_is_none() {
        for bad in [
            ":",
            ":a",
            "1a:b",
            "a b",
            "a_b:c",
            "%",
            "%2",
            "%2g",
            "a%",
            "a##b",
            "a#b#c",
            "[",
            "a]",
            "/[a]",
            "?[",
            "#[",
            "//[",
            "//[]",
            "//[::1",
            "//::1",
            "//[::1]a",
            "//[::1]:a",
            "//[fe80::1%25lo]",
            "//h:a",
            "//a@b@c",
            "//h:1:2",
            "//[v.a]",
            "//[v1.]",
            "//[vg.a]",
            "//[v1.%20]",
            "a^",
            "{a}",
            "|",
            "`",
            "<a>",
            "a\\b",
            "\"",
            "\u{e9}",
            "a\tb",
            "%zz",
            "x://[1.2.3.4]",
        ] {
            assert!(!is_uri_reference(bad.as_bytes()), "{bad}");
        }
    }
}
