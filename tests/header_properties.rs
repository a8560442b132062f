//! What holds for every field value, not only for those that somebody has thought of.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use http::header::{HeaderMap, HeaderValue, PROXY_AUTHENTICATE, WWW_AUTHENTICATE};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use proptest::{prop_assert, prop_assert_eq, prop_assert_ne, proptest, sample::Index};
use tower_challenge::header::{
    AuthenticationInfo, Challenge, Credentials, MAX_CHALLENGES, MAX_EMPTY_ELEMENTS, MAX_PARAMS,
    Params, ProxyAuthenticate, SchemeName, WwwAuthenticate, ext_value, scheme_of,
};

#[path = "../fuzz/src/oracle.rs"]
mod oracle;

use oracle::Form;

proptest! {
    #[test]
    fn a_built_challenge_is_read_as_its_parts(parts in challenge()) {
        let built = build(&parts);
        prop_assert_eq!(&meaning_of(&built), &parts);
        prop_assert_eq!(&Challenge::parse(built.as_value().as_bytes()).unwrap(), &built);
    }

    #[test]
    fn a_list_is_read_back_from_lines_and_from_one_line(parts in vec(challenge(), 0..6)) {
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
    fn an_authentication_info_is_read_back(params in params(0..8)) {
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
    fn what_is_extended_with_parameters_has_them(parts in challenge()) {
        let built = build(&parts);
        let copy = Challenge::builder(built.scheme()).extend(built.params()).build().unwrap();
        prop_assert_eq!(copy.params().count(), built.params().count());
        prop_assert!(built.token68().is_some() || copy == built);
    }

    #[test]
    fn challenges_are_equal_in_whatever_order_and_case_they_are(
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
    fn challenges_that_differ_in_a_value_differ(
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
    fn a_list_means_the_same_however_its_elements_are_spread_over_lines(
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
    fn text_is_read_back_from_its_ext_value(text in any::<String>()) {
        let value = ext_value::encode(&text);
        prop_assert!(SchemeName::parse(&value).is_ok(), "a bare value has to be a token");
        let expected = (!text.contains(char::is_control)).then_some(text);
        prop_assert_eq!(ext_value::decode(&value).ok(), expected);
    }

    #[test]
    fn no_octets_make_a_reader_panic(octets in vec(any::<u8>(), 0..400)) {
        read_all_of_it(&octets);
    }

    #[test]
    fn no_pieces_of_fields_make_a_reader_panic(text in pieces(40)) {
        read_all_of_it(&text);
    }

    #[test]
    fn no_text_makes_the_ext_value_decoder_panic(text in "(UTF-8|utf-8)?'?(en)?'?.{0,20}") {
        drop(ext_value::decode(&text));
    }

    #[test]
    fn credentials_are_read_as_the_grammar_says(value in pieces(14)) {
        let expected = oracle::credentials(&value);
        let read = Credentials::parse(&value).ok().map(|read| {
            let scheme = read.scheme().as_str().as_bytes().to_vec();
            (scheme, form(read.token68(), read.params()))
        });
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn challenges_are_read_as_the_grammar_says(lines in vec(pieces(8), 0..4)) {
        let lines = lines.iter().map(Vec::as_slice).collect::<Vec<_>>();
        let expected = oracle::challenges(&lines);
        let expected = expected.filter(|_| oracle::empty_elements(&lines) <= MAX_EMPTY_ELEMENTS);
        let read = WwwAuthenticate::parse(lines.iter().copied());
        let read = read.ok().map(|read| read.iter().map(meaning_of).collect::<Vec<_>>());
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn infos_are_read_as_the_grammar_says(lines in vec(pieces(8), 0..4)) {
        let lines = lines.iter().map(Vec::as_slice).collect::<Vec<_>>();
        let expected = oracle::params(&lines).map(Form::Params);
        let read = AuthenticationInfo::parse(lines.iter().copied()).ok();
        prop_assert_eq!(read.map(|read| form(None, read.params())), expected);
    }

    #[test]
    fn a_scheme_is_found_in_front_of_whatever_follows(scheme in token(), rest in pieces(6)) {
        let value = [scheme.as_slice(), b" ", &rest].concat();
        let found = scheme_of(&value).unwrap();
        prop_assert_eq!(found.as_str().as_bytes(), &scheme);
        if let Ok(credentials) = Credentials::parse(&value) {
            prop_assert_eq!(credentials.scheme(), found);
        }
    }
}

/// However long a hostile value is, a reader that counts stops at the limit.
#[test]
fn a_reader_stops_at_a_limit_and_not_at_the_end() {
    let lockout_at = |value: &[u8], octet: usize| {
        let error = Credentials::parse(value).unwrap_err();
        assert!(error.position() <= octet, "{error}");
        let error = WwwAuthenticate::parse([value]).unwrap_err();
        assert!(error.position() <= octet, "{error}");
    };
    lockout_at(
        &[b"X ".as_slice(), &b",".repeat(100_000)].concat(),
        3 + MAX_EMPTY_ELEMENTS,
    );
    let params = (0..10_000)
        .map(|n| format!("a{n}=\"\","))
        .collect::<String>();
    lockout_at(format!("X {params}").as_bytes(), 2 + 8 * MAX_PARAMS);

    let schemes = "X,".repeat(50_000);
    let error = WwwAuthenticate::parse([schemes.as_bytes()]).unwrap_err();
    assert_eq!(error.position(), 2 * MAX_CHALLENGES);
}

/// 64 KiB of each kind of octets that a careless reader would go over again and again.
#[test]
fn sixty_four_kibibytes_of_anything_are_read_or_refused() {
    let long = |start: &str, again: &str, end: &str| {
        let again = again.repeat(65_536 / again.len());
        [start, &again, end].concat().into_bytes()
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

/// What a quoted-string can mean: every octet but the control characters, among them HTAB.
fn quotable() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![
        Just(b'"'),
        Just(b'\\'),
        Just(b'\t'),
        0x20..=0x7E_u8,
        0x80..=0xFF_u8
    ];
    vec(octet, 0..16)
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

/// The list elements of one challenge, as they may be spelled.
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

/// Pieces of fields in an order that may make no sense.
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

fn read_all_of_it(octets: &[u8]) {
    if let Ok(read) = Credentials::parse(octets) {
        drop(format!("{read:?} {:?}", read.params()));
        read.params().for_each(|param| drop(param.value().to_str()));
    }
    if let Ok(read) = Challenge::parse(octets) {
        drop(format!("{read:?} {read}"));
    }
    let lines = || octets.split(|&octet| octet == b'\n');
    drop(WwwAuthenticate::parse(lines()).map(|list| list.join()));
    drop(AuthenticationInfo::parse(lines()));
    drop(scheme_of(octets).map(|name| name.to_string()));
}

fn text(octets: &[u8]) -> &str {
    std::str::from_utf8(octets).unwrap()
}
