//! Decides whether text is a URI reference: a URI, or a relative reference (RFC 3986 section 4.1).
//!
//! The usual URL parsers do not fit: they repair invalid input, and the parser of the crate `http` accepts no relative
//! reference except a path. This code follows the grammar of RFC 3986 appendix A exactly. It stores nothing and returns
//! only whether the text matches.

use std::net::Ipv6Addr;

/// Returns whether `bytes` match `URI-reference = URI / relative-ref`.
pub(crate) fn is_uri_reference(bytes: &[u8]) -> bool {
    let (rest, fragment) = cut(bytes, b'#');
    let (rest, query) = cut(rest, b'?');
    let is_tail = |tail: Option<&[u8]>| tail.is_none_or(|tail| is_spelled(tail, b":@/?"));
    is_tail(fragment) && is_tail(query) && after_scheme(rest).is_some_and(is_hierarchical)
}

/// Splits `bytes` at the first `at`. The second part is `None` if there is no `at`.
fn cut(bytes: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    let mut parts = bytes.splitn(2, |byte| *byte == at);
    let before = parts.next().unwrap_or_default();
    (before, parts.next())
}

/// Removes the scheme and its colon, if there is one. Returns `None` if the scheme is invalid.
///
/// A colon in the first segment always ends a scheme, because the first segment of a relative path must not have one
/// (`path-noscheme`).
fn after_scheme(bytes: &[u8]) -> Option<&[u8]> {
    let (segment, _) = cut(bytes, b'/');
    match cut(segment, b':') {
        (_, None) => Some(bytes),
        (scheme, Some(_)) if is_scheme(scheme) => bytes.get(scheme.len() + 1..),
        _ => None,
    }
}

/// `scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )`.
fn is_scheme(bytes: &[u8]) -> bool {
    let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.iter().all(is_inside)
}

/// Returns whether `bytes` are a path, with an authority before it if they begin with two slashes.
fn is_hierarchical(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"//") else {
        return is_spelled(bytes, b":@/");
    };
    let (authority, path) = cut(rest, b'/');
    is_authority(authority) && path.is_none_or(|path| is_spelled(path, b":@/"))
}

/// `authority = [ userinfo "@" ] host [ ":" port ]`.
fn is_authority(bytes: &[u8]) -> bool {
    match cut(bytes, b'@') {
        (user, Some(host)) => is_spelled(user, b":") && is_host(host),
        (host, None) => is_host(host),
    }
}

fn is_host(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"[") else {
        let (name, port) = cut(bytes, b':');
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
fn is_port(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

/// `IPv6address`, or `"v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`.
fn is_literal(bytes: &[u8]) -> bool {
    let address = std::str::from_utf8(bytes).map(str::parse::<Ipv6Addr>);
    let future = bytes.strip_prefix(b"v").or(bytes.strip_prefix(b"V"));
    let is_future = || match cut(future.unwrap_or_default(), b'.') {
        (version, Some(rest)) => is_version(version) && is_future_address(rest),
        _ => false,
    };
    matches!(address, Ok(Ok(_))) || is_future()
}

fn is_version(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(u8::is_ascii_hexdigit)
}

fn is_future_address(bytes: &[u8]) -> bool {
    !bytes.is_empty() && !bytes.contains(&b'%') && is_spelled(bytes, b":")
}

/// Returns whether each character is `unreserved / pct-encoded / sub-delims` or one of `others`.
fn is_spelled(bytes: &[u8], others: &[u8]) -> bool {
    let mut rest = bytes;
    while let [byte, after @ ..] = rest {
        rest = match (byte, after) {
            (b'%', [high, low, after @ ..]) if is_version(&[*high, *low]) => after,
            (byte, after) if is_plain(*byte) || others.contains(byte) => after,
            _ => return false,
        };
    }
    true
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::is_uri_reference;

    /// The examples of RFC 3986 sections 1.1.2 and 5.4, and cases at the limits of the grammar.
    #[test]
    fn the_examples_of_the_rfc_are_uri_references() {
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
    fn text_that_violates_the_grammar_is_not_a_uri_reference() {
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
