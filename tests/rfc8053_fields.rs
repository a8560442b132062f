//! Tests the syntax of `Authentication-Control` (RFC 8053 section 4). `header_properties.rs` compares the parser with the
//! grammar. A sentence in quotation marks is a quotation.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::time::Duration;

use tower_challenge::header::{
    AuthStyle, AuthenticationControl, Challenge, ControlEntry, SchemeName,
};

fn parse(line: &str) -> AuthenticationControl {
    AuthenticationControl::parse([line.as_bytes()]).unwrap()
}

fn entry(params: &str) -> ControlEntry {
    parse(&format!("Basic {params}")).as_slice()[0].clone()
}

#[test]
fn an_entry_without_a_parameter_breaks_the_grammar_wherever_it_is() {
    for (line, position) in [
        ("Basic", 0),
        ("Basic ,", 0),
        ("Basic abc==", 0),
        ("Basic a=b, Digest, Mutual c=d", 11),
        ("Basic a=b, Digest", 11),
        ("a=b", 0),
    ] {
        let error = AuthenticationControl::parse([line.as_bytes()]).unwrap_err();
        assert_eq!(error.position(), position, "{line}");
    }
    let two = parse("Basic a=b, c=\"d\", , Digest e = f,");
    assert_eq!(two.join().unwrap(), "Basic a=b, c=\"d\", Digest e=f");
    assert_eq!(AuthenticationControl::parse([]).unwrap().join(), None);
    let lines: [&[u8]; 2] = [b"Basic realm=\"a\"", b"no-auth=true"];
    let continued = AuthenticationControl::parse(lines).unwrap();
    assert!(continued.as_slice()[0].forbids_login());
}

