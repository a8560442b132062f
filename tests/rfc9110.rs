//! Tests of the requirements of RFC 9110 for the syntax of authentication fields, sentence by sentence.
//!
//! Sections 11.6 and 11.7 also require servers and proxies to send these fields with certain status codes. The
//! middleware does that, and `rfc9110_layer.rs` tests it.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use http::{HeaderMap, HeaderValue};
use tower_challenge::header::{
    AuthenticationInfo, Challenge, Credentials, ParamValue, ParseError, SchemeName, WwwAuthenticate,
};

/// Section 11.1: "It uses a case-insensitive token to identify the authentication scheme".
#[test]
fn section_11_1_scheme_names_compare_without_case() {
    for spelled in ["Basic", "basic", "BASIC", "bAsIc"] {
        let text = format!("{spelled} dXNlcjpwYXNz");
        let credentials = Credentials::parse(text.as_bytes()).unwrap();
        assert!(credentials.is(SchemeName::BASIC));
        assert_eq!(credentials.scheme().as_str(), spelled);
    }
    let other = Credentials::parse(b"Basics dXNlcjpwYXNz").unwrap();
    assert!(!other.is(SchemeName::BASIC));
}

/// Section 11.2: "Authentication parameters are name/value pairs, where the name token is matched
/// case-insensitively and each parameter name MUST only occur once per challenge."
#[test]
fn section_11_2_a_parameter_name_that_occurs_twice_in_any_case_is_an_error() {
    for twice in ["X a=1, a=1", "X a=1, b=2, A=3", "X Nonce=\"a\", nONCE=b"] {
        assert!(Credentials::parse(twice.as_bytes()).is_err(), "{twice}");
        assert!(read([twice]).is_err(), "{twice}");
    }
    let builder = Challenge::builder(SchemeName::DIGEST).quoted("nonce", "a");
    assert!(builder.quoted("NONCE", "b").build().is_err());

    let per_challenge = read(["X a=1, Y a=2", "Z a=3"]).unwrap();
    assert_eq!(per_challenge.as_slice().len(), 3);
}

/// Section 11.2: "Parameter values can be expressed either as "token" or as "quoted-string"".
#[test]
fn section_11_2_a_token_and_a_quoted_string_mean_the_same() {
    let token = Credentials::parse(b"Digest nc=00000001, realm=a").unwrap();
    let quoted = Credentials::parse(b"Digest nc=\"00000001\", realm=\"a\"").unwrap();
    for name in ["nc", "realm"] {
        assert_eq!(token.params().get(name), quoted.params().get(name));
    }
}

/// Section 11.5: "For historical reasons, a sender MUST only generate the quoted-string syntax."
/// "Recipients might have to support both token and quoted-string syntax".
#[test]
fn section_11_5_a_realm_is_written_quoted_and_read_in_both_forms() {
    let read = Challenge::parse(b"Basic realm=simple").unwrap();
    assert!(read.param("realm").is_some_and(|realm| !realm.is_quoted()));

    let builder = || Challenge::builder(SchemeName::BASIC);
    assert!(builder().token("realm", "simple").build().is_err());
    assert!(builder().token("REALM", "simple").build().is_err());
    let written = builder().extend(read.params()).build().unwrap();
    assert_eq!(written.as_value(), "Basic realm=\"simple\"");
}

/// Section 5.3: a recipient may combine lines "by appending each subsequent field line value to
/// the initial field line value in order, separated by a comma".
#[test]
fn section_5_3_lines_and_one_joined_line_mean_the_same() {
    let lines = read(["Basic realm=\"a\"", "Fake realm=\"b\"", "nonce=\"c\""]).unwrap();
    let joined = read(["Basic realm=\"a\", Fake realm=\"b\", nonce=\"c\""]).unwrap();
    assert_eq!(lines, joined);
    assert_eq!(lines.as_slice().len(), 2);
}

/// Section 5.5: "a field parsing implementation MUST exclude such whitespace prior to evaluating
/// the field value."
#[test]
fn section_5_5_whitespace_around_a_value_is_not_part_of_it() {
    let credentials = Credentials::parse(b" \tBearer abc\t ").unwrap();
    assert_eq!(credentials.token68(), Some("abc"));
    assert_eq!(read(["\tX a=b "]), read(["X a=b"]));
}

