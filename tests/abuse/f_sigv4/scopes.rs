//! Tests the day, the region and the service of the credential scope, each on its own.

use bytes::Bytes;
use http::Request;
use tower_challenge::audit::AuditOutcome;

use crate::support::sigv4::{SignedStand, Signer, ask, instead, signature_of, with};

/// The SHA-256 hash of no bytes.
const EMPTY_HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Makes a client that signs for this region and service.
fn signer(region: &str, service: &str) -> Signer {
    Signer {
        region: region.to_owned(),
        ..Signer::of(service)
    }
}

/// Replaces a part of the credential scope, without signing again. The field that carries it is not signed.
fn claiming(request: &Request<Bytes>, from: &str, to: &str) -> Request<Bytes> {
    let field = request.headers()["authorization"].to_str().unwrap();
    let changed = field.replacen(from, to, 1);
    assert_ne!(field, changed);
    instead(request.clone(), "authorization", &changed)
}

/// The signature is right for this server. Only the comparison of the part with the server's own can refuse it.
#[test]
fn a086_a_right_signature_with_another_part_in_the_scope_is_refused() {
    for service in ["s3", "execute-api"] {
        let stand = SignedStand::of(service);
        let signed = Signer::of(service).sign(ask("PUT", "/a", "body"));
        stand.send(signed.clone()).admits("mufasa");
        let own = format!("/{service}/");
        for (from, to, text) in [
            (
                "/20240703/",
                "/20240702/",
                "not the day of the signing time",
            ),
            (
                "/20240703/",
                "/20240704/",
                "not the day of the signing time",
            ),
            ("/20240703/", "/2024070/", "not the day of the signing time"),
            ("/us-east-1/", "/eu-west-1/", "another region"),
            ("/us-east-1/", "/US-EAST-1/", "another region"),
            ("/us-east-1/", "/us-east-11/", "another region"),
            ("/us-east-1/", "//", "another region"),
            (&*own, "/iam/", "another service"),
            (&*own, "/s3express/", "another service"),
            (&*own, "//", "another service"),
        ] {
            let answer = stand.send(claiming(&signed, from, to));
            let expected = format!("credential scope mismatch: {text}");
            assert_eq!(answer.refuses(401).reason(), expected, "{from} {to}");
            assert!(answer.asked.is_empty(), "no key was looked up");
        }
    }
}

/// Each client signs correctly for its own scope, in a field and in a URL.
#[test]
fn a086_a_wrong_scope_is_refused_before_the_lookup_and_counts_against_no_account() {
    let stand = SignedStand::of("s3");
    let another_day = Signer {
        day: Some("20240702".to_owned()),
        ..Signer::of("s3")
    };
    for (client, error) in [
        (signer("eu-west-1", "s3"), "wrong_region"),
        (signer("", "s3"), "wrong_region"),
        (
            signer("us-east-1", "iam").payload(EMPTY_HASH),
            "wrong_service",
        ),
        (signer("us-east-1", "").payload(EMPTY_HASH), "wrong_service"),
        (another_day, "wrong_day"),
    ] {
        let requests = [
            client.sign(ask("GET", "/a", "")),
            client.presign(ask("GET", "/a", ""), "60"),
        ];
        for request in requests {
            let answer = stand.send(request);
            let challenge = answer.refuses(401).headers["www-authenticate"].to_str();
            assert_eq!(
                challenge.unwrap(),
                format!(
                    r#"AWS4-HMAC-SHA256 realm="api@example.org", service="s3", region="us-east-1", error="{error}""#
                )
            );
            assert!(answer.asked.is_empty(), "no key was looked up");
            assert_eq!(answer.heard[0].outcome, AuditOutcome::Uncounted);
        }
    }
}

fn with_several() -> SignedStand {
    SignedStand::tuned("s3", |builder| {
        builder
            .also_regions(["auto", ""])
            .also_services(["s3express", "execute-api", ""])
    })
}

#[test]
fn a086_several_regions_and_services_need_a_setting() {
    let stand = with_several();
    for region in ["us-east-1", "auto", ""] {
        for service in ["s3", "s3express", "execute-api", ""] {
            let payload = match service {
                "s3" | "s3express" => "UNSIGNED-PAYLOAD",
                _ => EMPTY_HASH,
            };
            let client = signer(region, service).payload(payload);
            // The second request uses the cached signing key.
            for _ in 0..2 {
                let signed = client.sign(ask("GET", "/a", ""));
                stand.send(signed).admits("mufasa");
                let presigned = client.presign(ask("GET", "/a", ""), "60");
                stand.send(presigned).admits("mufasa");
            }
        }
    }
    for (region, service) in [
        ("eu-west-1", "s3"),
        ("us-east-1", "s3-outposts"),
        ("AUTO", "s3"),
    ] {
        let client = signer(region, service).payload(EMPTY_HASH);
        let answer = stand.send(client.sign(ask("GET", "/a", "")));
        assert!(answer.refuses(401).asked.is_empty(), "{region} {service}");
    }
}

