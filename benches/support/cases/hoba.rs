//! Cases of HOBA: its challenge, and signatures that the layer accepts or refuses.

use std::cell::RefCell;
use std::hint::black_box;
use std::time::Duration;

use http::StatusCode;
use tower_challenge::Principal;
use tower_challenge::scheme::Hoba;
use tower_challenge::scheme::hoba::{HobaKey, HobaPublicKey};

use super::{Case, Goal};
use crate::support::contender::{CHECK, Contender, OURS, Traffic};
use crate::support::inner::{Body, hello};
use crate::support::issuer::{Algorithm, Issuer};
use crate::support::requests as of;
use crate::support::schemes::protected;

pub(super) const CASES: &[Case] = &[
    Case::new("401: hoba, a challenge", challenge).goal(Goal::instructions(5000)),
    Case::new("hoba accepted, a new signature", || {
        accepted(Duration::ZERO)
    })
    .goal(Goal::times_check(1.10)),
    Case::new("hoba accepted, a challenge for several", || {
        accepted(Duration::from_secs(3600))
    })
    .goal(Goal::times_check(1.10)),
    Case::new("401: hoba, a wrong signature", || refused("kid")),
    Case::new("401: hoba, an unknown kid", || refused("unknown")),
];

const ORIGIN: &str = "https://api.example:443";

type Keys = Box<dyn Fn(&str) -> Option<HobaKey> + Send + Sync>;

/// A scheme that knows the key of `device` under the kid `kid`.
fn scheme(device: &Issuer, max_age: Duration) -> Hoba<Keys> {
    let public = HobaPublicKey::from_spki_der(&device.public_der()).expect("a key");
    let key = HobaKey::new(public, Principal::new(of::NAME));
    let keys: Keys = Box::new(move |kid: &str| (kid == "kid").then(|| key.clone()));
    let builder = Hoba::builder(ORIGIN, keys).max_age(max_age);
    builder.build().expect("an origin")
}

/// The text that a client signs, and its credentials without the signature.
fn unsigned(kid: &str, challenge: &str, number: usize) -> (String, String) {
    let nonce = format!("{number:022}");
    let parts = [&*nonce, "0", ORIGIN, "", kid, challenge];
    let text = parts.map(|part| format!("{}:{part}", part.len())).concat();
    (text, format!("{kid}.{challenge}.{nonce}"))
}

fn credentials(device: &Issuer, kid: &str, challenge: &str, number: usize) -> String {
    let (text, start) = unsigned(kid, challenge, number);
    format!("HOBA result=\"{start}.{}\"", device.signature(&text))
}

fn challenge() -> Vec<Contender> {
    let traffic = Traffic::each(StatusCode::UNAUTHORIZED, of::without_credentials);
    let scheme = scheme(&Issuer::new(Algorithm::Rs256), Duration::ZERO);
    vec![Contender::service(OURS, &traffic, protected(scheme))]
}

/// Every request has another signature, since each is good once.
fn accepted(max_age: Duration) -> Vec<Contender> {
    let device = Issuer::new(Algorithm::Rs256);
    let (public, scheme) = (device.public_key(), scheme(&device, max_age));
    let (text, _) = unsigned("kid", &scheme.new_challenge(), 0);
    let signature = of::base64url(&device.signature(&text));
    let (issuer, shared) = (scheme.clone(), scheme.new_challenge());
    let sent = RefCell::new(Vec::new());
    let traffic = Traffic::new(StatusCode::OK, move |len| {
        let mut sent = sent.borrow_mut();
        for number in sent.len()..len {
            let own = max_age.is_zero().then(|| issuer.new_challenge());
            let challenge = own.as_ref().unwrap_or(&shared);
            sent.push(credentials(&device, "kid", challenge, number));
        }
        sent[..len].iter().map(|field| of::request(field)).collect()
    });
    let traffic = traffic.but(|| of::request("HOBA result=\"kid.bm8.bm8.bm8\""));
    let check = Contender::new(CHECK, &traffic.unjudged(), move |request| {
        let verified = public.verify_sig(black_box(text.as_bytes()), &signature);
        assert!(verified.is_ok());
        hello::<_, Body>(request)
    });
    vec![Contender::service(OURS, &traffic, protected(scheme)), check]
}

fn refused(kid: &'static str) -> Vec<Contender> {
    let device = Issuer::new(Algorithm::Rs256);
    let scheme = scheme(&device, Duration::ZERO);
    let challenge = scheme.new_challenge();
    // The signature is that of another nonce.
    let (_, start) = unsigned(kid, &challenge, 1);
    let other = credentials(&device, kid, &challenge, 0);
    let (_, signature) = other.rsplit_once('.').expect("a result has four parts");
    let wrong = format!("HOBA result=\"{start}.{signature}");
    let right = credentials(&device, "kid", &scheme.new_challenge(), 0);
    let traffic = Traffic::each(StatusCode::UNAUTHORIZED, move || of::request(&wrong));
    let traffic = traffic.but(move || of::request(&right));
    vec![Contender::service(OURS, &traffic, protected(scheme))]
}