/// Section 5.5: "a recipient of CR, LF, or NUL within a field value MUST either reject the message
/// or replace each of those characters with SP".
#[test]
fn section_5_5_cr_lf_and_nul_are_rejected_at_every_position() {
    let value = b"Digest realm=\"a b\", nonce = \"\\c\", nc=1";
    assert!(Credentials::parse(value).is_ok());
    for at in 0..=value.len() {
        for byte in [b'\r', b'\n', b'\0', 0x7F] {
            let mut value = value.to_vec();
            value.insert(at, byte);
            let shown = value.escape_ascii();
            assert!(Credentials::parse(&value).is_err(), "{shown}");
            assert!(WwwAuthenticate::parse([&value[..]]).is_err(), "{shown}");
            let info = AuthenticationInfo::parse([&value[7.min(at)..]]);
            assert!(info.is_err(), "{shown}");
        }
    }
}

/// Section 5.6.1.1: "a sender MUST NOT generate empty list elements", and 5.6.3: "A sender MUST NOT
/// generate BWS in messages."
#[test]
fn sections_5_6_1_and_5_6_3_written_fields_have_neither_empty_elements_nor_bad_whitespace() {
    let list = read([",, X ,, a = \"b\" ,, c\t=\td ,,", "", "Y", ",Z e==,"]).unwrap();
    let lines = list.iter().map(Challenge::as_value);
    assert!(lines.eq(["X a=\"b\", c=d", "Y", "Z e=="].iter()));
    assert_eq!(list.join().unwrap(), "X a=\"b\", c=d, Y, Z e==");

    let info = AuthenticationInfo::parse([b", a = b,, c=\"d\"".as_slice()]).unwrap();
    assert_eq!(info.as_value(), "a=b, c=\"d\"");
}

/// Section 5.6.1.2: "A recipient MUST parse and ignore a reasonable number of empty list
/// elements".
#[test]
fn section_5_6_1_2_empty_list_elements_are_ignored() {
    let plain = read(["X a=b, c=d, Y"]).unwrap();
    assert_eq!(read([", ,X a=b,,\t,c=d , ,Y,"]).unwrap(), plain);

    let credentials = Credentials::parse(b"X ,a=b,, c=d,").unwrap();
    assert_eq!(credentials.params().count(), 2);
    assert!(read([""]).unwrap().as_slice().is_empty());
}

/// Section 5.6.3: "A recipient MUST parse for such bad whitespace and remove it before interpreting
/// the protocol element."
#[test]
fn section_5_6_3_whitespace_around_the_equals_sign_is_removed() {
    let credentials = Credentials::parse(b"Digest nonce \t= \t\"a\", nc\t=1").unwrap();
    let bytes = |name| credentials.params().get(name).map(|value| value.to_bytes());
    assert_eq!(bytes("nonce").as_deref(), Some(b"a".as_slice()));
    assert_eq!(bytes("nc").as_deref(), Some(b"1".as_slice()));
}

