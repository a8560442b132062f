//! The signing test suite of AWS.

use serde_json::Value;
use tower_challenge::Secret;
use tower_challenge::scheme::sigv4::proof::{SignedRequest, SigningKey, string_to_sign};
use tower_challenge::scheme::sigv4::{CredentialScope, PathRule};

use crate::vectors::{Server, count, file, headers, request, target, text};

/// Each case, in the form of a field and in that of a query.
fn rows() -> Vec<(String, Value, Value)> {
    let cases = file("sigv4_aws_suite.json")["cases"]
        .as_array()
        .unwrap()
        .clone();
    let forms = |case: &Value| {
        ["header", "query"].map(|form| {
            let mut row = case[form].clone();
            row["method"] = case["unsigned_request"]["method"].clone();
            (
                format!("{}, {form}", text(case, "name")),
                case["context"].clone(),
                row,
            )
        })
    };
    cases.iter().flat_map(forms).collect()
}

fn scope(context: &Value) -> CredentialScope<'_> {
    CredentialScope {
        region: text(context, "region"),
        service: text(context, "service"),
    }
}

fn rule(context: &Value) -> PathRule {
    match context["normalize"].as_bool().unwrap() {
        true => PathRule::Normalized,
        false => PathRule::AsSent,
    }
}

/// Which fields are signed, by the canonical request: it says so in the line before the last.
fn signed_headers(row: &Value) -> &str {
    text(row, "canonical_request").rsplit('\n').nth(1).unwrap()
}

/// Leaves out what was added to a query after signing.
fn signed_query(row: &Value, query: &[u8]) -> Vec<u8> {
    let signs_token = text(row, "canonical_request").contains("X-Amz-Security-Token");
    let pieces = query.split(|it| *it == b'&');
    let pieces = pieces.filter(|it| signs_token || !it.starts_with(b"X-Amz-Security-Token="));
    pieces.collect::<Vec<_>>().join(&b'&')
}

#[test]
fn every_canonical_request_and_every_signature_is_the_published_one() {
    let mut passed = 0;
    for (name, context, row) in rows() {
        let target = target(&row);
        let mark = target.iter().position(|it| *it == b'?');
        let (path, query) = target.split_at(mark.unwrap_or(target.len()));
        let headers = headers(&row);
        let headers = headers
            .iter()
            .map(|(name, value)| (&**name, value.as_bytes()));
        let headers = headers.collect::<Vec<_>>();
        let request = SignedRequest {
            method: text(&row, "method"),
            path,
            query: &signed_query(&row, query.strip_prefix(b"?").unwrap_or(query)),
            headers: &headers,
            signed_headers: signed_headers(&row),
            payload: text(&row, "canonical_request").rsplit('\n').next().unwrap(),
        };
        let canonical = request.canonical(rule(&context)).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&canonical),
            text(&row, "canonical_request"),
            "{name}"
        );
        let to_sign = string_to_sign("20150830T123600Z", scope(&context), &canonical).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&to_sign),
            text(&row, "string_to_sign"),
            "{name}"
        );
        let secret = Secret::new(text(&context["credentials"], "secret_access_key"));
        let key = SigningKey::derive(secret, b"20150830", scope(&context));
        assert_eq!(key.signature(&to_sign), text(&row, "signature"), "{name}");
        passed += 1;
    }
    count("sigv4_aws_suite.json", passed, &[], (76, 0));
}

#[test]
fn every_request_that_a_server_can_get_is_admitted() {
    let (mut passed, mut skipped) = (0, Vec::new());
    for (name, context, row) in rows() {
        let Some(request) = request(&row, text(&row, "body").as_bytes()) else {
            skipped.push("no HTTP library hands such a target or field on");
            continue;
        };
        let server = || {
            let now = "20150830T123600Z";
            let server = Server::at(now, scope(&context), &context["credentials"]);
            server.tuned(|it| it.path_rule(rule(&context)).unnormalized_paths())
        };
        let (status, body) = match context["omit_session_token"].as_bool() {
            Some(true) => {
                let strict = server().answer(request.clone());
                assert_eq!(strict.0, 401, "{name}: the token is not signed");
                server()
                    .tuned(|it| it.unsigned_session_token())
                    .answer(request)
            }
            _ => server().answer(request),
        };
        assert_eq!(
            (status, &*body),
            (200, text(&row, "body").as_bytes()),
            "{name}"
        );
        passed += 1;
    }
    count("sigv4_aws_suite.json, sent", passed, &skipped, (70, 6));
}
