//! Tests when a signature is valid.

use std::time::Duration;

use tower_challenge::audit::AuditOutcome;
use tower_challenge::throttle::AttemptOutcome;

use crate::support::sigv4::{SignedStand, Signer, ask, instead, with};

#[test]
fn a085_the_client_clock_may_differ_by_fifteen_minutes() {
    let stand = SignedStand::of("s3");
    for (date, status) in [
        ("20240703T093140Z", 200),
        ("20240703T093139Z", 401),
        ("20240703T100140Z", 200),
        ("20240703T100141Z", 401),
        ("19700101T000000Z", 401),
        ("99991231T235959Z", 401),
    ] {
        let signer = Signer {
            date: date.to_owned(),
            ..Signer::of("s3")
        };
        let answer = stand.send(signer.sign(ask("GET", "/a", "")));
        assert_eq!(answer.status, status, "{date}");
        assert_eq!(
            answer.asked.is_empty(),
            status != 200,
            "{date}: the scheme looks no key up"
        );
    }
}

#[test]
fn a085_a_url_is_valid_until_it_expires_and_a_week_at_most() {
    let stand = SignedStand::of("s3");
    let signer = Signer::of("s3");
    for (expires, status) in [
        ("1", 200),
        ("604800", 200),
        ("604801", 400),
        ("0", 400),
        ("-1", 400),
        ("-604800", 400),
        ("1e3", 400),
        ("18446744073709551617", 400),
        ("", 400),
    ] {
        let answer = stand.send(signer.presign(ask("GET", "/a", ""), expires));
        assert_eq!(answer.status, status, "{expires}");
    }
    let presigned = signer.presign(ask("GET", "/a", ""), "3600");
    stand.clock.advance(Duration::from_secs(3600));
    stand.send(presigned.clone()).admits("mufasa");
    stand.clock.advance(Duration::from_secs(1));
    stand.send(presigned).refuses(401);
}

#[test]
fn a085_a_url_is_not_valid_before_its_date() {
    let stand = SignedStand::of("s3");
    for (date, status) in [("20240703T100140Z", 200), ("20240703T100141Z", 401)] {
        let signer = Signer {
            date: date.to_owned(),
            ..Signer::of("s3")
        };
        let answer = stand.send(signer.presign(ask("GET", "/a", ""), "604800"));
        assert_eq!(answer.status, status, "{date}");
    }
}

/// The scheme looks no key up, so it does not know whether the signature is right. The audit must not say that it was,
/// and the throttle counts no guess.
#[test]
fn a085_a_signature_out_of_its_time_is_no_guess_and_no_proof_of_a_key() {
    let stand = SignedStand::of("s3");
    let at = |date: &str| Signer {
        date: date.to_owned(),
        ..Signer::of("s3")
    };
    let forged = instead(
        at("20240703T093139Z").sign(ask("GET", "/a", "")),
        "authorization",
        &format!(
            "AWS4-HMAC-SHA256 Credential=AKIDNOBODY/20240703/us-east-1/s3/aws4_request, \
             SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={}",
            "0".repeat(64)
        ),
    );
    for request in [
        at("20240703T093139Z").sign(ask("GET", "/a", "")),
        at("20240703T100141Z").sign(ask("GET", "/a", "")),
        at("20240703T100141Z").presign(ask("GET", "/a", ""), "60"),
        at("20240703T090000Z").presign(ask("GET", "/a", ""), "60"),
        forged,
    ] {
        let answer = stand.send(request);
        answer.refuses(401);
        assert_eq!(answer.heard[0].outcome, AuditOutcome::Uncounted);
        assert_eq!(answer.settled, [AttemptOutcome::NotCounted]);
        assert!(answer.asked.is_empty());
    }
}

#[test]
fn a085_another_day_in_the_scope_is_refused() {
    let stand = SignedStand::of("s3");
    for day in ["20240702", "20240704", "00000000", "20240703T"] {
        let signer = Signer {
            day: Some(day.to_owned()),
            ..Signer::of("s3")
        };
        stand.send(signer.sign(ask("GET", "/a", ""))).refuses(401);
        stand
            .send(signer.presign(ask("GET", "/a", ""), "60"))
            .refuses(401);
    }
}

#[test]
fn a085_the_scheme_reads_the_time_from_x_amz_date() {
    let stand = SignedStand::of("s3");
    let signed = |date: &str| Signer::of("s3").sign(with(ask("GET", "/a", ""), "date", date));
    // `X-Amz-Date` takes precedence, so `Date` does not matter.
    stand
        .send(signed("Wed, 03 Jul 2024 09:46:40 GMT"))
        .admits("mufasa");
    stand
        .send(signed("Wed, 03 Jul 2019 09:46:40 GMT"))
        .admits("mufasa");
    stand.send(signed("yesterday")).admits("mufasa");
    stand.send(signed("")).admits("mufasa");
    let twice = with(ask("GET", "/a", ""), "date", "yesterday");
    let twice = with(twice, "date", "Wed, 03 Jul 2024 09:46:40 GMT");
    stand.send(Signer::of("s3").sign(twice)).admits("mufasa");
    // `Date` does not replace an `X-Amz-Date` that cannot be read.
    for bad in [
        "",
        "20240703",
        "2024-07-03T09:46:40Z",
        "Wed, 03 Jul 2024 09:46:40 GMT",
        "20240703T094640",
    ] {
        let bad = instead(signed("Wed, 03 Jul 2024 09:46:40 GMT"), "x-amz-date", bad);
        stand.send(bad).refuses(400);
    }
    let mut without = Signer::of("s3").sign(ask("GET", "/a", ""));
    without.headers_mut().remove("x-amz-date");
    stand.send(without).refuses(400);
}

#[test]
fn a085_a_changed_date_or_expiry_is_refused() {
    let stand = SignedStand::of("s3");
    let signed = Signer::of("s3").sign(ask("GET", "/a", ""));
    stand
        .send(instead(signed, "x-amz-date", "20240703T094641Z"))
        .refuses(401);
    let presigned = Signer::of("s3")
        .presign(ask("GET", "/a", ""), "60")
        .uri()
        .to_string();
    let longer = presigned.replace("Expires=60", "Expires=600");
    stand.send(ask("GET", &longer, "")).refuses(401);
}
