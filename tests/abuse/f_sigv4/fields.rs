//! Tests which parts a signature must cover, and where the client may send credentials.

use std::convert::Infallible;
use std::future::ready;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower::{Layer as _, ServiceExt, service_fn};
use tower_challenge::RequireAuth;
use tower_challenge::audit::AuditOutcome;
use tower_challenge::clock::ManualClock;
use tower_challenge::password::OneAccount;
use tower_challenge::scheme::sigv4::{AccessKeys, CredentialScope};
use tower_challenge::scheme::{Basic, BesideSignedBody, SigV4};
use tower_challenge::throttle::AttemptOutcome;

use crate::support::run;
use crate::support::sigv4::{KEY_ID, SECRET, SignedStand, Signer, ask, instead, with};

/// Fields that a server may act on.
const POWERFUL: [&str; 4] = [
    "x-amz-copy-source",
    "x-amz-acl",
    "x-amz-meta-a",
    "x-amz-anything",
];

#[test]
fn a082_an_unsigned_amz_field_is_refused() {
    for service in ["s3", "execute-api"] {
        let stand = SignedStand::of(service);
        for name in POWERFUL {
            let signed = with(ask("PUT", "/a", "body"), name, "/other/secret");
            stand
                .send(Signer::of(service).sign(signed))
                .admits("mufasa");
            let added = with(
                Signer::of(service).sign(ask("PUT", "/a", "body")),
                name,
                "/other/secret",
            );
            stand.send(added).refuses(401);
            let added = with(
                Signer::of(service).presign(ask("PUT", "/a", ""), "60"),
                name,
                "/other/secret",
            );
            stand.send(added).refuses(401);
        }
    }
}

#[test]
fn a082_a_signature_without_host_or_date_is_refused() {
    let stand = SignedStand::of("s3");
    for name in ["host", "x-amz-date"] {
        let unsigned = vec![name];
        let careless = Signer {
            unsigned,
            ..Signer::of("s3")
        };
        stand.send(careless.sign(ask("GET", "/a", ""))).refuses(401);
    }
    let unsigned = vec!["host"];
    let careless = Signer {
        unsigned,
        ..Signer::of("s3")
    };
    let nothing = with(ask("GET", "/a", ""), "accept", "*/*");
    stand.send(careless.presign(nothing, "60")).refuses(401);
}

#[test]
fn a082_a_signature_for_another_host_is_refused() {
    let stand = SignedStand::of("s3");
    let signed = Signer::of("s3").sign(ask("GET", "/a", ""));
    stand
        .send(instead(signed.clone(), "host", "other.example.org"))
        .refuses(401);
    stand
        .send(with(signed.clone(), "host", "other.example.org"))
        .refuses(400);
    // HTTP/2 names the host in the target, and HTTP/1.1 may do so. It must be the host that was signed.
    let mut absolute = signed.clone();
    *absolute.uri_mut() = "http://bucket.example.org/a".parse().unwrap();
    stand.send(absolute.clone()).admits("mufasa");
    absolute.headers_mut().remove("host");
    stand.send(absolute).admits("mufasa");
    let mut absolute = signed;
    *absolute.uri_mut() = "http://other.example.org/a".parse().unwrap();
    stand.send(absolute).refuses(400);
}

#[test]
fn a017_the_scheme_reads_the_host_from_no_other_field() {
    let stand = SignedStand::of("s3");
    let mut elsewhere =
        Signer::of("s3").sign(instead(ask("GET", "/a", ""), "host", "other.example.org"));
    elsewhere = instead(elsewhere, "host", "bucket.example.org");
    for name in ["x-forwarded-host", "x-host", "x-original-host", "forwarded"] {
        let value = if name == "forwarded" {
            "host=other.example.org"
        } else {
            "other.example.org"
        };
        stand
            .send(with(elsewhere.clone(), name, value))
            .refuses(401);
    }
}

