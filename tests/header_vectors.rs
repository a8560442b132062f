//! Checks the parsers and builders of the `header` room against each row of the vector files about field syntax.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use http::HeaderValue;
use http::header::{HeaderMap, InvalidHeaderValue, WWW_AUTHENTICATE};
use serde_json::Value;
use tower_challenge::header::{
    AuthenticationInfo, Challenge, Credentials, InvalidChallenge, Params, SchemeName,
    WwwAuthenticate, ext_value,
};

const CHALLENGE_PARSE: &str = include_str!("vectors/challenge_parse.json");
const CREDENTIALS_PARSE: &str = include_str!("vectors/credentials_parse.json");
const EMIT: &str = include_str!("vectors/emit.json");
const AUTH_INFO: &str = include_str!("vectors/auth_info.json");
const EXT_VALUE: &str = include_str!("vectors/ext_value.json");

/// Rows that the grammar allows if all lines are joined, but that this crate refuses. The section "Disputed readings"
/// in the documentation of `header` gives the reason.
const REFUSED_ALTHOUGH_ALLOWED: [&str; 1] = ["own-quoted-not-across-lines"];

#[test]
fn the_parser_reads_each_challenge_row_as_expected() {
    let cases = cases(CHALLENGE_PARSE, 136);
    for case in &cases {
        let read = WwwAuthenticate::parse(bytes_of_each(&case["lines"]).iter().map(Vec::as_slice));
        let expected = match id(case) {
            refused if REFUSED_ALTHOUGH_ALLOWED.contains(&refused) => &Value::Null,
            _ => &case["strict"]["challenges"],
        };
        let read = read.ok().map(|read| meaning_of_list(&read));
        assert_eq!(
            read,
            expected.as_array().map(|list| expected_list(list)),
            "{}",
            id(case)
        );
    }
    println!("challenge_parse.json: {} passed, 0 skipped", cases.len());
}

#[test]
fn the_parser_reads_a_row_with_line_folding_after_the_folding_is_replaced() {
    let cases = cases(CHALLENGE_PARSE, 136);
    let unfolded = cases.iter().map(|case| &case["after_obs_fold_replaced"]);
    let unfolded = unfolded.filter(|row| row.is_object()).collect::<Vec<_>>();
    for row in &unfolded {
        let lines = bytes_of_each(&row["lines"]);
        let read = WwwAuthenticate::parse(lines.iter().map(Vec::as_slice));
        let expected = row["challenges"].as_array().map(|list| expected_list(list));
        assert_eq!(read.ok().map(|read| meaning_of_list(&read)), expected);
    }
    assert_eq!(unfolded.len(), 1);
    println!("challenge_parse.json, folding replaced: 1 passed, 0 skipped");
}

#[test]
fn the_parser_reads_the_lines_of_a_row_one_by_one_as_expected() {
    let cases = cases(CHALLENGE_PARSE, 136);
    let with_lines = cases.iter().filter(|case| case["per_line"].is_array());
    let mut lines = 0;
    for case in with_lines {
        let expected = case["per_line"].as_array().unwrap();
        for (line, expected) in bytes_of_each(&case["lines"]).iter().zip(expected) {
            let read = WwwAuthenticate::parse([line.as_slice()]);
            assert_eq!(Some(read.is_ok()), expected.as_bool(), "{}", id(case));
            lines += 1;
        }
    }
    assert_eq!(lines, 6);
    println!("challenge_parse.json, per line: {lines} passed, 0 skipped");
}

#[test]
fn the_parser_reads_each_challenge_row_from_a_header_map_that_can_hold_it() {
    let (mut read, mut skipped) = (0, 0);
    for case in cases(CHALLENGE_PARSE, 136) {
        let lines = bytes_of_each(&case["lines"]);
        let values = lines.iter().map(|line| HeaderValue::from_bytes(line));
        let values = values.map(|value| Ok((WWW_AUTHENTICATE, value?)));
        let Ok(headers) = values.collect::<Result<HeaderMap, InvalidHeaderValue>>() else {
            // `HeaderValue` does not accept CR, LF, NUL or DEL. The test of the raw lines covers these rows.
            skipped += 1;
            continue;
        };
        let from_lines = WwwAuthenticate::parse(lines.iter().map(Vec::as_slice)).ok();
        let from_headers = WwwAuthenticate::from_headers(&headers).ok();
        assert_eq!(from_headers, from_lines, "{}", id(&case));
        read += 1;
    }
    assert_eq!((read, skipped), (133, 3));
    println!("challenge_parse.json, from a header map: {read} passed, {skipped} skipped");
}

#[test]
fn the_parser_reads_each_credentials_row_as_expected() {
    let (mut passed, mut skipped) = (0, 0);
    for case in cases(CREDENTIALS_PARSE, 61) {
        let lines = bytes_of_each(&case["lines"]);
        let [line] = lines.as_slice() else {
            // The row has no line or two lines. The layer handles these cases before it calls the parser.
            skipped += 1;
            continue;
        };
        let strict = &case["strict"];
        let expected = strict["ok"]
            .as_bool()
            .unwrap()
            .then(|| expected_one(strict));
        let read = Credentials::parse(line).ok().map(|read| {
            let scheme = read.scheme().as_str().to_owned();
            (
                scheme,
                read.token68().map(str::to_owned),
                meaning_of(read.params()),
            )
        });
        assert_eq!(read, expected, "{}", id(&case));
        passed += 1;
    }
    assert_eq!((passed, skipped), (59, 2));
    println!("credentials_parse.json: {passed} passed, {skipped} skipped");
}

