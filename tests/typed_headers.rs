//! Reads and writes the fields as typed headers of the crate `headers`, with the same results as without that crate.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::fmt::Debug;

use headers::{Header, HeaderMap, HeaderMapExt, HeaderValue};
use tower_challenge::header::{
    AuthenticationControl, AuthenticationInfo, OptionalWwwAuthenticate, ProxyAuthenticate,
    ProxyAuthenticationInfo, WwwAuthenticate,
};

#[test]
fn each_typed_header_has_its_registered_field_name() {
    assert_eq!(WwwAuthenticate::name(), "www-authenticate");
    assert_eq!(ProxyAuthenticate::name(), "proxy-authenticate");
    assert_eq!(OptionalWwwAuthenticate::name(), "optional-www-authenticate");
    assert_eq!(AuthenticationControl::name(), "authentication-control");
    assert_eq!(AuthenticationInfo::name(), "authentication-info");
    assert_eq!(ProxyAuthenticationInfo::name(), "proxy-authentication-info");
}

#[test]
fn challenges_are_read_from_all_lines_and_each_is_written_in_its_own_line() {
    let lines = ["X a=\"b\", ,c=d, Y", ",Z e==,"];
    let written = ["X a=\"b\", c=d", "Y", "Z e=="];
    round_trip::<WwwAuthenticate>(&lines, &written);
    round_trip::<ProxyAuthenticate>(&lines, &written);
    round_trip::<OptionalWwwAuthenticate>(&lines, &written);
    let entries = ["X a=\"b\", ,c=d", ",Z e=f,"];
    round_trip::<AuthenticationControl>(&entries, &["X a=\"b\", c=d", "Z e=f"]);
}

#[test]
fn parameters_are_read_from_all_lines_and_written_in_one_line() {
    let lines = ["nextnonce=\"a\",", "qop = auth"];
    let written = ["nextnonce=\"a\", qop=auth"];
    round_trip::<AuthenticationInfo>(&lines, &written);
    round_trip::<ProxyAuthenticationInfo>(&lines, &written);
}

#[test]
fn an_empty_list_writes_no_field_line() {
    round_trip::<WwwAuthenticate>(&[" ,"], &[]);
    round_trip::<ProxyAuthenticate>(&[" ,"], &[]);
    round_trip::<OptionalWwwAuthenticate>(&[" ,"], &[]);
    round_trip::<AuthenticationControl>(&[" ,"], &[]);
    round_trip::<AuthenticationInfo>(&[" ,"], &[]);
    round_trip::<ProxyAuthenticationInfo>(&[" ,"], &[]);
}

#[test]
fn a_line_that_violates_the_grammar_is_an_error() {
    for lines in [&["\""][..], &["X", "a=b, \""]] {
        assert!(
            fields::<WwwAuthenticate>(lines)
                .typed_try_get::<WwwAuthenticate>()
                .is_err()
        );
        assert!(
            fields::<AuthenticationInfo>(lines)
                .typed_try_get::<AuthenticationInfo>()
                .is_err()
        );
    }
}

fn round_trip<H: Header + Debug + PartialEq>(lines: &[&'static str], written: &[&str]) {
    let read = fields::<H>(lines).typed_get::<H>().unwrap();
    let mut headers = HeaderMap::new();
    headers.typed_insert(read);
    let sent = headers.get_all(H::name()).iter();
    assert!(sent.eq(written.iter()), "{headers:?}");
}

fn fields<H: Header>(lines: &[&'static str]) -> HeaderMap {
    let values = lines.iter().map(|line| HeaderValue::from_static(line));
    values.map(|value| (H::name().clone(), value)).collect()
}
