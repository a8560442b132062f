//! The exact error messages for malformed fields and for challenges that the builder refuses.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use tower_challenge::header::{
    AuthenticationInfo, Challenge, ChallengeBuilder, Credentials, MAX_CHALLENGES,
    MAX_EMPTY_ELEMENTS, MAX_PARAMS, ParseError, SchemeName, WwwAuthenticate, ext_value,
};

#[test]
fn the_parser_reports_where_credentials_violate_the_grammar() {
    let texts: [(&[u8], &str); 24] = [
        (b"", "a non-empty value at byte 0 of line 1"),
        (b" \t", "a non-empty value at byte 0 of line 1"),
        (b"=abc", "a scheme name at byte 0 of line 1"),
        (b" \"a\"", "a scheme name at byte 1 of line 1"),
        (
            b"Bearer:abc",
            "a space after the scheme name at byte 6 of line 1",
        ),
        (
            b"Bearer\tabc",
            "a space after the scheme name at byte 6 of line 1",
        ),
        (
            b"Bearer, a",
            "a space after the scheme name at byte 6 of line 1",
        ),
        (b"Bearer abc,", "the end of the value at byte 10 of line 1"),
        (
            b"Bearer a=, b=c",
            "the end of the value at byte 9 of line 1",
        ),
        (b"Bearer abc def", "`=` at byte 11 of line 1"),
        (b"Bearer a|b", "`=` at byte 10 of line 1"),
        (b"Bearer \xE9", "a parameter name at byte 7 of line 1"),
        (b"X \ta=b", "a parameter name at byte 3 of line 1"),
        (b"X a=b, =c", "a parameter name at byte 7 of line 1"),
        (b"X a=b, Y c=d", "`=` at byte 9 of line 1"),
        (
            b"X a=b, c=",
            "a token or a quoted-string at byte 9 of line 1",
        ),
        (b"X a==b", "a token or a quoted-string at byte 4 of line 1"),
        (b"X a=b c=d", "a comma at byte 6 of line 1"),
        (b"X a=\"b\"c", "a comma at byte 7 of line 1"),
        (b"X a=\"b", "a closing `\"` at byte 6 of line 1"),
        (b"X a=\"b\\", "a closing `\"` at byte 6 of line 1"),
        (
            b"X a=\"b\0\"",
            "a character that is allowed in a quoted-string at byte 6 of line 1",
        ),
        (
            b"X a=\"b\\\x7F\"",
            "a character that is allowed in a quoted-string at byte 6 of line 1",
        ),
        (
            b"X a=b, A=c",
            "a parameter name that occurs only once at byte 7 of line 1",
        ),
    ];
    for (value, text) in texts {
        let error = Credentials::parse(value).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("expected {text}"),
            "{}",
            value.escape_ascii()
        );
    }
}

#[test]
fn only_an_empty_value_or_whitespace_is_reported_as_an_empty_value() {
    assert!(Credentials::parse(b"").unwrap_err().is_empty_value());
    assert!(Credentials::parse(b"\t ").unwrap_err().is_empty_value());
    assert!(!Credentials::parse(b",").unwrap_err().is_empty_value());
    assert!(!Credentials::parse(b"\0").unwrap_err().is_empty_value());
}

#[test]
fn the_parser_reports_the_line_and_the_byte_where_challenges_violate_the_grammar() {
    let texts: [(&[&[u8]], &str); 7] = [
        (
            &[b"X a=b", b"c=d", b" e=\"f"],
            "a closing `\"` at byte 5 of line 3",
        ),
        (&[b"X a=\"b", b"c\""], "a closing `\"` at byte 6 of line 1"),
        (
            &[b"realm=\"x\""],
            "a scheme that this parameter can belong to at byte 0 of line 1",
        ),
        (
            &[b"X abc==", b"a=b"],
            "a scheme that this parameter can belong to at byte 0 of line 2",
        ),
        (
            &[b"X, a=b"],
            "a scheme that this parameter can belong to at byte 3 of line 1",
        ),
        (
            &[b"", b"X\ta=b"],
            "a space after the scheme name at byte 1 of line 2",
        ),
        (
            &[b"X a=1", b"A=2"],
            "a parameter name that occurs only once at byte 0 of line 2",
        ),
    ];
    for (lines, text) in texts {
        let error = WwwAuthenticate::parse(lines.iter().copied()).unwrap_err();
        assert_eq!(error.to_string(), format!("expected {text}"));
    }
}