/// A client that signs for no scope of the server learns which part is wrong. The rules for payloads differ between
/// services, and none of them applies before a service is accepted. So the order in which the server lists its services
/// does not matter.
#[test]
fn a086_a_wrong_scope_is_refused_as_such_whatever_the_order_of_the_services() {
    let first = SignedStand::tuned("s3", |builder| builder.also_services(["execute-api"]));
    let last = SignedStand::tuned("execute-api", |builder| builder.also_services(["s3"]));
    for (region, service, error) in [
        ("eu-west-1", "iam", "wrong_region"),
        ("eu-west-1", "s3", "wrong_region"),
        ("eu-west-1", "execute-api", "wrong_region"),
        ("us-east-1", "iam", "wrong_service"),
    ] {
        for payload in [
            None,
            Some("UNSIGNED-PAYLOAD"),
            Some("STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            Some(EMPTY_HASH),
        ] {
            for content_type in [None, Some("text/plain")] {
                let client = signer(region, service).payload(payload.unwrap_or(EMPTY_HASH));
                let mut request = client.sign(ask("GET", "/a", ""));
                if payload.is_none() {
                    // No signature is compared, so it does not matter that the field was signed.
                    request.headers_mut().remove("x-amz-content-sha256");
                }
                if let Some(content_type) = content_type {
                    request = with(request, "content-type", content_type);
                }
                let has_type = content_type.is_some() && payload == Some(EMPTY_HASH);
                for stand in [&first, &last] {
                    let answer = stand.send(request.clone());
                    answer.refuses(401);
                    let challenge = answer.headers["www-authenticate"].to_str().unwrap();
                    let is_named = challenge.contains(&format!("error=\"{error}\""));
                    // A type that is not signed is refused first, where the client signs a body.
                    assert_ne!(
                        is_named, has_type,
                        "{region} {service} {payload:?}: {challenge}"
                    );
                    assert!(answer.asked.is_empty(), "no key was looked up");
                }
            }
        }
    }
}

/// Both regions are accepted, and the signing key of each may be in the cache.
#[test]
fn a086_a_signature_for_one_accepted_scope_is_refused_for_another() {
    let stand = with_several();
    let parts = |region: &str, service: &str| format!("/{region}/{service}/");
    let scopes = [
        ("us-east-1", "s3"),
        ("auto", "s3"),
        ("", "s3"),
        ("us-east-1", "s3express"),
        ("auto", "s3express"),
    ];
    for (region, service) in scopes {
        let client = signer(region, service).payload(EMPTY_HASH);
        let signed = client.sign(ask("GET", "/a", ""));
        stand.send(signed.clone()).admits("mufasa");
        for (other_region, other_service) in scopes {
            let (from, to) = (parts(region, service), parts(other_region, other_service));
            if from != to {
                stand.send(claiming(&signed, &from, &to)).refuses(401);
            }
        }
        stand.send(signed).admits("mufasa");
    }
}

#[test]
fn a087_each_accepted_service_keeps_its_own_rule_for_paths() {
    let stand = with_several();
    for service in ["s3", "execute-api"] {
        let signed = Signer::of(service).sign(ask("GET", "/a%2520b", ""));
        stand.send(signed.clone()).admits("mufasa");
        for sent in ["/a%20b", "/a%252520b"] {
            let mut swapped = signed.clone();
            *swapped.uri_mut() = sent.parse().unwrap();
            stand.send(swapped).refuses(401);
        }
    }
}

#[test]
fn a084_chunks_are_signed_for_the_scope_of_the_request() {
    let stand = with_several();
    for region in ["us-east-1", "auto", ""] {
        let client = signer(region, "s3").payload("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
        let head = with(ask("PUT", "/a", ""), "content-encoding", "aws-chunked");
        let head = with(head, "x-amz-decoded-content-length", "4");
        let head = client.sign(head);
        let seed = signature_of(&head);
        let (body, _) = client.chunks(&seed, &[b"body", b""]);
        let (parts, _) = head.into_parts();
        let whole = [&*body, b"\r\n"].concat();
        let request = Request::from_parts(parts, Bytes::from(whole));
        assert_eq!(
            stand.send(request).admits("mufasa").body,
            b"body",
            "{region}"
        );
    }
}
