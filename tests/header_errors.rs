//! What a refused field or challenge is told, word for word.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use tower_challenge::header::{
    AuthenticationInfo, Challenge, ChallengeBuilder, Credentials, MAX_CHALLENGES,
    MAX_EMPTY_ELEMENTS, MAX_PARAMS, ParseError, SchemeName, WwwAuthenticate, ext_value,
};

#[test]
fn credentials_are_refused_where_they_leave_the_grammar() {
    let texts: [(&[u8], &str); 24] = [
        (b"", "a value that is not empty at octet 0 of line 1"),
        (b" \t", "a value that is not empty at octet 0 of line 1"),
        (b"=abc", "a scheme name at octet 0 of line 1"),
        (b" \"a\"", "a scheme name at octet 1 of line 1"),
        (
            b"Bearer:abc",
            "a space after the scheme name at octet 6 of line 1",
        ),
        (
            b"Bearer\tabc",
            "a space after the scheme name at octet 6 of line 1",
        ),
        (
            b"Bearer, a",
            "a space after the scheme name at octet 6 of line 1",
        ),
        (b"Bearer abc,", "the end of the value at octet 10 of line 1"),
        (
            b"Bearer a=, b=c",
            "the end of the value at octet 9 of line 1",
        ),
        (b"Bearer abc def", "`=` at octet 11 of line 1"),
        (b"Bearer a|b", "`=` at octet 10 of line 1"),
        (b"Bearer \xE9", "a parameter name at octet 7 of line 1"),
        (b"X \ta=b", "a parameter name at octet 3 of line 1"),
        (b"X a=b, =c", "a parameter name at octet 7 of line 1"),
        (b"X a=b, Y c=d", "`=` at octet 9 of line 1"),
        (
            b"X a=b, c=",
            "a token or a quoted-string at octet 9 of line 1",
        ),
        (b"X a==b", "a token or a quoted-string at octet 4 of line 1"),
        (b"X a=b c=d", "a comma at octet 6 of line 1"),
        (b"X a=\"b\"c", "a comma at octet 7 of line 1"),
        (b"X a=\"b", "a closing `\"` at octet 6 of line 1"),
        (b"X a=\"b\\", "a closing `\"` at octet 6 of line 1"),
        (
            b"X a=\"b\0\"",
            "a character that a quoted-string may hold at octet 6 of line 1",
        ),
        (
            b"X a=\"b\\\x7F\"",
            "a character that a quoted-string may hold at octet 6 of line 1",
        ),
        (
            b"X a=b, A=c",
            "a parameter name that did not come before at octet 7 of line 1",
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
fn only_a_value_without_anything_in_it_is_an_empty_value() {
    assert!(Credentials::parse(b"").unwrap_err().is_empty_value());
    assert!(Credentials::parse(b"\t ").unwrap_err().is_empty_value());
    assert!(!Credentials::parse(b",").unwrap_err().is_empty_value());
    assert!(!Credentials::parse(b"\0").unwrap_err().is_empty_value());
}

#[test]
fn challenges_are_refused_at_an_octet_of_a_line() {
    let texts: [(&[&[u8]], &str); 7] = [
        (
            &[b"X a=b", b"c=d", b" e=\"f"],
            "a closing `\"` at octet 5 of line 3",
        ),
        (&[b"X a=\"b", b"c\""], "a closing `\"` at octet 6 of line 1"),
        (
            &[b"realm=\"x\""],
            "a scheme that this parameter could belong to at octet 0 of line 1",
        ),
        (
            &[b"X abc==", b"a=b"],
            "a scheme that this parameter could belong to at octet 0 of line 2",
        ),
        (
            &[b"X, a=b"],
            "a scheme that this parameter could belong to at octet 3 of line 1",
        ),
        (
            &[b"", b"X\ta=b"],
            "a space after the scheme name at octet 1 of line 2",
        ),
        (
            &[b"X a=1", b"A=2"],
            "a parameter name that did not come before at octet 0 of line 2",
        ),
    ];
    for (lines, text) in texts {
        let error = WwwAuthenticate::parse(lines.iter().copied()).unwrap_err();
        assert_eq!(error.to_string(), format!("expected {text}"));
    }
}

#[test]
fn a_single_challenge_is_neither_none_nor_two() {
    let text = |text: &[u8]| Challenge::parse(text).unwrap_err().to_string();
    assert_eq!(
        text(b" ,"),
        "expected a value that is not empty at octet 1 of line 1"
    );
    assert_eq!(
        text(b"X, Y"),
        "expected exactly one challenge at octet 0 of line 1"
    );
}

#[test]
fn limits_hold_the_last_that_fits_and_name_the_first_that_does_not() {
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
    let too_many = "expected no more than 32 parameters at octet 184 of line 1";
    assert_eq!(credentials(MAX_PARAMS + 1), Err(too_many.into()));

    assert_eq!(parse_info(&params(MAX_PARAMS)), Ok(()));
    let too_many = "expected no more than 32 parameters at octet 182 of line 1";
    assert_eq!(parse_info(&params(MAX_PARAMS + 1)), Err(too_many.into()));

    assert_eq!(parse_credentials(&commas(MAX_EMPTY_ELEMENTS)), Ok(()));
    assert_eq!(parse_list(&commas(MAX_EMPTY_ELEMENTS)), Ok(()));
    let too_many = "expected no more than 64 empty elements at octet 70 of line 1";
    assert_eq!(
        parse_credentials(&commas(MAX_EMPTY_ELEMENTS + 1)),
        Err(too_many.into())
    );
    assert_eq!(
        parse_list(&commas(MAX_EMPTY_ELEMENTS + 1)),
        Err(too_many.into())
    );

    assert_eq!(parse_list(&schemes(MAX_CHALLENGES)), Ok(()));
    let too_many = "expected no more than 64 challenges at octet 128 of line 1";
    assert_eq!(
        parse_list(&schemes(MAX_CHALLENGES + 1)),
        Err(too_many.into())
    );
}

#[test]
fn limits_count_over_all_lines() {
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
fn a_scheme_name_is_refused_where_it_stops_to_be_a_token() {
    let text = |name| SchemeName::parse(name).unwrap_err().to_string();
    assert_eq!(
        text(""),
        "expected a value that is not empty at octet 0 of line 1"
    );
    assert_eq!(
        text("Basic "),
        "expected a scheme name at octet 5 of line 1"
    );
    assert_eq!(text("Bäsic"), "expected a scheme name at octet 1 of line 1");
}

#[test]
fn a_builder_says_which_part_it_refused_and_why() {
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
            r#"parameter "A": the name came before"#,
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
            r#"parameter "Realm": a realm is always quoted"#,
        ),
        (
            x().quoted("a", "b\nc"),
            r#"parameter "a": octet 1 is not allowed in it"#,
        ),
        (
            x().quoted("a", "bc\x7F"),
            r#"parameter "a": octet 2 is not allowed in it"#,
        ),
        (
            x().quoted("error", "\t"),
            r#"parameter "error": octet 0 is not allowed in it"#,
        ),
        (
            x().quoted("Error_Description", "é"),
            r#"parameter "Error_Description": octet 0 is not allowed in it"#,
        ),
        (
            x().quoted("error_uri", "a b"),
            r#"parameter "error_uri": octet 1 is not allowed in it"#,
        ),
        (
            x().quoted("scope", "a\\"),
            r#"parameter "scope": octet 1 is not allowed in it"#,
        ),
        (
            x().quoted("scope", ""),
            r#"parameter "scope": one space goes between scopes, and none around them"#,
        ),
        (
            x().quoted("scope", "a  b"),
            r#"parameter "scope": one space goes between scopes, and none around them"#,
        ),
        (x().token68("a b"), "token68: the value is not a token68"),
        (x().token68(""), "token68: the value is not a token68"),
        (x().token68("a").token68("b"), "token68: it was set before"),
        (
            x().token("a", "b").token68("c"),
            "token68: a token68 and parameters exclude each other",
        ),
        (
            x().token68("c").token("a", "b"),
            r#"parameter "a": a token68 and parameters exclude each other"#,
        ),
        (
            many.token("last", "b"),
            r#"parameter "last": there are 32 before it, and no more may be"#,
        ),
    ];
    for (builder, text) in texts {
        assert_eq!(builder.build().unwrap_err().to_string(), text);
    }
}

#[test]
fn a_builder_reports_the_first_part_it_refused() {
    let twice = x().quoted("a", "\0").quoted("b", "\n").token68("=");
    let text = r#"parameter "a": octet 0 is not allowed in it"#;
    assert_eq!(twice.build().unwrap_err().to_string(), text);
}

#[test]
fn an_authentication_info_says_which_parameter_it_refused_and_why() {
    let twice = AuthenticationInfo::builder()
        .token("nc", "1")
        .token("NC", "2");
    let text = r#"parameter "NC": the name came before"#;
    assert_eq!(twice.build().unwrap_err().to_string(), text);
}

#[test]
fn an_ext_value_says_what_is_wrong() {
    let texts = [
        ("abc", "two apostrophes are missing before the text"),
        ("UTF-8'abc", "two apostrophes are missing before the text"),
        ("''abc", "the charset is not UTF-8"),
        ("UTF-8'e n'abc", "the language is not a language tag"),
        ("UTF-8'en-'abc", "the language is not a language tag"),
        ("UTF-8'abcdefghi'abc", "the language is not a language tag"),
        ("UTF-8''a b", "a character is not encoded as it has to be"),
        ("UTF-8''%4", "a character is not encoded as it has to be"),
        ("UTF-8''é", "a character is not encoded as it has to be"),
        ("UTF-8''%ED%A0%80", "the text is not UTF-8"),
        ("UTF-8''%C2%85", "the text has a control character"),
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