#[test]
fn the_builder_writes_each_row_as_expected_or_refuses_it() {
    let cases = cases(EMIT, 27);
    for case in &cases {
        let rows = case["challenges"].as_array().unwrap().iter();
        let built = rows.map(build).collect::<Result<Vec<_>, _>>();
        let refused = case["error"].is_string();
        assert_eq!(built.is_err(), refused, "{}: {built:?}", id(case));
        let Ok(built) = built else {
            continue;
        };
        let list = WwwAuthenticate::from(built);
        let lines = list.iter().map(|challenge| challenge.as_value().as_bytes());
        assert_eq!(
            Vec::from_iter(lines),
            bytes_of_each(&case["lines"]),
            "{}",
            id(case)
        );
        let joined = list.join().unwrap();
        assert_eq!(joined.as_bytes(), bytes(&case["joined"]), "{}", id(case));
    }
    println!("emit.json: {} passed, 0 skipped", cases.len());
}

#[test]
fn the_parser_reads_each_authentication_info_row_as_expected() {
    let cases = cases(AUTH_INFO, 16);
    for case in &cases {
        let read = AuthenticationInfo::parse([bytes(&case["line"]).as_slice()]).ok();
        let expected = case["params"]
            .as_array()
            .map(|params| expected_params(params));
        let ok = case["ok"].as_bool();
        assert_eq!(Some(read.is_some()), ok, "{}", id(case));
        assert_eq!(
            read.map(|read| meaning_of(read.params())),
            expected,
            "{}",
            id(case)
        );
    }
    println!("auth_info.json: {} passed, 0 skipped", cases.len());
}

#[test]
fn the_decoder_reads_each_ext_value_row_as_expected() {
    let cases = cases(EXT_VALUE, 17);
    for case in &cases {
        let value = case["value"].as_str().unwrap();
        let decoded = ext_value::decode(value).ok();
        assert_eq!(decoded.as_deref(), case["decoded"].as_str(), "{value}");
    }
    println!("ext_value.json: {} passed, 0 skipped", cases.len());
}

type Named = Vec<(String, Vec<u8>)>;
type Meaning = (String, Option<String>, Named);

fn cases(file: &str, count: usize) -> Vec<Value> {
    let file = serde_json::from_str::<Value>(file).unwrap();
    let cases = file["cases"].as_array().unwrap().clone();
    assert_eq!(cases.len(), count);
    cases
}

fn id(case: &Value) -> &str {
    case["id"].as_str().unwrap()
}

/// Converts the text of a row to bytes. Each character of the file stands for one byte.
fn bytes(text: &Value) -> Vec<u8> {
    let chars = text.as_str().unwrap().chars();
    chars.map(|c| u8::try_from(c).unwrap()).collect()
}

fn bytes_of_each(lines: &Value) -> Vec<Vec<u8>> {
    lines.as_array().unwrap().iter().map(bytes).collect()
}

fn expected_list(challenges: &[Value]) -> Vec<Meaning> {
    challenges.iter().map(expected_one).collect()
}

fn expected_one(challenge: &Value) -> Meaning {
    let scheme = challenge["scheme"].as_str().unwrap().to_owned();
    let token68 = challenge["token68"].as_str().map(str::to_owned);
    let params = challenge["params"].as_array().unwrap();
    (scheme, token68, expected_params(params))
}

fn expected_params(params: &[Value]) -> Named {
    let named = |param: &Value| (param[0].as_str().unwrap().to_owned(), bytes(&param[1]));
    params.iter().map(named).collect()
}

fn meaning_of_list(list: &WwwAuthenticate) -> Vec<Meaning> {
    let meaning = |challenge: &Challenge| {
        let scheme = challenge.scheme().as_str().to_owned();
        let token68 = challenge.token68().map(str::to_owned);
        (scheme, token68, meaning_of(challenge.params()))
    };
    list.iter().map(meaning).collect()
}

fn meaning_of(params: Params<'_>) -> Named {
    let named = params.map(|param| {
        (
            param.name().to_owned(),
            param.value().to_bytes().into_owned(),
        )
    });
    named.collect()
}

fn build(row: &Value) -> Result<Challenge, InvalidChallenge> {
    let scheme = row["scheme"].as_str().unwrap();
    let mut builder = Challenge::builder(SchemeName::parse(scheme).unwrap());
    if let Some(token68) = row["token68"].as_str() {
        builder = builder.token68(token68);
    }
    for param in row["params"].as_array().unwrap() {
        builder = match param[0].as_str().unwrap() {
            // RFC 7616 section 3.3: the value of `algorithm` MUST NOT be quoted. No other parameter in these rows has
            // that rule.
            "algorithm" => builder.token("algorithm", param[1].as_str().unwrap()),
            name => builder.quoted(name, bytes(&param[1])),
        };
    }
    builder.build()
}
