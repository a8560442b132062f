//! Cases of vapid: a token that is new to the push service, and a token that it has verified before.
#![expect(clippy::unwrap_used, reason = "a bench that cannot start says where")]

use std::cell::RefCell;
use std::hint::black_box;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use tower_challenge::clock::ManualClock;
use tower_challenge::scheme::Vapid;

use super::{Case, Goal};
use crate::support::contender::{CHECK, Contender, HASHES, OURS, Traffic};
use crate::support::inner::{Body, hello};
use crate::support::issuer::{Algorithm, ISSUED_AT, Issuer};
use crate::support::requests as of;
use crate::support::schemes::protected;

pub(super) const CASES: &[Case] = &[
    Case::new("vapid accepted, a new token", first)
        .goal(Goal::times_check(1.10))
        .long(),
    Case::new("vapid accepted again", again).goal(Goal::beyond_hashes(5500)),
];

const ORIGIN: &str = "https://push.example.net";

fn scheme() -> Vapid {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(ISSUED_AT);
    Vapid::new(ORIGIN)
        .unwrap()
        .with_clock(ManualClock::new(now))
}

fn token(sender: &Issuer, number: usize) -> String {
    let expires = ISSUED_AT + 3600;
    sender.sign_with(
        r#"{"typ":"JWT","alg":"ES256"}"#,
        &format!(
            r#"{{"aud":"{ORIGIN}","exp":{expires},"sub":"mailto:push{number:08}@example.com"}}"#
        ),
    )
}

fn credentials(sender: &Issuer, number: usize) -> String {
    format!("vapid t={}, k={}", token(sender, number), sender.point())
}

fn first() -> Vec<Contender> {
    let sender = Issuer::new(Algorithm::Es256);
    let public = sender.public_key();
    let signed = token(&sender, 0);
    let (text, signature) = signed.rsplit_once('.').unwrap();
    let (text, signature) = (text.to_owned(), of::base64url(signature));
    let sent = RefCell::new(Vec::new());
    let traffic = Traffic::new(StatusCode::OK, move |len| {
        let mut sent = sent.borrow_mut();
        for number in sent.len()..len {
            sent.push(of::request(&credentials(&sender, number)));
        }
        sent[..len].to_vec()
    });
    let traffic = traffic.but(|| of::request("vapid t=a.b.c, k=d"));
    let check = Contender::new(CHECK, &traffic.unjudged(), move |request| {
        let verified = public.verify_sig(black_box(text.as_bytes()), &signature);
        assert!(verified.is_ok());
        hello::<_, Body>(request)
    });
    vec![
        Contender::service(OURS, &traffic, protected(scheme())),
        check,
    ]
}

fn again() -> Vec<Contender> {
    let right = credentials(&Issuer::new(Algorithm::Es256), 0);
    let hashed = right.clone();
    let traffic = Traffic::each(StatusCode::OK, move || of::request(&right));
    let traffic = traffic.but(|| of::request("vapid t=a.b.c, k=d"));
    let hash = Contender::new(HASHES, &traffic.unjudged(), move |request| {
        black_box(blake3::keyed_hash(&[7; 32], black_box(hashed.as_bytes())));
        hello::<_, Body>(request)
    });
    vec![
        Contender::service(OURS, &traffic, protected(scheme())),
        hash,
    ]
}
