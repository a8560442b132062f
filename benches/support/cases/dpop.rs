//! Cases of DPoP: each request has a proof of its own, with a token that is new or was seen before.
#![expect(clippy::unwrap_used, reason = "a bench that cannot start says where")]

use std::cell::RefCell;
use std::hint::black_box;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use sha2::{Digest, Sha256};
use tower_challenge::clock::ManualClock;
use tower_challenge::jose::KeySet;
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::scheme::Dpop;

use super::{Case, Goal};
use crate::support::contender::{CHECK, Contender, OURS, Traffic};
use crate::support::inner::{BenchRequest, Body, hello};
use crate::support::issuer::{AUDIENCE, Algorithm, ISSUED_AT, ISSUER, Issuer};
use crate::support::requests as of;
use crate::support::schemes::protected;

pub(super) const CASES: &[Case] = &[
    Case::new("dpop accepted, a new token, beside two checks", || {
        accepted(TokenUse::New)
    })
    .goal(Goal::times_check(1.10))
    .long(),
    Case::new("dpop accepted, a token again, beside one check", || {
        accepted(TokenUse::Again)
    })
    .goal(Goal::times_check(1.15))
    .long(),
];

/// Whether each request has a token that the server has not seen.
#[derive(Clone, Copy)]
enum TokenUse {
    New,
    Again,
}

fn scheme(issuer: &Issuer) -> Dpop<JwtVerifier> {
    let keys = KeySet::from_jwks(&issuer.key_set()).unwrap();
    let tokens = JwtVerifier::builder(ISSUER, keys).audience(AUDIENCE);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(ISSUED_AT);
    let dpop = Dpop::builder(of::REALM, tokens.build().unwrap()).external_origin(AUDIENCE);
    dpop.clock(ManualClock::new(now)).build().unwrap()
}

/// A client with a key, and the server that issues its tokens.
struct Client {
    issuer: Issuer,
    key: Issuer,
    jwk: String,
    /// The token of all requests. `None` if each request has another.
    token: Option<String>,
}

impl Client {
    fn new(token_use: TokenUse) -> Self {
        let key = Issuer::new(Algorithm::Es256);
        let (x, y) = key.coordinates();
        let mut client = Self {
            issuer: Issuer::new(Algorithm::Es256),
            jwk: format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#),
            key,
            token: None,
        };
        if let TokenUse::Again = token_use {
            client.token = Some(client.token(0));
        }
        client
    }

    fn token(&self, number: usize) -> String {
        let new = || self.issuer.bound_token(number, &hash(&self.jwk));
        self.token.clone().unwrap_or_else(new)
    }

    fn proof(&self, number: usize, token: &str) -> String {
        let header = format!(r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{}}}"#, self.jwk);
        let (uri, hash) = (format!("{AUDIENCE}{}", of::PATH), hash(token));
        self.key.sign_with(&header, &format!(
            r#"{{"jti":"{number:022}","htm":"GET","htu":"{uri}","iat":{ISSUED_AT},"ath":"{hash}"}}"#
        ))
    }

    fn request(&self, number: usize) -> BenchRequest {
        let token = self.token(number);
        let mut request = of::request(&format!("DPoP {token}"));
        let proof = self.proof(number, &token).parse().unwrap();
        request.headers_mut().insert("dpop", proof);
        request
    }
}

fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

/// Every request has another proof, since each is good once.
fn accepted(token_use: TokenUse) -> Vec<Contender> {
    let client = Client::new(token_use);
    let dpop = protected(scheme(&client.issuer));
    let (token, wrong) = (client.token(0), client.token(0));
    let signatures = match token_use {
        TokenUse::New => vec![token.clone(), client.proof(0, &token)],
        TokenUse::Again => vec![client.proof(0, &token)],
    };
    let key = client.key.public_key();
    let sent = RefCell::new(Vec::new());
    let traffic = Traffic::new(StatusCode::OK, move |len| {
        let mut sent = sent.borrow_mut();
        for number in sent.len()..len {
            sent.push(client.request(number));
        }
        sent[..len].to_vec()
    });
    let traffic = traffic.but(move || of::request(&format!("DPoP {wrong}")));
    let signatures = signatures.into_iter().map(|signed| {
        let (text, signature) = signed.rsplit_once('.').unwrap();
        (text.to_owned(), of::base64url(signature))
    });
    let signatures = signatures.collect::<Vec<_>>();
    let check = Contender::new(CHECK, &traffic.unjudged(), move |request| {
        for (text, signature) in &signatures {
            let verified = key.verify_sig(black_box(text.as_bytes()), signature);
            assert!(verified.is_ok());
        }
        hello::<_, Body>(request)
    });
    vec![Contender::service(OURS, &traffic, dpop), check]
}
