//! Cases in which the layer accepts or refuses a JSON Web Token.

use std::cell::RefCell;
use std::hint::black_box;

use http::StatusCode;

use super::{Case, Goal};
use crate::support::contender::{CHECK, Contender, FLOOR, HASHES, OURS, Traffic};
use crate::support::floors::bearer::BearerFloor;
use crate::support::inner::{Body, hello};
use crate::support::issuer::{Algorithm, Issuer};
use crate::support::peers::{jsonwebtoken, oauth_resource_server, tower_oauth2};
use crate::support::requests as of;
use crate::support::schemes::{jwt, jwt_by_issuer, protected};

pub(super) const CASES: &[Case] = &[
    Case::new("jwt accepted, RS256, a new token", || {
        first(Algorithm::Rs256)
    })
    .goal(Goal::times_check(1.05)),
    Case::new("jwt accepted, ES256, a new token", || {
        first(Algorithm::Es256)
    })
    .goal(Goal::times_check(1.05)),
    Case::new("jwt accepted, EdDSA, a new token", || {
        first(Algorithm::EdDsa)
    })
    .goal(Goal::times_check(1.05)),
    Case::new("jwt accepted again, 300 bytes", || {
        again(300, |traffic, keys| {
            Contender::service(OURS, traffic, protected(jwt(keys)))
        })
    })
    .goal(Goal::instructions(6000)),
    Case::new("jwt accepted again, 300 bytes, beyond the hash", || {
        again(300, |traffic, keys| {
            Contender::service(OURS, traffic, protected(jwt(keys)))
        })
    })
    .goal(Goal::beyond_hashes(2500)),
    Case::new("jwt accepted again, 1000 bytes, beyond the hash", || {
        again(1000, |traffic, keys| {
            Contender::service(OURS, traffic, protected(jwt(keys)))
        })
    })
    .goal(Goal::beyond_hashes(2500)),
    Case::new("jwt accepted again, 300 bytes, one of two issuers", || {
        again(300, |traffic, keys| {
            Contender::service(OURS, traffic, protected(jwt_by_issuer(keys)))
        })
    })
    .goal(Goal::instructions(6000)),
    Case::new("401: jwt, RS256, for a wrong signature", wrong_signature),
];

/// Every request has another token, so that no contender has seen it before.
fn first(algorithm: Algorithm) -> Vec<Contender> {
    let issuer = Issuer::new(algorithm);
    let keys = issuer.key_set();
    let (public, token) = (issuer.public_key(), issuer.token(0));
    // Both sides of each contender send the same tokens, so that each is signed once.
    let tokens = RefCell::new(Vec::new());
    let traffic = Traffic::new(StatusCode::OK, move |len| {
        let mut tokens = tokens.borrow_mut();
        for number in tokens.len()..len {
            tokens.push(format!("Bearer {}", issuer.token(number)));
        }
        tokens[..len]
            .iter()
            .map(|token| of::request(token))
            .collect()
    });
    let wrong = wrongly_signed(&token);
    let traffic = traffic.but(move || of::request(&format!("Bearer {wrong}")));
    let (message, signature) = token.rsplit_once('.').expect("a token has three parts");
    let message = message.to_owned();
    let signature = of::base64url(signature);
    let check = Contender::new(CHECK, &traffic.unjudged(), move |request| {
        let verified = public.verify_sig(black_box(message.as_bytes()), &signature);
        assert!(verified.is_ok());
        hello::<_, Body>(request)
    });
    vec![
        Contender::service(OURS, &traffic, protected(jwt(&keys))),
        check,
        jsonwebtoken::by_hand(&traffic, &keys),
        oauth_resource_server::bearer(&traffic, &keys),
        tower_oauth2::bearer(&traffic, &keys),
    ]
}

/// Every request has the same token of `len` bytes.
fn again(len: usize, ours: fn(&Traffic, &str) -> Contender) -> Vec<Contender> {
    let issuer = Issuer::new(Algorithm::Es256);
    let (keys, token) = (issuer.key_set(), issuer.token_of_length(len));
    let (right, wrong) = (format!("Bearer {token}"), wrongly_signed(&token));
    let traffic = Traffic::each(StatusCode::OK, move || of::request(&right));
    let traffic = traffic.but(move || of::request(&format!("Bearer {wrong}")));
    let floor = BearerFloor::of_remembered(&token);
    let hash = Contender::new(HASHES, &traffic.unjudged(), move |request| {
        black_box(blake3::keyed_hash(&[7; 32], black_box(token.as_bytes())));
        hello::<_, Body>(request)
    });
    vec![
        ours(&traffic, &keys),
        Contender::new(FLOOR, &traffic, move |request| floor.answer(request, hello)),
        hash,
        jsonwebtoken::by_hand(&traffic, &keys),
        oauth_resource_server::bearer(&traffic, &keys),
        tower_oauth2::bearer(&traffic, &keys),
    ]
}

fn wrong_signature() -> Vec<Contender> {
    let issuer = Issuer::new(Algorithm::Rs256);
    let (keys, token) = (issuer.key_set(), issuer.token(0));
    let wrong = wrongly_signed(&token);
    let traffic = Traffic::each(StatusCode::UNAUTHORIZED, move || {
        of::request(&format!("Bearer {wrong}"))
    });
    let traffic = traffic.but(move || of::request(&format!("Bearer {token}")));
    vec![
        Contender::service(OURS, &traffic, protected(jwt(&keys))),
        jsonwebtoken::by_hand(&traffic, &keys),
        oauth_resource_server::bearer(&traffic, &keys),
        tower_oauth2::bearer(&traffic, &keys),
    ]
}

/// The token with another character at the start of its signature.
fn wrongly_signed(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').expect("a token has three parts");
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{signed}.{first}{}", &signature[1..])
}
