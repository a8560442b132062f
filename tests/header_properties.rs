//! Properties of the `header` room that hold for every field value, tested with generated values.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::time::Duration;

use http::header::{HeaderMap, HeaderValue, PROXY_AUTHENTICATE, WWW_AUTHENTICATE};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use proptest::{prop_assert, prop_assert_eq, prop_assert_ne, proptest, sample::Index};
use tower_challenge::header::{
    AuthenticationControl, AuthenticationInfo, Challenge, ControlEntry, Credentials,
    MAX_CHALLENGES, MAX_EMPTY_ELEMENTS, MAX_PARAMS, Params, ProxyAuthenticate, SchemeName,
    WwwAuthenticate, ext_value, scheme_of,
};

#[path = "../fuzz/src/oracle.rs"]
mod oracle;

use oracle::Form;

proptest! {
    #[test]
    fn the_parser_reads_the_parts_of_a_built_challenge(parts in challenge()) {
        let built = build(&parts);
        prop_assert_eq!(&meaning_of(&built), &parts);
        prop_assert_eq!(&Challenge::parse(built.as_value().as_bytes()).unwrap(), &built);
    }

    #[test]
    fn the_parser_reads_a_list_from_several_lines_and_from_one_line(parts in vec(challenge(), 0..6)) {
        let list = WwwAuthenticate::from(parts.iter().map(build).collect::<Vec<_>>());
        let mut headers = HeaderMap::new();
        for challenge in list.iter() {
            headers.append(WWW_AUTHENTICATE, challenge.as_value().clone());
            headers.append(PROXY_AUTHENTICATE, challenge.as_value().clone());
        }
        prop_assert_eq!(headers.get_all(WWW_AUTHENTICATE).iter().count(), parts.len());
        prop_assert_eq!(&WwwAuthenticate::from_headers(&headers).unwrap(), &list);

        let joined = list.join();
        let joined = joined.iter().map(HeaderValue::as_bytes);
        prop_assert_eq!(&WwwAuthenticate::parse(joined).unwrap(), &list);
        let proxy = ProxyAuthenticate::from_headers(&headers).unwrap();
        prop_assert_eq!(proxy.as_slice(), list.as_slice());
    }

    #[test]
    fn the_parser_reads_a_built_authentication_info(params in params(0..8)) {
        let start = AuthenticationInfo::builder();
        let built = params.iter().fold(start, |info, (name, value, quoted)| match quoted {
            true => info.quoted(text(name), value),
            false => info.token(text(name), text(value)),
        });
        let built = built.build().unwrap();
        prop_assert_eq!(form(None, built.params()), Form::Params(params));
        let read = AuthenticationInfo::parse([built.as_value().as_bytes()]);
        prop_assert_eq!(read.unwrap(), built);
    }

    #[test]
    fn a_builder_that_is_extended_with_parameters_has_all_of_them(parts in challenge()) {
        let built = build(&parts);
        let copy = Challenge::builder(built.scheme()).extend(built.params()).build().unwrap();
        prop_assert_eq!(copy.params().count(), built.params().count());
        prop_assert!(built.token68().is_some() || copy == built);
    }

    #[test]
    fn challenges_are_equal_in_any_order_of_parameters_and_any_case_of_names(
        (scheme, params) in (token(), params(1..8)),
        turn in any::<Index>(),
    ) {
        let mut turned = params.clone();
        turned.rotate_left(turn.index(params.len()));
        turned.iter_mut().for_each(|(name, ..)| name.make_ascii_uppercase());
        let one = build(&(scheme.clone(), Form::Params(params)));
        let other = build(&(scheme.to_ascii_lowercase(), Form::Params(turned)));
        prop_assert_eq!(one, other);
    }

    #[test]
    fn challenges_with_different_values_or_parameters_are_not_equal(
        (scheme, mut params) in (token(), params(1..8)),
        which in any::<Index>(),
    ) {
        let one = build(&(scheme.clone(), Form::Params(params.clone())));
        let fewer = build(&(scheme.clone(), Form::Params(params[1..].to_vec())));
        let which = which.index(params.len());
        params[which].1.push(b'x');
        let other = build(&(scheme, Form::Params(params)));
        prop_assert_ne!(&one, &other);
        prop_assert_ne!(&other, &one);
        prop_assert_ne!(&one, &fewer);
        prop_assert_ne!(&fewer, &one);
    }

    #[test]
    fn a_list_has_the_same_meaning_in_one_line_and_in_several_lines(
        (elements, breaks) in vec(spelled_challenge(), 1..5).prop_flat_map(|challenges| {
            let elements = challenges.concat();
            let breaks = vec(prop_oneof![Just(", "), Just(","), Just(",\t, "), Just("\n")], elements.len());
            (Just(elements), breaks)
        }),
    ) {
        let spread = elements.iter().zip(&breaks);
        let spread = spread.map(|(element, end)| format!("{element}{end}")).collect::<String>();
        let lines = spread.split('\n').map(str::as_bytes);
        let joined = elements.join(", ");
        let joined = WwwAuthenticate::parse([joined.as_bytes()]).ok();
        prop_assert_eq!(WwwAuthenticate::parse(lines).ok(), joined);
    }

    #[test]
    fn the_ext_value_decoder_returns_the_text_that_was_encoded(text in any::<String>()) {
        let value = ext_value::encode(&text);
        prop_assert!(SchemeName::parse(&value).is_ok(), "a bare value has to be a token");
        let expected = (!text.contains(char::is_control)).then_some(text);
        prop_assert_eq!(ext_value::decode(&value).ok(), expected);
    }

    #[test]
    fn the_parsers_do_not_panic_for_any_bytes(bytes in vec(any::<u8>(), 0..400)) {
        parse_as_every_field(&bytes);
    }

    #[test]
    fn the_parsers_do_not_panic_for_any_pieces_of_fields(text in pieces(40)) {
        parse_as_every_field(&text);
    }

    #[test]
    fn the_ext_value_decoder_does_not_panic_for_any_text(text in "(UTF-8|utf-8)?'?(en)?'?.{0,20}") {
        drop(ext_value::decode(&text));
    }

    #[test]
    fn the_parser_reads_credentials_as_the_grammar_says(value in pieces(14)) {
        let expected = oracle::credentials(&value);
        let read = Credentials::parse(&value).ok().map(|read| {
            let scheme = read.scheme().as_str().as_bytes().to_vec();
            (scheme, form(read.token68(), read.params()))
        });
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn the_parser_reads_challenges_as_the_grammar_says(lines in vec(pieces(8), 0..4)) {
        let lines = lines.iter().map(Vec::as_slice).collect::<Vec<_>>();
        let expected = oracle::challenges(&lines);
        let expected = expected.filter(|_| oracle::empty_elements(&lines) <= MAX_EMPTY_ELEMENTS);
        let read = WwwAuthenticate::parse(lines.iter().copied());
        let read = read.ok().map(|read| read.iter().map(meaning_of).collect::<Vec<_>>());
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn the_parser_reads_authentication_control_as_the_grammar_says(lines in vec(pieces(8), 0..4)) {
        let lines = lines.iter().map(Vec::as_slice).collect::<Vec<_>>();
        let has_param = |form: &Form| matches!(form, Form::Params(params) if !params.is_empty());
        let expected = oracle::challenges(&lines).filter(|list| list.iter().all(|(_, form)| has_param(form)));
        let expected = expected.filter(|_| oracle::empty_elements(&lines) <= MAX_EMPTY_ELEMENTS);
        let read = AuthenticationControl::parse(lines.iter().copied());
        let meanings = read.as_ref().map(|read| read.iter().map(meaning_of_entry).collect::<Vec<_>>());
        prop_assert_eq!(meanings.ok(), expected);
        if let Ok(read) = read {
            let joined = read.join();
            let again = AuthenticationControl::parse(joined.iter().map(HeaderValue::as_bytes));
            prop_assert_eq!(again.unwrap(), read);
        }
    }

    #[test]
    fn the_parser_reads_the_parts_of_a_built_control_entry(
        (name, location) in (any::<String>(), "/[a-z]{0,8}"),
        seconds in any::<u64>(),
    ) {
        let entry = ControlEntry::builder(SchemeName::MUTUAL).realm("r").username(&name);
        let entry = entry.location_when_logout(&location).logout_timeout(Duration::from_secs(seconds));
        let built = entry.build();
        prop_assert_eq!(built.is_ok(), !name.contains(char::is_control));
        if let Ok(built) = built {
            let read = AuthenticationControl::parse([built.as_value().as_bytes()]).unwrap();
            prop_assert_eq!(read.as_slice(), std::slice::from_ref(&built));
            prop_assert_eq!(built.username().unwrap(), name);
            prop_assert_eq!(built.location_when_logout().unwrap(), location);
            prop_assert_eq!(built.logout_timeout(), Some(Duration::from_secs(seconds)));
        }
    }

    #[test]
    fn the_parser_reads_authentication_info_as_the_grammar_says(lines in vec(pieces(8), 0..4)) {
        let lines = lines.iter().map(Vec::as_slice).collect::<Vec<_>>();
        let expected = oracle::params(&lines).map(Form::Params);
        let read = AuthenticationInfo::parse(lines.iter().copied()).ok();
        prop_assert_eq!(read.map(|read| form(None, read.params())), expected);
    }

    #[test]
    fn scheme_of_finds_the_scheme_name_before_any_other_text(scheme in token(), rest in pieces(6)) {
        let value = [scheme.as_slice(), b" ", &rest].concat();
        let found = scheme_of(&value).unwrap();
        prop_assert_eq!(found.as_str().as_bytes(), &scheme);
        if let Ok(credentials) = Credentials::parse(&value) {
            prop_assert_eq!(credentials.scheme(), found);
        }
    }
}

/// A parser stops at a limit, so that the length of a hostile value does not matter.
#[test]
fn the_parsers_stop_at_a_limit_and_not_at_the_end_of_the_value() {
    let assert_stops_before = |value: &[u8], limit: usize| {
        let error = Credentials::parse(value).unwrap_err();
        assert!(error.position() <= limit, "{error}");
        let error = WwwAuthenticate::parse([value]).unwrap_err();
        assert!(error.position() <= limit, "{error}");
    };
    assert_stops_before(
        &[b"X ".as_slice(), &b",".repeat(100_000)].concat(),
        3 + MAX_EMPTY_ELEMENTS,
    );
    let params = (0..10_000)
        .map(|n| format!("a{n}=\"\","))
        .collect::<String>();
    assert_stops_before(format!("X {params}").as_bytes(), 2 + 8 * MAX_PARAMS);

    let schemes = "X,".repeat(50_000);
    let error = WwwAuthenticate::parse([schemes.as_bytes()]).unwrap_err();
    assert_eq!(error.position(), 2 * MAX_CHALLENGES);
}

/// Each value has 64 KiB that a careless parser would read again and again, so that its time would grow with the square
/// of the length.
#[test]
fn the_parsers_read_or_refuse_values_of_64_kibibytes() {
    let long = |start: &str, repeated: &str, end: &str| {
        let repeated = repeated.repeat(65_536 / repeated.len());
        [start, &repeated, end].concat().into_bytes()
    };
    let read = [
        long("X a=\"", "\\\\", "\""),
        long("X a=\"", "\\\"", "\""),
        long("X a=\"", ",", "\""),
        long("X", " ", "a"),
        long("X a", "\t", "=b"),
        long("X a=", " ", "b"),
        long("X a=b", " ", ",c=d"),
        long("X ", "a", ""),
        long("X a", "=", ""),
        long("X ", "a", "=b"),
        long("", "X", ""),
    ];
    for value in &read {
        assert!(Credentials::parse(value).is_ok());
        assert_eq!(
            WwwAuthenticate::parse([value.as_slice()])
                .unwrap()
                .as_slice()
                .len(),
            1
        );
    }
    let refused = [
        long("X a=\"", "\\\\", ""),
        long("X a=\"", "\\\"", ""),
        long("X a=\"", "\"", ""),
        long("X a=", "=", "b"),
        long("X ", "a ", ""),
        long("X", "\t", "a"),
        long("", "=", ""),
        long("", "\\", ""),
    ];
    for value in &refused {
        assert!(Credentials::parse(value).is_err());
        assert!(WwwAuthenticate::parse([value.as_slice()]).is_err());
    }
}

const TOKEN: &str = "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}";

fn token() -> impl Strategy<Value = Vec<u8>> {
    TOKEN.prop_map(String::into_bytes)
}

fn token68() -> impl Strategy<Value = Vec<u8>> {
    "[0-9A-Za-z._~+/-]{1,20}={0,3}".prop_map(String::into_bytes)
}

/// The values that a quoted-string can have: all bytes except control characters, but with HTAB.
fn quotable() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        Just(b'"'),
        Just(b'\\'),
        Just(b'\t'),
        0x20..=0x7E_u8,
        0x80..=0xFF_u8
    ];
    vec(byte, 0..16)
}

