//! Tests with the signing test suite of AWS.

use serde_json::Value;
use tower_challenge::Secret;
use tower_challenge::scheme::sigv4::proof::{SignedRequest, SigningKey, string_to_sign};
use tower_challenge::scheme::sigv4::{CredentialScope, PathRule};

use crate::vectors::{Server, count, file, headers, request, target, text};

/// Returns each case twice: signed in the `Authorization` field, and as a presigned URL.
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

/// Returns the names of the signed header fields: the last line but one of the canonical request.
fn signed_headers(row: &Value) -> &str {
    text(row, "canonical_request").rsplit('\n').nth(1).unwrap()
}

/// Removes the session token from a query if the client added it after signing.
fn signed_query(row: &Value, query: &[u8]) -> Vec<u8> {
    let signs_token = text(row, "canonical_request").contains("X-Amz-Security-Token");
    let pieces = query.split(|byte| *byte == b'&');
    let pieces = pieces.filter(|piece| signs_token || !piece.starts_with(b"X-Amz-Security-Token="));
    pieces.collect::<Vec<_>>().join(&b'&')
}

#[test]
fn every_case_has_its_published_canonical_request_and_signature() {
    let mut passed = 0;
    for (name, context, row) in rows() {
        let target = target(&row);
        let mark = target.iter().position(|byte| *byte == b'?');
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
fn the_server_admits_every_case_that_an_http_library_can_parse() {
    let (mut passed, mut skipped) = (0, Vec::new());
    for (name, context, row) in rows() {
        let Some(request) = request(&row, text(&row, "body").as_bytes()) else {
            skipped.push("HTTP libraries do not accept the target or a header field");
            continue;
        };
        let server = || {
            let now = "20150830T123600Z";
            let server = Server::at(now, scope(&context), &context["credentials"]);
            server.tuned(|builder| builder.path_rule(rule(&context)).unnormalized_paths())
        };
        let (status, body) = match context["omit_session_token"].as_bool() {
            Some(true) => {
                let strict = server().answer(request.clone());
                assert_eq!(strict.0, 401, "{name}: the token is not signed");
                server()
                    .tuned(|builder| builder.unsigned_session_token())
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
