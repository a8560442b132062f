//! Tests with the examples in the documentation of Amazon S3.

use serde_json::Value;
use tower_challenge::Secret;
use tower_challenge::scheme::sigv4::proof::{SignedRequest, SigningKey, string_to_sign};
use tower_challenge::scheme::sigv4::{CredentialScope, PathRule};

use crate::vectors::{Server, count, file, headers, request, target, text};

const SCOPE: CredentialScope<'_> = CredentialScope {
    region: "us-east-1",
    service: "s3",
};

/// Returns the body of a row as the client sends it, and as the inner service reads it. They differ if the body is
/// `aws-chunked`.
fn body(row: &Value) -> (Vec<u8>, Vec<u8>) {
    let Some(chunks) = row["chunks"].as_array() else {
        let body = text(row, "body").as_bytes().to_vec();
        return (body.clone(), body);
    };
    let (mut sent, mut seen) = (Vec::new(), Vec::new());
    for chunk in chunks {
        let data = vec![b'a'; usize::try_from(chunk["size"].as_u64().unwrap()).unwrap()];
        sent.extend_from_slice(text(chunk, "wire_chunk_header").as_bytes());
        sent.extend_from_slice(&data);
        seen.extend_from_slice(&data);
        let is_last = data.is_empty();
        match row["trailer"]["wire"].as_str() {
            Some(trailer) if is_last => sent.extend_from_slice(trailer.as_bytes()),
            _ => sent.extend_from_slice(b"\r\n"),
        }
    }
    (sent, seen)
}

#[test]
fn every_example_has_its_published_canonical_request_and_signatures() {
    let (file, mut passed) = (file("sigv4_s3_docs.json"), 0);
    let secret = Secret::new(text(&file["credentials"], "secret_access_key"));
    let key = SigningKey::derive(secret, b"20130524", SCOPE);
    for row in file["cases"].as_array().unwrap() {
        let name = text(row, "name");
        let target = target(row);
        let mark = target
            .iter()
            .position(|byte| *byte == b'?')
            .unwrap_or(target.len());
        let headers = headers(row);
        let headers = headers
            .iter()
            .map(|(name, value)| (&**name, value.as_bytes()));
        let mut last = text(row, "canonical_request").rsplit('\n');
        let (payload, signed_headers) = (last.next().unwrap(), last.next().unwrap());
        let request = SignedRequest {
            method: text(row, "method"),
            path: &target[..mark],
            query: target.get(mark + 1..).unwrap_or_default(),
            headers: &headers.collect::<Vec<_>>(),
            signed_headers,
            payload,
        };
        let canonical = request.canonical(PathRule::Once).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&canonical),
            text(row, "canonical_request"),
            "{name}"
        );
        let to_sign = string_to_sign("20130524T000000Z", SCOPE, &canonical).unwrap();
        assert_eq!(
            key.signature(&to_sign),
            text(row, "published_signature"),
            "{name}"
        );
        let chunks = row["chunks"].as_array().into_iter().flatten();
        for part in chunks.chain(row.get("trailer")) {
            let signature = key.signature(text(part, "string_to_sign").as_bytes());
            assert_eq!(signature, text(part, "published"), "{name}");
            passed += 1;
        }
        passed += 1;
    }
    count("sigv4_s3_docs.json", passed, &[], (8 + 7, 0));
}

#[test]
fn the_server_admits_every_example_and_the_inner_service_reads_the_decoded_body() {
    let (file, mut passed) = (file("sigv4_s3_docs.json"), 0);
    for row in file["cases"].as_array().unwrap() {
        let (sent, seen) = body(row);
        if let Some(length) = row["wire_total_length"]
            .as_u64()
            .filter(|_| row["trailer"].is_null())
        {
            assert_eq!(
                u64::try_from(sent.len()).unwrap(),
                length,
                "{}",
                row["name"]
            );
        }
        let server = Server::at("20130524T000000Z", SCOPE, &file["credentials"]);
        let (status, body) = server.answer(request(row, &sent).unwrap());
        assert_eq!(status, 200, "{}", row["name"]);
        assert!(*body == *seen, "{}", row["name"]);
        passed += 1;
    }
    count("sigv4_s3_docs.json, sent", passed, &[], (8, 0));
}

#[test]
fn a_client_that_changes_a_byte_of_the_body_of_an_example_is_refused() {
    let file = file("sigv4_s3_docs.json");
    for row in file["cases"].as_array().unwrap() {
        let (sent, _) = body(row);
        // All bytes of short bodies. Of long bodies, the bytes of the framing and every 4096th byte of the data.
        let is_framing =
            |index: &usize| sent.len() < 1000 || sent[*index] != b'a' || index % 4096 == 0;
        for index in (0..sent.len()).filter(is_framing) {
            let mut changed = sent.clone();
            changed[index] ^= 1;
            let server = Server::at("20130524T000000Z", SCOPE, &file["credentials"]);
            let (status, _) = server.answer(request(row, &changed).unwrap());
            assert!(
                [400, 401, 413].contains(&status),
                "{}: {index}",
                row["name"]
            );
        }
    }
}