/// Section 5.6.4: "Recipients that process the value of a quoted-string MUST handle a quoted-pair
/// as if it were replaced by the octet following the backslash."
#[test]
fn section_5_6_4_a_quoted_pair_is_the_byte_after_its_backslash() {
    let credentials = Credentials::parse(br#"X a="\f\o\o \"\\\" \	\,""#).unwrap();
    let value = credentials.params().get("a").unwrap();
    assert_eq!(value.to_str().as_deref(), Some("foo \"\\\" \t,"));
    assert!(value.eq_ignore_ascii_case("FOO \"\\\" \t,"));
    assert!(!value.eq_ignore_ascii_case("foo"));
}

/// Section 5.6.4: "A sender SHOULD NOT generate a quoted-pair in a quoted-string except where
/// necessary to quote DQUOTE and backslash octets".
#[test]
fn section_5_6_4_only_quotes_and_backslashes_are_escaped() {
    for byte in (0..=u8::MAX).filter(|byte| *byte == b'\t' || !byte.is_ascii_control()) {
        let builder = Challenge::builder(SchemeName::BASIC).quoted("realm", [byte]);
        let written = builder.build().unwrap();
        let escape: &[u8] = match byte {
            b'"' | b'\\' => b"\\",
            _ => b"",
        };
        let expected = [b"Basic realm=\"", escape, &[byte], b"\""].concat();
        assert_eq!(written.as_value().as_bytes(), expected);
        let read_again = read_one(written.as_value());
        assert_eq!(read_again.param("realm").map(to_vec), Some(vec![byte]));
    }
}

/// Section 5.5: a field value may hold VCHAR, obs-text, SP and HTAB, and nothing else.
#[test]
fn section_5_5_no_other_byte_can_be_written() {
    for byte in (0..=u8::MAX).filter(|byte| *byte != b'\t' && byte.is_ascii_control()) {
        let builder = Challenge::builder(SchemeName::BASIC).quoted("realm", [byte]);
        assert!(builder.build().is_err(), "{byte:#x}");
        let builder = AuthenticationInfo::builder().quoted("nextnonce", [byte]);
        assert!(builder.build().is_err(), "{byte:#x}");
    }
}

/// Section 11.3: `challenge = auth-scheme [ 1*SP ( token68 / #auth-param ) ]`.
#[test]
fn section_11_3_only_spaces_separate_the_scheme_from_the_rest() {
    assert!(read(["X   a=b"]).is_ok());
    for other in [
        "X\ta=b",
        "X \ta=b",
        "X\t a=b",
        "X,a=b",
        "X=a=b",
        "X\"a\"",
        "X\u{a0}a=b",
    ] {
        assert!(read([other]).is_err(), "{other:?}");
        assert!(Credentials::parse(other.as_bytes()).is_err(), "{other:?}");
    }
}

/// Sections 11.6.2 and 11.7.2: `Authorization = credentials`, which is not a list.
#[test]
fn section_11_6_2_an_authorization_with_two_credentials_is_an_error() {
    for two in [
        "Basic YQ==, Bearer abc",
        "Bearer abc,",
        "Bearer, Basic",
        "Digest a=b, Basic",
    ] {
        assert!(Credentials::parse(two.as_bytes()).is_err(), "{two}");
    }
}

/// Sections 11.6.3 and 11.7.3: `Authentication-Info = #auth-param`, without a scheme.
#[test]
fn section_11_6_3_an_authentication_info_has_no_scheme() {
    for not_params in ["Digest", "Digest a=b", "a=b, Digest", "abc=="] {
        let read = AuthenticationInfo::parse([not_params.as_bytes()]);
        assert!(read.is_err(), "{not_params}");
    }
    let mut headers = HeaderMap::new();
    headers.append(
        "authentication-info",
        HeaderValue::from_static("nextnonce=\"a\""),
    );
    headers.append("authentication-info", HeaderValue::from_static("qop=auth"));
    let info = AuthenticationInfo::from_headers(&headers).unwrap();
    assert_eq!(info.as_value(), "nextnonce=\"a\", qop=auth");
}

/// Each type reads only the field with its registered name. The test shows it with a value that breaks every grammar.
#[test]
fn every_field_type_reads_its_registered_name() {
    use tower_challenge::header::{ProxyAuthenticate, ProxyAuthenticationInfo};

    let names = [
        "www-authenticate",
        "proxy-authenticate",
        "authentication-info",
        "proxy-authentication-info",
    ];
    for name in names {
        let mut headers = HeaderMap::new();
        headers.append(name, HeaderValue::from_static("\""));
        let refused = [
            WwwAuthenticate::from_headers(&headers).is_err(),
            ProxyAuthenticate::from_headers(&headers).is_err(),
            AuthenticationInfo::from_headers(&headers).is_err(),
            ProxyAuthenticationInfo::from_headers(&headers).is_err(),
        ];
        assert_eq!(refused, names.map(|other| other == name), "{name}");
    }
}

/// Section 5.3: "A recipient MAY combine multiple field lines within a field section that have the same field name into
/// one field line", so that a list is all of its lines.
#[test]
fn section_5_3_the_lines_of_a_field_are_one_list() {
    let mut headers = HeaderMap::new();
    assert_eq!(WwwAuthenticate::from_headers(&headers), read([""]));
    for line in ["X a=b", "c=d, Y", "Z e=="] {
        headers.append("www-authenticate", HeaderValue::from_static(line));
    }
    let list = WwwAuthenticate::from_headers(&headers);
    assert_eq!(list, read(["X a=b, c=d, Y, Z e=="]));
    headers.append("www-authenticate", HeaderValue::from_static("Y f"));
    headers.append("www-authenticate", HeaderValue::from_static("g h"));
    headers.append("www-authenticate", HeaderValue::from_static("=i"));
    let error = WwwAuthenticate::from_headers(&headers).unwrap_err();
    assert_eq!((error.line(), error.position()), (6, 0));
}

fn read<const N: usize>(lines: [&str; N]) -> Result<WwwAuthenticate, ParseError> {
    WwwAuthenticate::parse(lines.map(str::as_bytes))
}

fn read_one(value: &HeaderValue) -> Challenge {
    Challenge::parse(value.as_bytes()).unwrap()
}

fn to_vec(value: ParamValue<'_>) -> Vec<u8> {
    value.to_bytes().into_owned()
}