fn param() -> impl Strategy<Value = oracle::Param> {
    let quoted = (token(), quotable()).prop_map(|(name, value)| (name, value, true));
    let bare = (token(), token()).prop_map(|(name, value)| (name, value, false));
    let realm = quotable().prop_map(|value| (b"Realm".to_vec(), value, true));
    prop_oneof![4 => quoted, 4 => bare, 1 => realm].prop_filter("no narrower alphabet", |param| {
        let narrow = ["error", "error_description", "error_uri", "scope"];
        !narrow.contains(&text(&param.0.to_ascii_lowercase()))
    })
}

fn params(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<oracle::Param>> {
    vec(param(), count).prop_map(|mut params| {
        let mut names = std::collections::HashSet::new();
        params.retain(|(name, ..)| names.insert(name.to_ascii_lowercase()));
        params
    })
}

fn challenge() -> impl Strategy<Value = oracle::Challenge> {
    let form = prop_oneof![
        1 => token68().prop_map(Form::Token68),
        3 => params(0..8).prop_map(Form::Params),
    ];
    (token(), form)
}

/// The list elements of one challenge, in the various spellings that the grammar allows.
fn spelled_challenge() -> impl Strategy<Value = Vec<String>> {
    let first = (
        TOKEN,
        option::of("[a-d]( )?=( )?(\"[a-z ,=]{0,5}\"|[a-z]{1,3})|[a-z/]{1,4}=?"),
    );
    let first = first.prop_map(|(scheme, form)| match form {
        Some(form) => format!("{scheme} {form}"),
        None => scheme,
    });
    let others = vec("[e-h]=(\"[a-z ,=]{0,5}\"|[a-z]{1,3})", 0..3);
    (first, others).prop_map(|(first, others)| [vec![first], others].concat())
}

/// Pieces of fields in random order, so that most results violate the grammar.
fn pieces(count: usize) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(PIECES);
    vec(piece, 0..count).prop_map(|pieces| pieces.concat())
}

