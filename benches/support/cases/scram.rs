//! Cases of SCRAM: both requests of an exchange.
#![expect(clippy::unwrap_used, reason = "a bench that cannot start says where")]

use std::hint::black_box;
use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::WWW_AUTHENTICATE;
use http::{Response, StatusCode};
use tower_challenge::Secret;
use tower_challenge::header::Challenge;
use tower_challenge::scheme::scram::ScramMechanism;
use tower_challenge::scheme::scram::message::ServerFirst;
use tower_challenge::scheme::scram::proof::{AuthMessage, ScramKey};

use super::Case;
use crate::support::contender::{Contender, HASHES, OURS, Traffic};
use crate::support::inner::{BenchRequest, Body, hello, now};
use crate::support::requests::request;
use crate::support::schemes::{SCRAM_PASSWORD, protected, scram};

pub(super) const CASES: &[Case] = &[
    Case::new("401: scram, the first request of an exchange", first),
    Case::new("scram SHA-256 accepted, the second request", second),
];

const FIRST_BARE: &str = "n=mufasa,r=rOprNGfwEbeRWgbNEkqO";

fn first_request() -> BenchRequest {
    let message = STANDARD.encode(format!("n,,{FIRST_BARE}"));
    request(&format!("SCRAM-SHA-256 data=\"{message}\""))
}

fn first() -> Vec<Contender> {
    let traffic = Traffic::each(StatusCode::UNAUTHORIZED, first_request);
    vec![Contender::service(OURS, &traffic, protected(scram()))]
}

fn second() -> Vec<Contender> {
    let service = protected(scram());
    let issuer = service.clone();
    let begin = Rc::new(move || now(&mut issuer.clone(), first_request()));
    let (right, wrong) = (Rc::clone(&begin), begin);
    let client = Rc::new(BenchClient::meets(&right()));
    let other = Rc::clone(&client);
    let traffic = Traffic::new(StatusCode::OK, move |len| {
        (0..len).map(|_| client.answer(&right(), 0)).collect()
    });
    let traffic = traffic.but(move || other.answer(&wrong(), 1));
    vec![
        Contender::service(OURS, &traffic, service),
        Contender::new(HASHES, &traffic.unjudged(), hashes_alone()),
    ]
}

/// A client that has hashed its password once, because all exchanges have the same salt.
struct BenchClient(ScramKey);

impl BenchClient {
    fn meets(response: &Response<Body>) -> Self {
        let (_, message) = challenge(response);
        let salt = ServerFirst::read(&message).unwrap().salt;
        let password = Secret::new(SCRAM_PASSWORD);
        Self(ScramKey::salted_password(
            ScramMechanism::Sha256,
            password,
            &salt,
            4096,
        ))
    }

    /// The second request. Its proof has the bits of `flaw` changed.
    fn answer(&self, response: &Response<Body>, flaw: u8) -> BenchRequest {
        let (sid, message) = challenge(response);
        let nonce = ServerFirst::read(&message).unwrap().nonce;
        let last = format!("c=biws,r={nonce}");
        let messages = AuthMessage::new(FIRST_BARE, &message, &last);
        let mut proof = self
            .0
            .client_key()
            .client_proof(&messages)
            .as_bytes()
            .to_vec();
        proof[0] ^= flaw;
        let data = STANDARD.encode(format!("{last},p={}", STANDARD.encode(proof)));
        request(&format!("SCRAM-SHA-256 sid=\"{sid}\", data=\"{data}\""))
    }
}

/// The sid and the message in a challenge.
fn challenge(response: &Response<Body>) -> (String, String) {
    let challenge = Challenge::parse(response.headers()[WWW_AUTHENTICATE].as_bytes()).unwrap();
    let text = |name| {
        challenge
            .param(name)
            .unwrap()
            .to_str()
            .unwrap()
            .into_owned()
    };
    let message = STANDARD.decode(text("data")).unwrap();
    (text("sid"), String::from_utf8(message).unwrap())
}

/// Computes only what SCRAM requires of a server: the comparison of the proof, and the proof of the server.
fn hashes_alone() -> impl FnMut(BenchRequest) -> Response<Body> {
    let password = Secret::new(SCRAM_PASSWORD);
    let salted = ScramKey::salted_password(ScramMechanism::Sha256, password, b"salt", 1);
    let (stored, server) = (salted.client_key().stored_key(), salted.server_key());
    let nonce = "n".repeat(72);
    let server_first = format!("r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    let last = format!("c=biws,r={nonce}");
    move |request| {
        let messages = AuthMessage::new(FIRST_BARE, &server_first, &last);
        black_box(stored.verifies(&messages, black_box(&[7; 32])));
        black_box(server.signature(&messages));
        hello(request)
    }
}