#[test]
fn a082_the_scheme_looks_for_a_signed_field_only_in_the_fields() {
    let stand = SignedStand::of("s3");
    let signed = Signer::of("s3").sign(with(
        ask("GET", "/a?x-amz-acl=private", ""),
        "x-amz-acl",
        "private",
    ));
    let mut without = signed;
    without.headers_mut().remove("x-amz-acl");
    stand.send(without).refuses(400);
}

#[test]
fn a082_a_presigned_request_with_amz_fields_is_refused() {
    let stand = SignedStand::of("s3");
    let presigned = || Signer::of("s3").presign(ask("GET", "/a", ""), "60");
    stand.send(presigned()).admits("mufasa");
    for (name, value) in [
        ("x-amz-date", "20240703T094640Z"),
        ("x-amz-security-token", "token"),
        ("x-amz-acl", "private"),
    ] {
        let answer = stand.send(with(presigned(), name, value));
        assert!([400, 401].contains(&answer.refuses(answer.status.as_u16()).status.as_u16()));
    }
    // They are refused even if they are signed, because each value has a single place.
    let dated = with(ask("GET", "/a", ""), "x-amz-date", "20240703T094640Z");
    stand
        .send(Signer::of("s3").presign(dated, "60"))
        .refuses(400);
}

#[test]
fn a082_an_unsigned_content_type_is_refused_if_the_body_is_signed() {
    let stand = SignedStand::tuned("s3", |builder| builder.unsigned_payloads());
    let typed = || with(ask("PUT", "/a", "<script>"), "content-type", "text/html");
    stand.send(Signer::of("s3").sign(typed())).admits("mufasa");
    let added = with(
        Signer::of("s3").sign(ask("PUT", "/a", "<script>")),
        "content-type",
        "text/html",
    );
    stand.send(added).refuses(401);
    let added = with(
        Signer::of("s3").presign(ask("PUT", "/a", "<script>"), "60"),
        "content-type",
        "text/html",
    );
    stand.send(added).admits("mufasa");
    let lenient = SignedStand::tuned("s3", |builder| builder.unsigned_content_type());
    let added = with(
        Signer::of("s3").sign(ask("PUT", "/a", "text")),
        "content-type",
        "text/html",
    );
    lenient.send(added).admits("mufasa");
}

/// No signature is compared, so none of these requests is a guess.
#[test]
fn a082_a_field_that_is_not_signed_counts_as_no_failure() {
    let stand = SignedStand::of("s3");
    let signed = || Signer::of("s3").sign(ask("PUT", "/a", "text"));
    let typed = with(signed(), "content-type", "text/html");
    let listed = with(signed(), "x-amz-acl", "private");
    let unsigned_host = Signer {
        unsigned: vec!["host"],
        ..Signer::of("s3")
    };
    let unsigned_host = unsigned_host.sign(ask("PUT", "/a", "text"));
    for (request, reason) in [
        (typed, "the content type is not signed"),
        (listed, "an x-amz- field is not signed"),
        (unsigned_host, "the host is not signed"),
    ] {
        let answer = stand.send(request);
        answer.refuses(401);
        assert_eq!(answer.reason(), reason);
        assert_eq!(answer.settled, [AttemptOutcome::NotCounted], "{reason}");
        assert_eq!(answer.heard[0].outcome, AuditOutcome::Uncounted, "{reason}");
        assert!(answer.asked.is_empty(), "the scheme looks no key up");
    }
}

#[test]
fn a083_a_client_that_signs_in_the_query_and_in_a_field_gets_400() {
    let stand = SignedStand::of("s3");
    let signer = Signer::of("s3");
    let presigned = signer.presign(ask("GET", "/a", ""), "60");
    let both = signer.sign(presigned.clone());
    assert!(stand.send(both).refuses(400).asked.is_empty());
    for other in [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 x",
        "aws4-hmac-sha256=x",
    ] {
        let both = with(presigned.clone(), "authorization", other);
        assert!(stand.send(both).refuses(400).asked.is_empty(), "{other}");
    }
    let signed = signer.sign(ask("GET", "/a?X-Amz-Signature=0", ""));
    stand.send(signed).refuses(400);
    let signed = signer.sign(ask("GET", "/a?x%2Damz-credential=0", ""));
    stand.send(signed).refuses(400);
}