#[test]
fn parsing_one_challenge_fails_for_none_and_for_two() {
    let text = |text: &[u8]| Challenge::parse(text).unwrap_err().to_string();
    assert_eq!(
        text(b" ,"),
        "expected a non-empty value at byte 1 of line 1"
    );
    assert_eq!(
        text(b"X, Y"),
        "expected exactly one challenge at byte 0 of line 1"
    );
}

#[test]
fn the_parser_accepts_as_many_elements_as_the_limit_and_reports_the_first_beyond_it() {
    let params = |count| {
        (0..count)
            .map(|n| format!("a{n}=b"))
            .collect::<Vec<_>>()
            .join(",")
    };
    let credentials = |count| parse_credentials(&format!("X {}", params(count)));
    let commas = |count| format!("X a=b,{}c=d", ",".repeat(count));
    let schemes = |count| vec!["X"; count].join(",");

    assert_eq!(credentials(MAX_PARAMS), Ok(()));
    let too_many = "expected no more than 32 parameters at byte 184 of line 1";
    assert_eq!(credentials(MAX_PARAMS + 1), Err(too_many.into()));

    assert_eq!(parse_info(&params(MAX_PARAMS)), Ok(()));
    let too_many = "expected no more than 32 parameters at byte 182 of line 1";
    assert_eq!(parse_info(&params(MAX_PARAMS + 1)), Err(too_many.into()));

    assert_eq!(parse_credentials(&commas(MAX_EMPTY_ELEMENTS)), Ok(()));
    assert_eq!(parse_list(&commas(MAX_EMPTY_ELEMENTS)), Ok(()));
    let too_many = "expected no more than 64 empty elements at byte 70 of line 1";
    assert_eq!(
        parse_credentials(&commas(MAX_EMPTY_ELEMENTS + 1)),
        Err(too_many.into())
    );
    assert_eq!(
        parse_list(&commas(MAX_EMPTY_ELEMENTS + 1)),
        Err(too_many.into())
    );

    assert_eq!(parse_list(&schemes(MAX_CHALLENGES)), Ok(()));
    let too_many = "expected no more than 64 challenges at byte 128 of line 1";
    assert_eq!(
        parse_list(&schemes(MAX_CHALLENGES + 1)),
        Err(too_many.into())
    );
}

#[test]
fn the_limit_of_empty_elements_applies_to_all_lines_together() {
    let half = ",".repeat(MAX_EMPTY_ELEMENTS / 2);
    let lines = |last: &str| {
        let lines = [half.as_str(), half.as_str(), last];
        WwwAuthenticate::parse(lines.map(str::as_bytes))
    };
    assert!(lines("X").is_ok());
    let error = lines(",X").unwrap_err();
    assert_eq!((error.line(), error.position()), (3, 0));
}

#[test]
fn the_parser_reports_the_first_byte_of_a_scheme_name_that_is_not_in_a_token() {
    let text = |name| SchemeName::parse(name).unwrap_err().to_string();
    assert_eq!(text(""), "expected a non-empty value at byte 0 of line 1");
    assert_eq!(text("Basic "), "expected a scheme name at byte 5 of line 1");
    assert_eq!(text("Bäsic"), "expected a scheme name at byte 1 of line 1");
}

