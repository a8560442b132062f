//! Cases of Mutual: the key exchange that begins a session, and the later requests of it.
#![expect(clippy::unwrap_used, reason = "a bench that cannot start says where")]

use std::hint::black_box;

use http::header::WWW_AUTHENTICATE;
use http::{Response, StatusCode};
use tower_challenge::Secret;
use tower_challenge::scheme::Mutual;
use tower_challenge::scheme::mutual::proof::{ClientKey, PasswordKey, ServerKey, SessionSecret};
use tower_challenge::scheme::mutual::{
    HostValidation, MutualAccounts, MutualAlgorithm, MutualClient, MutualSession, MutualSpace,
};

use super::Case;
use crate::support::contender::{ARITHMETIC, Contender, HASHES, OURS, Traffic};
use crate::support::inner::{BenchRequest, Body, hello, now};
use crate::support::requests::{REALM, request};
use crate::support::schemes::protected;

pub(super) const CASES: &[Case] = &[
    Case::new("401: mutual P-256, the key exchange", || {
        begin(MutualAlgorithm::P256)
    })
    .long(),
    Case::new("401: mutual P-521, the key exchange", || {
        begin(MutualAlgorithm::P521)
    })
    .long(),
    Case::new("401: mutual 2,048 bits, the key exchange", || {
        begin(MutualAlgorithm::Dl2048)
    })
    .long(),
    Case::new("401: mutual 4,096 bits, the key exchange", || {
        begin(MutualAlgorithm::Dl4096)
    })
    .long(),
    Case::new("mutual P-256 accepted, a later request", || {
        later(MutualAlgorithm::P256)
    }),
    Case::new("mutual P-521 accepted, a later request", || {
        later(MutualAlgorithm::P521)
    }),
    Case::new("mutual 2,048 bits accepted, a later request", || {
        later(MutualAlgorithm::Dl2048)
    }),
    Case::new("mutual 4,096 bits accepted, a later request", || {
        later(MutualAlgorithm::Dl4096)
    }),
];

const ORIGIN: &str = "https://api.example";
const USER: &str = "mufasa";
const PASSWORD: &str = "Circle of Life";

/// A session has at least 128 requests, and by default 1,024.
const REQUESTS: usize = 1000;

fn host() -> HostValidation {
    HostValidation::https_without_certificate(ORIGIN).unwrap()
}

fn space(algorithm: MutualAlgorithm) -> MutualSpace {
    MutualSpace::new(algorithm, ORIGIN, REALM).unwrap()
}

fn scheme(algorithm: MutualAlgorithm) -> Mutual<MutualAccounts> {
    let space = space(algorithm);
    let accounts = MutualAccounts::new(&space, [(USER, PASSWORD)]).unwrap();
    let builder = Mutual::builder(&space, host(), accounts);
    builder.compute_inline().build().unwrap()
}

fn begin(algorithm: MutualAlgorithm) -> Vec<Contender> {
    let client = MutualClient::new(USER, Secret::new(PASSWORD)).unwrap();
    let exchange = client.begin_in(&host(), &space(algorithm)).unwrap();
    let credentials = exchange.credentials().to_str().unwrap().to_owned();
    let traffic = Traffic::each(StatusCode::UNAUTHORIZED, move || request(&credentials));
    vec![
        Contender::service(OURS, &traffic, protected(scheme(algorithm))),
        Contender::new(ARITHMETIC, &traffic, arithmetic(algorithm)),
    ]
}

/// Computes only the powers of the server, and the two hashes between them.
fn arithmetic(algorithm: MutualAlgorithm) -> impl FnMut(BenchRequest) -> Response<Body> {
    let j = PasswordKey::new(&space(algorithm), USER, Secret::new(PASSWORD)).verifier();
    let exponent = vec![1; algorithm.exponent_len()];
    let client = ClientKey::new(algorithm, &exponent).unwrap();
    move |request| {
        let key = ServerKey::new(&j, client.element(), black_box(&exponent)).unwrap();
        black_box(key.agree().unwrap());
        let mut response = hello(request);
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        response
    }
}

fn later(algorithm: MutualAlgorithm) -> Vec<Contender> {
    let service = protected(scheme(algorithm));
    let issuer = service.clone();
    let session = move || {
        let client = MutualClient::new(USER, Secret::new(PASSWORD)).unwrap();
        let exchange = client.begin_in(&host(), &space(algorithm)).unwrap();
        let begun = request(exchange.credentials().to_str().unwrap());
        let challenged = now(&mut issuer.clone(), begun);
        exchange
            .answer(&challenged.headers()[WWW_AUTHENTICATE])
            .unwrap()
    };
    let other = session.clone();
    let traffic = Traffic::new(StatusCode::OK, move |len| {
        let mut requests = Vec::with_capacity(len);
        while requests.len() < len {
            let mut session = session();
            let left = (len - requests.len()).min(REQUESTS);
            requests.extend((0..left).map(|_| next(&mut session)));
        }
        requests
    });
    let traffic = traffic.but(move || {
        let mut session = other();
        let used = next(&mut session);
        let (credentials, digit) = (used.headers()["authorization"].to_str().unwrap(), "vkc=");
        let at = credentials.find(digit).unwrap() + digit.len() + 1;
        let flipped = if &credentials[at..=at] == "0" {
            "1"
        } else {
            "0"
        };
        request(&format!(
            "{}{flipped}{}",
            &credentials[..at],
            &credentials[at + 1..]
        ))
    });
    vec![
        Contender::service(OURS, &traffic, service),
        Contender::new(HASHES, &traffic.unjudged(), hashes(algorithm)),
    ]
}

fn next(session: &mut MutualSession) -> BenchRequest {
    request(session.next().unwrap().credentials().to_str().unwrap())
}

/// Computes only the two proofs.
fn hashes(algorithm: MutualAlgorithm) -> impl FnMut(BenchRequest) -> Response<Body> {
    let secret = secret(algorithm);
    let host = host();
    move |request| {
        let expected = secret.client_proof(black_box(7), host.value());
        black_box(expected.matches(black_box(&[7; 64])));
        black_box(secret.server_proof(7, host.value()));
        hello(request)
    }
}

fn secret(algorithm: MutualAlgorithm) -> SessionSecret {
    let j = PasswordKey::new(&space(algorithm), USER, Secret::new(PASSWORD)).verifier();
    let exponent = vec![1; algorithm.exponent_len()];
    let client = ClientKey::new(algorithm, &exponent).unwrap();
    let key = ServerKey::new(&j, client.element(), &exponent).unwrap();
    key.agree().unwrap()
}