/// A client sends the token of another application to every host, also to the one of a presigned URL. The signature in
/// the URL counts as a key in a field of its own does. Two field lines, and bytes that no credentials have, stay `400`.
#[test]
fn a083_a_presigned_url_counts_beside_credentials_of_another_application() {
    let stand = SignedStand::of("s3");
    let presigned = Signer::of("s3").presign(ask("GET", "/a", ""), "60");
    let changed = ask(
        "GET",
        &presigned.uri().to_string().replace("/a?", "/b?"),
        "",
    );
    let long = format!("Bearer {}", "x".repeat(20_000));
    for foreign in [
        "Basic bXVmYXNhOmh1bnRlcg==",
        "Bearer t0ken",
        "Unheard-Of",
        "Token abc",
        "SharedKey ada:x=",
        "5|kq8Zr0",
        "",
        &long,
    ] {
        let beside = |request| with(request, "authorization", foreign);
        let two = with(beside(presigned.clone()), "authorization", foreign);
        stand.send(beside(presigned.clone())).admits("mufasa");
        stand.send(beside(changed.clone())).refuses(401);
        stand.send(two).refuses(400);
        let unsigned = stand.send(beside(ask("GET", "/a", "")));
        assert_eq!(
            unsigned
                .refuses(401)
                .settled
                .iter()
                .filter(|outcome| **outcome != AttemptOutcome::NotCounted)
                .count(),
            0
        );
    }
    let tab = with(presigned, "authorization", "Bearer\tx");
    stand.send(tab).refuses(400);
}

/// The layer offers Basic, so the client has sent two credentials that this server reads.
#[test]
fn a083_a_presigned_url_beside_credentials_of_an_offered_scheme_gets_400() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_720_000_000));
    let keys = AccessKeys::new([(KEY_ID, SECRET)]).unwrap();
    let scope = CredentialScope {
        region: "us-east-1",
        service: "s3",
    };
    let sigv4 = SigV4::new("files", scope, keys, clock).unwrap();
    let basic = Basic::new("files", OneAccount::new("ada", "lovelace").unwrap()).unwrap();
    let layer = RequireAuth::new((sigv4, BesideSignedBody(basic))).unwrap();
    let inner = |_| ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())));
    let service = layer.layer(service_fn(inner));
    let status = |request: Request<Bytes>| {
        let Ok(response) = run(service.clone().oneshot(request.map(Full::new)));
        response.status().as_u16()
    };
    let basic = "Basic YWRhOmxvdmVsYWNl";
    let presigned = Signer::of("s3").presign(ask("GET", "/a", ""), "60");
    let beside = |field| with(presigned.clone(), "authorization", field);
    assert_eq!(status(presigned.clone()), 200);
    assert_eq!(
        status(with(ask("GET", "/a", ""), "authorization", basic)),
        200
    );
    for offered in [basic, "Basic x", "basic", "Basic=x"] {
        assert_eq!(status(beside(offered)), 400, "{offered}");
    }
    assert_eq!(status(beside("Bearer t0ken")), 200);
}

#[test]
fn a083_a_client_that_repeats_a_parameter_or_field_gets_400() {
    let stand = SignedStand::of("s3");
    let signer = Signer::of("s3");
    let presigned = signer.presign(ask("GET", "/a", ""), "60").uri().to_string();
    let (_, query) = presigned.split_once('?').unwrap();
    for parameter in query.split('&') {
        let twice = ask("GET", &format!("{presigned}&{parameter}"), "");
        assert!(
            stand.send(twice).refuses(400).asked.is_empty(),
            "{parameter}"
        );
    }
    let signed = signer.sign(ask("GET", "/a", ""));
    for name in [
        "authorization",
        "x-amz-date",
        "x-amz-content-sha256",
        "host",
    ] {
        let value = signed.headers()[name].to_str().unwrap().to_owned();
        let twice = with(signed.clone(), name, &value);
        stand.send(twice).refuses(400);
    }
}

