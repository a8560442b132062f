//! Tests that a value which the signature covers need not be in the list of signed fields.

use bytes::Bytes;
use http::Request;
use sha2::{Digest, Sha256};

use crate::support::sigv4::{SignedStand, Signer, ask, hex, instead, with};

const HASH_FIELD: &str = "x-amz-content-sha256";

/// A client that sends `x-amz-content-sha256` and does not list it, as aws-requests-auth does.
fn unlisted(service: &str, payload: &str) -> Signer {
    Signer {
        unsigned: vec![HASH_FIELD],
        ..Signer::of(service).payload(payload)
    }
}

fn hash(body: &str) -> String {
    hex(&Sha256::digest(body))
}

fn put(body: &'static str) -> Request<Bytes> {
    ask("PUT", "/a", body)
}

#[test]
fn a172_a_sent_payload_hash_need_not_be_listed() {
    for service in ["s3", "execute-api"] {
        let stand = SignedStand::of(service);
        for body in ["body", ""] {
            let signed = unlisted(service, &hash(body)).sign(put(body));
            let listed = signed.headers()["authorization"].to_str().unwrap();
            assert!(!listed.contains(HASH_FIELD));
            assert_eq!(stand.send(signed).admits("mufasa").body, body.as_bytes());
        }
    }
    let stand = SignedStand::tuned("s3", |builder| builder.unsigned_payloads());
    let unsigned = unlisted("s3", "UNSIGNED-PAYLOAD").sign(put("body"));
    stand.send(unsigned).admits("mufasa");
}

#[test]
fn a172_a_sent_payload_hash_of_a_presigned_request_need_not_be_listed() {
    let stand = SignedStand::of("s3");
    for payload in ["UNSIGNED-PAYLOAD", &hash("")] {
        let sent = with(ask("GET", "/a", ""), HASH_FIELD, payload);
        let presigned = unlisted("s3", payload).presign(sent, "60");
        stand.send(presigned).admits("mufasa");
    }
    let sent = with(put("body"), HASH_FIELD, &hash("body"));
    let presigned = unlisted("s3", &hash("body")).presign(sent, "60");
    stand.send(presigned).admits("mufasa");
}

#[test]
fn a172_a_payload_hash_that_was_changed_on_the_way_is_refused() {
    for service in ["s3", "execute-api"] {
        let stand = SignedStand::of(service);
        let signed = unlisted(service, &hash("body")).sign(put("body"));
        let changed = instead(signed.clone(), HASH_FIELD, &hash("other"));
        stand.send(changed).refuses(401);
        // The attacker changes the body, and makes the field fit.
        let (head, _) = instead(signed.clone(), HASH_FIELD, &hash("other")).into_parts();
        stand
            .send(Request::from_parts(head, Bytes::from("other")))
            .refuses(401);
        let (head, _) = signed.clone().into_parts();
        stand
            .send(Request::from_parts(head, Bytes::from("other")))
            .refuses(401);
        let twice = with(signed, HASH_FIELD, &hash("body"));
        stand.send(twice).refuses(400);
    }
    let stand = SignedStand::tuned("s3", |builder| builder.unsigned_payloads());
    let signed = unlisted("s3", &hash("body")).sign(put("body"));
    for word in [
        "UNSIGNED-PAYLOAD",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    ] {
        let changed = instead(signed.clone(), HASH_FIELD, word);
        let answer = stand.send(changed);
        assert!([400, 401].contains(&answer.status.as_u16()), "{word}");
        assert!(answer.seen.is_empty(), "{word}");
    }
}

#[test]
fn a172_an_added_payload_hash_changes_nothing() {
    // The client has signed the hash of the body without sending it. An attacker can add the right hash only.
    let stand = SignedStand::of("execute-api");
    let signed = Signer::of("execute-api").sign(put("body"));
    let right = with(signed.clone(), HASH_FIELD, &hash("body"));
    stand.send(right).admits("mufasa");
    stand
        .send(with(signed, HASH_FIELD, &hash("other")))
        .refuses(401);
    // A presigned URL of S3 has an unsigned payload. An attacker can add that word only.
    let stand = SignedStand::of("s3");
    let presigned = Signer::of("s3").presign(ask("GET", "/a", ""), "60");
    let right = with(presigned.clone(), HASH_FIELD, "UNSIGNED-PAYLOAD");
    stand.send(right).admits("mufasa");
    stand
        .send(with(presigned, HASH_FIELD, &hash("")))
        .refuses(401);
}

#[test]
fn a172_no_other_field_may_be_left_out_of_the_list() {
    let stand = SignedStand::of("s3");
    for name in [
        "x-amz-date",
        "x-amz-decoded-content-length",
        "x-amz-trailer",
        "x-amz-content-sha256-",
        "x-amz-content-sha25",
    ] {
        let careless = Signer {
            unsigned: vec![HASH_FIELD, name],
            ..Signer::of("s3")
        };
        let sent = with(put("body"), name, "4");
        stand.send(careless.sign(sent)).refuses(401);
    }
}