/// "The client MUST ignore all non-relevant entries it received." (section 4)
#[test]
fn an_entry_is_found_by_the_scheme_and_the_realm_of_a_challenge() {
    let control =
        parse(r#"Basic realm="a", x=1, Digest realm="a", x=2, Basic realm="b", x=3, X y=4"#);
    let found = |challenge: &str| {
        let challenge = Challenge::parse(challenge.as_bytes()).unwrap();
        let entry = control.entry_for(&challenge)?;
        Some(entry.params().last()?.value().to_str()?.into_owned())
    };
    assert_eq!(found(r#"basic realm="a", charset="UTF-8""#).unwrap(), "1");
    assert_eq!(found(r#"Digest nonce="n", Realm=a"#).unwrap(), "2");
    assert_eq!(found(r#"Basic realm="b""#).unwrap(), "3");
    assert_eq!(found("X").unwrap(), "4");
    assert_eq!(found(r#"X realm="a""#), None);
    assert_eq!(found("Basic"), None);
}

/// "Regardless of the type, however, the recipients MUST accept both quoted and unquoted representations of values"
/// (section 4)
#[test]
fn each_value_may_be_quoted_or_not() {
    for value in ["non-modal", "\"non-modal\"", "\"non\\-modal\""] {
        let entry = entry(&format!("auth-style={value}"));
        assert_eq!(entry.auth_style(), Some(AuthStyle::NonModal));
    }
    for value in ["300", "\"300\""] {
        let entry = entry(&format!("Logout-Timeout={value}"));
        assert_eq!(entry.logout_timeout(), Some(Duration::from_secs(300)));
    }
    for value in ["true", "\"true\""] {
        assert!(entry(&format!("no-auth={value}")).forbids_login());
    }
    for value in ["ada", "\"ada\""] {
        let entry = entry(&format!("username={value}"));
        assert_eq!(entry.username().unwrap(), "ada");
    }
}

/// "Clients MUST ignore any unknown parameters contained in this header." (section 4)
#[test]
fn unknown_parameters_are_kept_and_do_not_disturb_the_others() {
    let entry = entry("-example.com.a=b, no-auth=true, later=1");
    assert!(entry.forbids_login());
    assert_eq!(entry.params().count(), 3);
}

#[test]
fn a_value_that_is_not_defined_counts_as_none() {
    let all = "auth-style=other, no-auth=false, logout-timeout=soon";
    let entry_of_all = entry(all);
    assert_eq!(entry_of_all.auth_style(), None);
    assert!(!entry_of_all.forbids_login());
    assert_eq!(entry_of_all.logout_timeout(), None);
    for timeout in ["-1", "+1", "1.5", "\"\"", "007", "\" 1\"", "1s"] {
        let entry = entry(&format!("logout-timeout={timeout}"));
        assert_eq!(entry.logout_timeout(), None, "{timeout}");
    }
    let largest = Some(Duration::from_secs(u64::MAX));
    for timeout in ["18446744073709551615", "18446744073709551616"] {
        let entry = entry(&format!("logout-timeout={timeout}"));
        assert_eq!(entry.logout_timeout(), largest);
    }
    assert_eq!(
        entry("logout-timeout=0").logout_timeout(),
        Some(Duration::ZERO)
    );
}

/// Section 4.1: text beyond ASCII is an ext-value in UTF-8 without a language, and ASCII never is. "The same parameter MUST
/// NOT be sent more than once, regardless of the used syntax."
#[test]
fn text_beyond_ascii_is_sent_as_an_ext_value() {
    let named = |name| ControlEntry::builder(SchemeName::BASIC).username(name);
    let renee = named("Renee of France").build().unwrap();
    assert_eq!(renee.as_value(), "Basic username=\"Renee of France\"");
    let renee = named("RenÉe of France").build().unwrap();
    let value = "Basic username*=UTF-8''Ren%C3%89e%20of%20France";
    assert_eq!(renee.as_value(), value);
    assert_eq!(
        parse(value).as_slice()[0].username().unwrap(),
        "RenÉe of France"
    );

    assert_eq!(entry("username=a, username*=UTF-8''b").username(), None);
    assert_eq!(entry("username*=a").username(), None);
    let location = entry("location-when-logout*=\"UTF-8''/bye\"");
    assert_eq!(
        location.location_when_logout(),
        None,
        "`/` has to be encoded"
    );
    let location = entry("location-when-logout*=UTF-8''%2Fbye");
    assert_eq!(location.location_when_logout().unwrap(), "/bye");
    let location = entry("location-when-unauthenticated=\"http://a/b?c\"");
    assert_eq!(
        location.location_when_unauthenticated().unwrap(),
        "http://a/b?c"
    );
}

#[test]
fn the_builder_reports_which_parameter_it_refused_and_why() {
    let of = ControlEntry::builder;
    let x = || of(SchemeName::parse("X").unwrap());
    let texts = [
        (x(), "field value: an entry has at least one parameter"),
        (
            x().location_when_logout("a b"),
            r#"parameter "location-when-logout": the value is not a URI reference (RFC 3986 section 4.1)"#,
        ),
        (
            x().location_when_unauthenticated("é"),
            r#"parameter "location-when-unauthenticated": the value is not a URI reference (RFC 3986 section 4.1)"#,
        ),
        (
            x().username("a\nb"),
            r#"parameter "username": the byte at position 1 is not allowed in the value"#,
        ),
        (
            x().username("é\u{85}"),
            r#"parameter "username": the byte at position 2 is not allowed in the value"#,
        ),
        (
            x().no_auth().no_auth(),
            r#"parameter "no-auth": the name occurs twice"#,
        ),
        (
            x().username("a").username("é"),
            r#"parameter "username": the name occurs twice"#,
        ),
        (
            of(SchemeName::BASIC).username("a:b"),
            r#"parameter "username": Basic and Digest have no user names with a colon"#,
        ),
        (
            of(SchemeName::DIGEST).username("é:b"),
            r#"parameter "username": Basic and Digest have no user names with a colon"#,
        ),
        (
            x().realm("a\r\nb"),
            r#"parameter "realm": the byte at position 1 is not allowed in the value"#,
        ),
    ];
    for (builder, text) in texts {
        assert_eq!(builder.build().unwrap_err().to_string(), text);
    }
    assert!(x().username("a:b").build().is_ok());
}

#[test]
fn a_timeout_is_rounded_up_because_zero_means_at_once() {
    let after = |time| {
        let entry = ControlEntry::builder(SchemeName::BASIC).logout_timeout(time);
        entry.build().unwrap().to_string()
    };
    assert_eq!(after(Duration::ZERO), "Basic logout-timeout=0");
    assert_eq!(after(Duration::from_millis(1)), "Basic logout-timeout=1");
    assert_eq!(after(Duration::from_millis(1500)), "Basic logout-timeout=2");
    let most = format!("Basic logout-timeout={}", u64::MAX);
    assert_eq!(after(Duration::MAX), most);
}