#[test]
fn a086_a_signature_for_another_scope_is_refused() {
    let stand = SignedStand::of("s3");
    let good = Signer::of("s3");
    let own = |text: &str| text.to_owned();
    for bad in [
        Signer {
            region: own("eu-west-1"),
            ..good.clone()
        },
        Signer {
            region: own("US-EAST-1"),
            ..good.clone()
        },
        Signer {
            service: own("iam"),
            payload: Some(own("UNSIGNED-PAYLOAD")),
            ..good.clone()
        },
        Signer {
            day: Some(own("20240702")),
            ..good.clone()
        },
        Signer {
            day: Some(own("2024070")),
            ..good.clone()
        },
    ] {
        stand.send(bad.sign(ask("GET", "/a", ""))).refuses(401);
        stand
            .send(bad.presign(ask("GET", "/a", ""), "60"))
            .refuses(401);
    }
    for bad in [
        Signer {
            terminator: own("aws5_request"),
            ..good.clone()
        },
        Signer {
            terminator: own("aws4_request/"),
            ..good.clone()
        },
        Signer {
            id: own("AKID/MUFASA"),
            ..good.clone()
        },
        Signer {
            region: own("us-east-1/s3"),
            ..good.clone()
        },
    ] {
        stand.send(bad.sign(ask("GET", "/a", ""))).refuses(400);
        stand
            .send(bad.presign(ask("GET", "/a", ""), "60"))
            .refuses(400);
    }
}

#[test]
fn a086_another_algorithm_is_refused() {
    let stand = SignedStand::of("s3");
    let signed = Signer::of("s3").sign(ask("GET", "/a", ""));
    let field = signed.headers()["authorization"]
        .to_str()
        .unwrap()
        .to_owned();
    // Another scheme name means a scheme that is not offered (401). The layer does not check its grammar.
    for (name, status) in [
        ("aws4-hmac-sha256", 400),
        ("AWS4-HMAC-SHA512", 401),
        ("AWS4-ECDSA-P256-SHA256", 401),
        ("AWS4-HMAC-SHA256-PAYLOAD", 401),
        ("AWS", 401),
    ] {
        let other = field.replacen("AWS4-HMAC-SHA256", name, 1);
        assert!(
            stand
                .send(instead(signed.clone(), "authorization", &other))
                .refuses(status)
                .asked
                .is_empty()
        );
    }
    let second = instead(
        signed,
        "authorization",
        "AWS AKIDMUFASA:frJIUN8DYpKDtOLCwo//yllqDzg=",
    );
    stand.send(second).refuses(401);
    let presigned = Signer::of("s3")
        .presign(ask("GET", "/a", ""), "60")
        .uri()
        .to_string();
    for name in ["aws4-hmac-sha256", "AWS4-ECDSA-P256-SHA256", ""] {
        let other = presigned.replacen("AWS4-HMAC-SHA256", name, 1);
        stand.send(ask("GET", &other, "")).refuses(400);
    }
}

#[test]
fn a086_a_client_that_changes_the_form_of_the_field_gets_400() {
    let stand = SignedStand::of("s3");
    let signed = Signer::of("s3").sign(ask("GET", "/a", ""));
    let field = signed.headers()["authorization"]
        .to_str()
        .unwrap()
        .to_owned();
    for bad in [
        format!("{field},"),
        format!("{field}, X=1"),
        format!("{field}, Signature={}", "0".repeat(64)),
        field.replace("SignedHeaders", "signedheaders"),
        field.replace("host;", "Host;"),
        field.replace("host;", "host;host;"),
        field.replace("host;x-amz-content-sha256;", "x-amz-content-sha256;host;"),
        field[..field.len() - 1].to_owned(),
        field.to_uppercase(),
        format!("{field}0"),
    ] {
        let answer = stand.send(instead(signed.clone(), "authorization", &bad));
        assert!(answer.refuses(400).asked.is_empty(), "{bad}");
    }
}