const PIECES: &[&[u8]] = &[
    b"X",
    b"Y ",
    b"Basic ",
    b"Digest ",
    b"a",
    b"a=b",
    b"b=\"c\"",
    b"A = \"\\\"\"",
    b"c=",
    b"d==",
    b"e/f",
    b"\"",
    b"\\",
    b"\"a, b=c\"",
    b"=",
    b"==",
    b",",
    b", ",
    b" ,, ",
    b" ",
    b"\t",
    b"\x80",
    b"\"\xFF\"",
    b"\0",
    b"\x7F",
    b"\r\n ",
    b"{",
    b"nonce=\"1\"",
    b", nc=1",
    b", Z q=r",
];

fn build((scheme, form): &oracle::Challenge) -> Challenge {
    let builder = Challenge::builder(SchemeName::parse(text(scheme)).unwrap());
    let builder = match form {
        Form::Token68(token68) => builder.token68(text(token68)),
        Form::Params(params) => params.iter().fold(builder, |builder, param| match param {
            (name, value, true) => builder.quoted(text(name), value),
            (name, value, false) => builder.token(text(name), text(value)),
        }),
    };
    builder.build().unwrap()
}

fn meaning_of(challenge: &Challenge) -> oracle::Challenge {
    let scheme = challenge.scheme().as_str().as_bytes().to_vec();
    (scheme, form(challenge.token68(), challenge.params()))
}

