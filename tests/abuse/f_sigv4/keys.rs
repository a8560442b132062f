//! Tests access keys, and that the scheme compares every signature.

use crate::support::sigv4::{
    KEY_ID, SESSION_TOKEN, SignedStand, Signer, TEMPORARY_ID, ask, instead, signature_of, with,
};

#[test]
fn a088_an_unknown_key_gets_the_same_answer_as_a_wrong_signature() {
    for service in ["s3", "execute-api"] {
        let stand = SignedStand::of(service);
        let unknown = Signer {
            id: "AKIDUNKNOWN".to_owned(),
            ..Signer::of(service)
        };
        let wrong = Signer {
            secret: "C4NARY/another".to_owned(),
            ..Signer::of(service)
        };
        let expired = Signer {
            token: Some("C4NARY/another".to_owned()),
            ..Signer::temporary(service)
        };
        let tokenless = Signer {
            token: None,
            ..Signer::temporary(service)
        };
        let needless = Signer {
            token: Some(SESSION_TOKEN.to_owned()),
            ..Signer::of(service)
        };
        let answers = [unknown, wrong, expired, tokenless, needless].map(|signer| {
            let field = stand.send(signer.sign(ask("PUT", "/a", "body")));
            let query = stand.send(signer.presign(ask("GET", "/a", ""), "60"));
            [field, query].map(|answer| {
                answer.refuses(401);
                assert_eq!(answer.asked.len(), 1, "each key is looked up once");
                (answer.status, answer.headers.clone(), answer.reason())
            })
        });
        for answer in &answers {
            assert_eq!(*answer, answers[0]);
        }
    }
}

#[test]
fn a088_a_temporary_key_needs_its_signed_session_token() {
    for service in ["s3", "execute-api"] {
        let stand = SignedStand::of(service);
        stand
            .send(Signer::temporary(service).sign(ask("PUT", "/a", "body")))
            .admits("nala");
        stand
            .send(Signer::temporary(service).presign(ask("GET", "/a", ""), "60"))
            .admits("nala");
        let unsigned = vec!["x-amz-security-token"];
        let careless = Signer {
            unsigned,
            ..Signer::temporary(service)
        };
        stand.send(careless.sign(ask("GET", "/a", ""))).refuses(401);
        let lenient = SignedStand::tuned(service, |builder| builder.unsigned_session_token());
        lenient
            .send(careless.sign(ask("GET", "/a", "")))
            .admits("nala");
        let other = instead(
            careless.sign(ask("GET", "/a", "")),
            "x-amz-security-token",
            "C4NARY",
        );
        lenient.send(other).refuses(401);
    }
}

#[test]
fn a090_a_wrong_signature_in_the_right_form_is_refused() {
    for service in ["s3", "execute-api"] {
        let stand = SignedStand::of(service);
        let signed = Signer::of(service).sign(ask("GET", "/a", ""));
        let right = signature_of(&signed);
        let field = signed.headers()["authorization"]
            .to_str()
            .unwrap()
            .to_owned();
        let presigned = Signer::of(service)
            .presign(ask("GET", "/a", ""), "60")
            .uri()
            .to_string();
        let right_in_query = presigned.rsplit_once('=').unwrap().1.to_owned();
        for wrong in ["0".repeat(64), "f".repeat(64), right_in_query.clone()] {
            let field = field.replace(&right, &wrong);
            stand
                .send(instead(signed.clone(), "authorization", &field))
                .refuses(401);
        }
        for wrong in ["0".repeat(64), right] {
            let presigned = presigned.replace(&right_in_query, &wrong);
            stand.send(ask("GET", &presigned, "")).refuses(401);
        }
    }
}

#[test]
fn a090_a_signature_with_one_wrong_bit_is_refused() {
    let stand = SignedStand::of("s3");
    let signed = Signer::of("s3").sign(ask("GET", "/a", ""));
    let right = signature_of(&signed);
    let field = signed.headers()["authorization"]
        .to_str()
        .unwrap()
        .to_owned();
    for place in 0..64 {
        let digit = u8::from_str_radix(&right[place..=place], 16).unwrap();
        for bit in 0..4 {
            let mut wrong = right.clone();
            wrong.replace_range(place..=place, &format!("{:x}", digit ^ 1 << bit));
            let field = field.replace(&right, &wrong);
            stand
                .send(instead(signed.clone(), "authorization", &field))
                .refuses(401);
        }
    }
    stand.send(signed).admits("mufasa");
}

#[test]
fn a090_a_signature_by_another_key_is_refused() {
    let stand = SignedStand::of("s3");
    let signed = Signer::of("s3").sign(ask("GET", "/a", ""));
    let field = signed.headers()["authorization"].to_str().unwrap();
    let field = field.replace(KEY_ID, TEMPORARY_ID);
    stand
        .send(instead(signed.clone(), "authorization", &field))
        .refuses(401);
    let with_token = with(signed, "x-amz-security-token", SESSION_TOKEN);
    stand
        .send(instead(with_token, "authorization", &field))
        .refuses(401);
}
