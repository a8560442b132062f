//! Compares the parsers for header fields with an oracle that follows the grammar of RFC 9110, for all inputs.

#![no_main]

use http::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use libfuzzer_sys::fuzz_target;
use tower_challenge::header::{
    AuthenticationControl, AuthenticationInfo, Challenge, ControlEntry, Credentials,
    MAX_CHALLENGES, MAX_EMPTY_ELEMENTS, MAX_PARAMS, Params, SchemeName, WwwAuthenticate, ext_value,
    scheme_of,
};

#[path = "../src/oracle.rs"]
mod oracle;

use oracle::Form;

/// Longer inputs take the oracle too long and show nothing new.
const MAX_LENGTH: usize = 160;

fuzz_target!(|data: &[u8]| {
    if data.len() > MAX_LENGTH {
        return;
    }
    // LF separates field lines, because a field line cannot contain it.
    let lines = data.split(|&byte| byte == b'\n').collect::<Vec<_>>();
    the_credentials_parser_agrees_with_the_oracle(data);
    the_challenges_parser_agrees_with_the_oracle(&lines);
    the_info_parser_agrees_with_the_oracle(&lines);
    the_control_parser_agrees_with_the_oracle(&lines);
    an_ext_value_is_decoded_without_panic(data);
});

fn the_credentials_parser_agrees_with_the_oracle(value: &[u8]) {
    let expected = oracle::credentials(value)
        .filter(|(_, form)| is_within_limits(form) && has_few_empty(&[value]));
    let read = Credentials::parse(value);
    let read = read.map(|read| {
        let form = meaning_of(read.token68(), read.params());
        assert_eq!(scheme_of(value), Some(read.scheme()));
        assert!(read.is(read.scheme()));
        (read.scheme().as_str().into(), form)
    });
    assert_eq!(read.ok(), expected);
}

fn the_challenges_parser_agrees_with_the_oracle(lines: &[&[u8]]) {
    let expected = oracle::challenges(lines).filter(|list| {
        let within = list.iter().all(|(_, form)| is_within_limits(form));
        within && list.len() <= MAX_CHALLENGES && has_few_empty(lines)
    });
    let read = WwwAuthenticate::parse(lines.iter().copied());
    let meanings = read
        .as_ref()
        .map(|read| read.iter().map(meaning_of_challenge).collect());
    assert_eq!(meanings.ok(), expected);
    read.iter()
        .for_each(writing_and_parsing_returns_the_same_list);
}

fn writing_and_parsing_returns_the_same_list(list: &WwwAuthenticate) {
    for challenge in list.iter() {
        let text = challenge.as_value().as_bytes();
        assert_eq!(Challenge::parse(text).as_ref(), Ok(challenge));
    }
    let joined = list.join();
    let joined = WwwAuthenticate::parse(joined.iter().map(HeaderValue::as_bytes));
    assert_eq!(joined.as_ref(), Ok(list));

    let lines = list.iter().map(|challenge| challenge.as_value().clone());
    let headers = lines
        .map(|line| (WWW_AUTHENTICATE, line))
        .collect::<HeaderMap>();
    assert_eq!(WwwAuthenticate::from_headers(&headers).as_ref(), Ok(list));
}

fn the_info_parser_agrees_with_the_oracle(lines: &[&[u8]]) {
    let expected = oracle::params(lines)
        .filter(|params| params.len() <= MAX_PARAMS && has_few_empty(lines))
        .map(Form::Params);
    let read = AuthenticationInfo::parse(lines.iter().copied());
    let meaning = read.as_ref().map(|read| meaning_of(None, read.params()));
    assert_eq!(meaning.ok(), expected);
    if let Ok(info) = &read {
        let again = AuthenticationInfo::parse([info.as_value().as_bytes()]);
        assert_eq!(again.as_ref(), Ok(info));
    }
}

fn the_control_parser_agrees_with_the_oracle(lines: &[&[u8]]) {
    let is_entry = |form: &Form| {
        let has_param = matches!(form, Form::Params(params) if !params.is_empty());
        has_param && is_within_limits(form)
    };
    let expected = oracle::challenges(lines).filter(|list| {
        let are_entries = list.iter().all(|(_, form)| is_entry(form));
        are_entries && list.len() <= MAX_CHALLENGES && has_few_empty(lines)
    });
    let read = AuthenticationControl::parse(lines.iter().copied());
    let meanings = read
        .as_ref()
        .map(|read| read.iter().map(meaning_of_entry).collect());
    assert_eq!(meanings.ok(), expected);
    if let Ok(control) = &read {
        control
            .iter()
            .for_each(the_values_of_an_entry_are_read_without_panic);
        let joined = control.join();
        let again = AuthenticationControl::parse(joined.iter().map(HeaderValue::as_bytes));
        assert_eq!(again.as_ref(), Ok(control));
    }
}

fn the_values_of_an_entry_are_read_without_panic(entry: &ControlEntry) {
    let _ = (
        entry.auth_style(),
        entry.forbids_login(),
        entry.logout_timeout(),
    );
    let _ = (
        entry.location_when_unauthenticated(),
        entry.location_when_logout(),
    );
    if let Some(name) = entry.username() {
        let built = ControlEntry::builder(SchemeName::MUTUAL)
            .username(&name)
            .build();
        let read = built
            .ok()
            .and_then(|built| Some(built.username()?.into_owned()));
        assert_eq!(
            read,
            (!name.contains(char::is_control)).then(|| name.into_owned())
        );
    }
}

fn an_ext_value_is_decoded_without_panic(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(decoded) = ext_value::decode(&text) {
        assert_eq!(ext_value::decode(&ext_value::encode(&decoded)), Ok(decoded));
    }
}

fn meaning_of_challenge(challenge: &Challenge) -> oracle::Challenge {
    let scheme = challenge.scheme().as_str().into();
    (scheme, meaning_of(challenge.token68(), challenge.params()))
}

fn meaning_of_entry(entry: &ControlEntry) -> oracle::Challenge {
    let scheme = entry.scheme().as_str().into();
    (scheme, meaning_of(None, entry.params()))
}

fn meaning_of(token68: Option<&str>, params: Params<'_>) -> Form {
    if let Some(token68) = token68 {
        assert!(params.is_empty());
        return Form::Token68(token68.into());
    }
    let params = params.map(|param| {
        let (name, value) = (param.name().as_bytes().to_vec(), param.value());
        (name, value.to_bytes().into_owned(), value.is_quoted())
    });
    Form::Params(params.collect())
}

fn is_within_limits(form: &Form) -> bool {
    !matches!(form, Form::Params(params) if params.len() > MAX_PARAMS)
}

fn has_few_empty(lines: &[&[u8]]) -> bool {
    oracle::empty_elements(lines) <= MAX_EMPTY_ELEMENTS
}
