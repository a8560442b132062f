//! Counts the verifications that each verdict costs. Without the count, a scheme that skips the decoy key would pass every
//! other test, and its time would tell which kids exist.

use http::Request;
use http::header::AUTHORIZATION;

use super::public_key::tests::WORK;
use super::{Hoba, HobaAlgorithm, HobaBuilder, HobaKey, HobaPublicKey};
use crate::principal::Principal;
use crate::request_head::RequestHead;
use crate::scheme::{Attempt, Scheme, ServerRole, Verdict};

type Keys = fn(&str) -> Option<HobaKey>;

fn keys(kid: &str) -> Option<HobaKey> {
    let key = HobaPublicKey::decoy().expect("a key");
    let key = match kid {
        "known" => key,
        "old" => key.with_algorithm(HobaAlgorithm::RsaSha1).expect("SHA-1"),
        _ => return None,
    };
    Some(HobaKey::new(key, Principal::new(kid)))
}

fn work(builder: HobaBuilder<Keys>, result: &str) -> u32 {
    let hoba = builder.build().expect("a scheme");
    let field = format!("HOBA result=\"{result}\"");
    let request = Request::get("/").header(AUTHORIZATION, field);
    let request = request.body(()).expect("a request");
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    WORK.set(0);
    let verdict = hoba.authenticate(&attempt).expect("HOBA claims it");
    let verdict = verdict.try_now().expect("a table answers at once");
    assert!(matches!(verdict, Ok(Verdict::Refuse(_))), "{result}");
    WORK.get()
}

#[test]
fn every_refusal_costs_the_same_for_known_and_unknown_kids() {
    let builder = || Hoba::builder("https://example.com", keys as Keys);
    let signature = "A".repeat(342);
    for kid in ["known", "unknown", "old"] {
        for signature in [&*signature, "AA", "A", "B"] {
            let result = format!("{kid}.Y2g.bm8.{signature}");
            assert_eq!(work(builder(), &result), 1, "{result}");
            assert_eq!(work(builder().legacy_rsa_sha1(), &result), 1, "{result}");
        }
        assert_eq!(
            work(builder(), &format!("{kid}.Y2g.bm8.A=")),
            0,
            "malformed"
        );
    }
}