fn meaning_of_entry(entry: &ControlEntry) -> oracle::Challenge {
    let scheme = entry.scheme().as_str().as_bytes().to_vec();
    (scheme, form(None, entry.params()))
}

fn form(token68: Option<&str>, params: Params<'_>) -> Form {
    let params = params.map(|param| {
        let (name, value) = (param.name().as_bytes().to_vec(), param.value());
        (name, value.to_bytes().into_owned(), value.is_quoted())
    });
    match token68 {
        Some(token68) => Form::Token68(token68.as_bytes().to_vec()),
        None => Form::Params(params.collect()),
    }
}

fn parse_as_every_field(bytes: &[u8]) {
    if let Ok(read) = Credentials::parse(bytes) {
        drop(format!("{read:?} {:?}", read.params()));
        read.params().for_each(|param| drop(param.value().to_str()));
    }
    if let Ok(read) = Challenge::parse(bytes) {
        drop(format!("{read:?} {read}"));
    }
    let lines = || bytes.split(|&byte| byte == b'\n');
    drop(WwwAuthenticate::parse(lines()).map(|list| list.join()));
    drop(AuthenticationInfo::parse(lines()));
    drop(AuthenticationControl::parse(lines()).map(|list| list.join()));
    drop(scheme_of(bytes).map(|name| name.to_string()));
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}
