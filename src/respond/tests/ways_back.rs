//! Tests that `ReturnTo` accepts only paths on this server.

use http::Uri;
use proptest::prelude::*;

use super::super::ReturnTo;

/// Returns whether a browser that finds `reference` in a page or a `Location` stays on the same origin (URL standard,
/// section 4.4). It leaves the origin if there is a scheme or an authority.
fn stays_on_this_server(reference: &str) -> bool {
    let trimmed = reference.trim_matches(|c: char| c <= ' ');
    let kept: String = trimmed
        .chars()
        .filter(|c| !['\t', '\r', '\n'].contains(c))
        .collect();
    let kept = kept.replace('\\', "/");
    let segments = kept.split(['?', '#']).next().unwrap_or_default().split('/');
    let dots = segments
        .clone()
        .any(|segment| segment == "." || segment == "..");
    kept.starts_with('/') && !kept.starts_with("//") && !dots
}

/// Decodes a path once more, as a faulty application does. Returns `None` if the result is not text.
fn decoded_path(way_back: &str) -> Option<String> {
    let path = way_back.split('?').next().unwrap_or_default();
    let mut bytes = Vec::new();
    let mut parts = path.split('%');
    bytes.extend(parts.next().unwrap_or_default().bytes());
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend(part.get(2..)?.bytes());
    }
    String::from_utf8(bytes).ok()
}

fn decode(text: &str) -> Option<String> {
    let uri: Uri = format!("/?return_to={text}").parse().ok()?;
    ReturnTo::in_query(&uri).map(|path| path.to_string())
}

#[test]
fn return_to_refuses_text_that_leads_to_another_server_or_is_not_a_path() {
    for text in [
        "",
        "evil",
        "//evil",
        "///evil",
        "/\\evil",
        "\\/evil",
        "\\\\evil",
        "https:evil",
        "https://evil",
        "HTTPS:\\\\evil",
        "javascript:alert(1)",
        "@evil",
        " //evil",
        "/\t/evil",
        "\t//evil",
        "/\n/evil",
        "/\r\nSet-Cookie: a=b",
        "/\0",
        "/%2Fevil",
        "/%2fevil",
        "/%5Cevil",
        "/%5cevil",
        "/%09/evil",
        "/.//evil",
        "/..//evil",
        "/a/../../evil",
        "/%2e%2e//evil",
        "/./",
        "/a b",
        "/a#b",
        "/ä",
        "/\"onload=",
        "/<script>",
        "/%",
        "/%4",
        "/%FF",
    ] {
        assert_eq!(ReturnTo::parse(text), None, "{text:?}");
    }
    for text in [
        "/",
        "/notes",
        "/notes?page=2&next=//x",
        "/a;b=c/d@e:f",
        "/%C3%A4",
        "/a//b",
        "/...",
        "/+a",
    ] {
        assert!(ReturnTo::parse(text).is_some(), "{text:?}");
    }
}

#[test]
fn return_to_is_read_from_a_query_with_exactly_one_such_parameter() {
    let way_back = |query: &str| decode(query);
    assert_eq!(way_back("%2Fa").as_deref(), Some("/a"));
    assert_eq!(way_back("/a").as_deref(), Some("/a"));
    assert_eq!(way_back("%2Fa%3Fb%3D%252F").as_deref(), Some("/a?b=%2F"));
    for query in [
        "/a&return_to=/b",
        "/a&return%5Fto=/b",
        "%2F%2Fevil",
        "%252F",
        "/a%0d%0a",
        "/%E4",
        "/a%2",
        "/a+b",
    ] {
        assert_eq!(way_back(query), None, "{query}");
    }
    assert_eq!(ReturnTo::in_query(&Uri::from_static("/login")), None);
}

#[test]
fn return_to_has_at_most_2048_bytes() {
    let path = |length: usize| format!("/{}", "x".repeat(length - 1));
    assert!(ReturnTo::parse(&path(2048)).is_some());
    assert!(ReturnTo::parse(&path(2049)).is_none());
}

const PIECES: &[&str] = &[
    "/", "/", "\\", "%2F", "%5c", "%252F", ".", "..", "%2e", "a", "?", "#", "\t", "%09", "@", ":",
    "https:", " ", "+",
];

proptest! {
    /// Also if a faulty application decodes the path once more.
    #[test]
    fn no_return_to_leads_to_another_server(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..8)) {
        let text = pieces.concat();
        if let Some(way_back) = ReturnTo::parse(&text) {
            prop_assert!(stays_on_this_server(way_back.as_str()), "{}", text);
            if let Some(path) = decoded_path(way_back.as_str()) {
                prop_assert!(stays_on_this_server(&path), "{}", text);
            }
        }
    }

    #[test]
    fn an_encoded_return_to_is_read_back_from_the_query(path in "/[a-z][!-~]{0,30}") {
        if let Some(way_back) = ReturnTo::parse(&path) {
            prop_assert_eq!(decode(&way_back.encoded()), Some(path));
        }
    }
}
