//! Counts the key derivations and MACs that each verdict costs.

use std::time::{Duration, SystemTime};

use http::Request;
use http::header::AUTHORIZATION;

use super::proof::{self, SigningKey};
use super::signing_key::tests::{DERIVED, SIGNED};
use super::{AccessKeys, CredentialScope, PathRule, SigV4};
use crate::clock::ManualClock;
use crate::request_head::RequestHead;
use crate::scheme::{Attempt, Scheme, ServerRole, Verdict};
use crate::secret::Secret;

const SCOPE: CredentialScope<'_> = CredentialScope {
    region: "us-east-1",
    service: "s3",
};
const DATE: &str = "20240703T094640Z";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

fn request(id: &str, secret: &str) -> Request<()> {
    let signed_headers = "host;x-amz-content-sha256;x-amz-date";
    let headers: [(&str, &[u8]); 3] = [
        ("host", b"example.org"),
        ("x-amz-content-sha256", UNSIGNED.as_bytes()),
        ("x-amz-date", DATE.as_bytes()),
    ];
    let canonical = proof::SignedRequest {
        method: "GET",
        path: b"/",
        query: b"",
        headers: &headers,
        signed_headers,
        payload: UNSIGNED,
    };
    let canonical = canonical
        .canonical(PathRule::Once)
        .expect("a complete request");
    let text = proof::string_to_sign(DATE, SCOPE, &canonical).expect("a date");
    let key = SigningKey::derive(Secret::new(secret), b"20240703", SCOPE);
    let field = format!(
        "AWS4-HMAC-SHA256 Credential={id}/20240703/us-east-1/s3/aws4_request, \
         SignedHeaders={signed_headers}, Signature={}",
        key.signature(&text)
    );
    let request = headers
        .iter()
        .fold(Request::get("/"), |request, (name, value)| {
            request.header(*name, *value)
        });
    request
        .header(AUTHORIZATION, field)
        .body(())
        .expect("a request")
}

/// Returns whether the scheme admits the head of a request, the number of signing keys that it derived, and the number
/// of MACs that it computed besides (a derivation itself takes four).
fn work(sigv4: &SigV4<AccessKeys>, request: &Request<()>) -> (bool, u32, u32) {
    DERIVED.set(0);
    SIGNED.set(0);
    let attempt = Attempt::read(RequestHead::of(request), ServerRole::Origin);
    let verdict = sigv4.authenticate(&attempt).expect("SigV4 claims it");
    let verdict = verdict.try_now().expect("a table answers at once");
    let is_admitted = !matches!(verdict, Ok(Verdict::Refuse(_)));
    let (derived, signed) = (DERIVED.get(), SIGNED.get());
    (is_admitted, derived, signed - 4 * derived)
}

#[test]
fn every_refusal_costs_one_derivation_and_one_mac() {
    let keys = AccessKeys::new([("KNOWN", "secret"), ("OTHER", "another")]).expect("two keys");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_720_000_000);
    let sigv4 = SigV4::new("files", SCOPE, keys, ManualClock::new(now)).expect("a scope");
    let refused = (false, 1, 1);
    let (right, wrong) = (request("KNOWN", "secret"), request("KNOWN", "wrong"));
    let unknown = request("UNKNOWN", "secret");
    assert_eq!(
        work(&sigv4, &wrong),
        refused,
        "the signing key is not cached"
    );
    assert_eq!(
        work(&sigv4, &wrong),
        refused,
        "a wrong signature does not put the signing key into the cache"
    );
    assert_eq!(work(&sigv4, &unknown), refused);
    assert_eq!(work(&sigv4, &right), (true, 1, 1));
    assert_eq!(
        work(&sigv4, &right),
        (true, 0, 1),
        "the signing key is cached"
    );
    assert_eq!(
        work(&sigv4, &wrong),
        refused,
        "a cached signing key does not change the cost of a refusal"
    );
    assert_eq!(work(&sigv4, &unknown), refused);
    assert_eq!(work(&sigv4, &request("OTHER", "wrong")), refused);
}