#[test]
fn the_challenge_builder_reports_which_part_it_refused_and_why() {
    let many = (0..MAX_PARAMS).fold(x(), |x, n| x.token(&format!("a{n}"), "b"));
    let texts = [
        (
            x().quoted("re alm", "a"),
            r#"parameter "re alm": the name is not a token"#,
        ),
        (
            x().quoted("", "a"),
            r#"parameter "": the name is not a token"#,
        ),
        (
            x().quoted("a\r\nb", "a"),
            r#"parameter "a\r\nb": the name is not a token"#,
        ),
        (
            x().token("a", "b").quoted("A", "b"),
            r#"parameter "A": the name occurs twice"#,
        ),
        (
            x().token("a", ""),
            r#"parameter "a": the value is not a token"#,
        ),
        (
            x().token("a", "b c"),
            r#"parameter "a": the value is not a token"#,
        ),
        (
            x().token("Realm", "b"),
            r#"parameter "Realm": a realm must be a quoted string (RFC 9110 section 11.5)"#,
        ),
        (
            x().quoted("a", "b\nc"),
            r#"parameter "a": the byte at position 1 is not allowed in the value"#,
        ),
        (
            x().quoted("a", "bc\x7F"),
            r#"parameter "a": the byte at position 2 is not allowed in the value"#,
        ),
        (
            x().quoted("error", "\t"),
            r#"parameter "error": the byte at position 0 is not allowed in the value"#,
        ),
        (
            x().quoted("Error_Description", "é"),
            r#"parameter "Error_Description": the byte at position 0 is not allowed in the value"#,
        ),
        (
            x().quoted("error_uri", "a b"),
            r#"parameter "error_uri": the byte at position 1 is not allowed in the value"#,
        ),
        (
            x().quoted("scope", "a\\"),
            r#"parameter "scope": the byte at position 1 is not allowed in the value"#,
        ),
        (
            x().quoted("scope", ""),
            r#"parameter "scope": an empty scope is not allowed, separate scopes by exactly one space"#,
        ),
        (
            x().quoted("scope", "a  b"),
            r#"parameter "scope": an empty scope is not allowed, separate scopes by exactly one space"#,
        ),
        (x().token68("a b"), "token68: the value is not a token68"),
        (x().token68(""), "token68: the value is not a token68"),
        (
            x().token68("a").token68("b"),
            "token68: a challenge has at most one token68",
        ),
        (
            x().token("a", "b").token68("c"),
            "token68: a challenge cannot have both a token68 and parameters",
        ),
        (
            x().token68("c").token("a", "b"),
            r#"parameter "a": a challenge cannot have both a token68 and parameters"#,
        ),
        (
            many.token("last", "b"),
            r#"parameter "last": too many parameters, the limit is 32"#,
        ),
    ];
    for (builder, text) in texts {
        assert_eq!(builder.build().unwrap_err().to_string(), text);
    }
}

#[test]
fn the_challenge_builder_reports_the_first_part_that_it_refused() {
    let twice = x().quoted("a", "\0").quoted("b", "\n").token68("=");
    let text = r#"parameter "a": the byte at position 0 is not allowed in the value"#;
    assert_eq!(twice.build().unwrap_err().to_string(), text);
}

#[test]
fn the_authentication_info_builder_reports_which_parameter_it_refused_and_why() {
    let twice = AuthenticationInfo::builder()
        .token("nc", "1")
        .token("NC", "2");
    let text = r#"parameter "NC": the name occurs twice"#;
    assert_eq!(twice.build().unwrap_err().to_string(), text);
}

#[test]
fn the_ext_value_decoder_reports_what_is_wrong() {
    let texts = [
        (
            "abc",
            "an apostrophe is missing, the form is UTF-8'language'text",
        ),
        (
            "UTF-8'abc",
            "an apostrophe is missing, the form is UTF-8'language'text",
        ),
        ("''abc", "the charset is not UTF-8"),
        ("UTF-8'e n'abc", "invalid language tag"),
        ("UTF-8'en-'abc", "invalid language tag"),
        ("UTF-8'abcdefghi'abc", "invalid language tag"),
        (
            "UTF-8''a b",
            "invalid percent-encoding, or a character that must be percent-encoded",
        ),
        (
            "UTF-8''%4",
            "invalid percent-encoding, or a character that must be percent-encoded",
        ),
        (
            "UTF-8''é",
            "invalid percent-encoding, or a character that must be percent-encoded",
        ),
        ("UTF-8''%ED%A0%80", "the text is not UTF-8"),
        ("UTF-8''%C2%85", "the text contains a control character"),
    ];
    for (value, text) in texts {
        assert_eq!(
            ext_value::decode(value).unwrap_err().to_string(),
            text,
            "{value}"
        );
    }
}

fn x() -> ChallengeBuilder {
    Challenge::builder(SchemeName::parse("X").unwrap())
}

fn parse_credentials(value: &str) -> Result<(), String> {
    text_of(Credentials::parse(value.as_bytes()))
}

fn parse_info(value: &str) -> Result<(), String> {
    text_of(AuthenticationInfo::parse([value.as_bytes()]))
}

fn parse_list(value: &str) -> Result<(), String> {
    text_of(WwwAuthenticate::parse([value.as_bytes()]))
}

fn text_of<T>(read: Result<T, ParseError>) -> Result<(), String> {
    read.map(drop).map_err(|error| error.to_string())
}
