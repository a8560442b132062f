//! Clients of all schemes with nonces, behind a balancer that sends each request to the next machine.

use std::cell::Cell;
use std::time::Duration;

use tower_challenge::clock::Clock;
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::scheme::Hoba;
use tower_challenge::scheme::digest::NonceKeys;
use tower_challenge::scheme::dpop::DpopNonces;
use tower_challenge::testing::{DpopKey, TestIssuer};

use crate::support::dpop::{self, AUDIENCE, ORIGIN};
use crate::support::hoba::{self, Device};
use crate::support::request::TestRequest;
use crate::support::{
    Answer, Login, MutualLogin, PASSWORD, REALM, Schemes, ScramLogin, TestServer, TestWorld, USER,
    get,
};

/// A scheme with nonces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Digest,
    Scram,
    Mutual,
    Hoba,
    Dpop,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [
        Self::Digest,
        Self::Scram,
        Self::Mutual,
        Self::Hoba,
        Self::Dpop,
    ];
}

/// A client that has a password, a device and a bound token, and the parts that all machines share.
pub(crate) struct Client {
    kind: Kind,
    device: Device,
    issuer: TestIssuer,
    key: DpopKey,
}

impl Client {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            device: Device::of_vectors(),
            issuer: TestIssuer::new("https://as.example").unwrap(),
            key: DpopKey::generate().unwrap(),
        }
    }

    /// Starts a machine with the scheme of this client and a store of its own, this long after the first one.
    pub(crate) fn machine(&self, keys: NonceKeys, later: Duration) -> TestServer {
        let scheme = |world: &TestWorld| -> Schemes {
            world.clock.advance(later);
            match self.kind {
                Kind::Digest => vec![world.digest_with(|builder| builder.nonce_keys(keys))],
                Kind::Scram => vec![world.scram_in(REALM, |builder| builder.nonce_keys(keys))],
                Kind::Mutual => vec![world.mutual_in(|builder| builder.nonce_keys(keys))],
                Kind::Hoba => {
                    let known = hoba::keys(&[(USER, &self.device)]);
                    let builder = Hoba::builder(hoba::ORIGIN, known).nonce_keys(keys);
                    let builder = builder.store(world.store.clone());
                    vec![Box::new(
                        builder.clock(world.clock.clone()).build().unwrap(),
                    )]
                }
                Kind::Dpop => {
                    let tokens = JwtVerifier::builder("https://as.example", self.issuer.clone());
                    let tokens = tokens.audience(AUDIENCE).clock(world.clock.clone());
                    let builder = dpop::builder(world, tokens.build().unwrap());
                    let builder = builder.nonces(DpopNonces::Required).nonce_keys(keys);
                    vec![Box::new(builder.build().unwrap())]
                }
            }
        };
        TestServer::build(scheme, |layer| layer)
    }

    /// Gets a nonce, and returns the request that proves the secret with it. Each request of an exchange goes to the next
    /// machine.
    pub(crate) fn proof(&self, balancer: &Balancer<'_>) -> TestRequest {
        let authorized = |credentials: String| get("/").authorization(credentials);
        match self.kind {
            Kind::Digest => {
                let challenge = balancer.ask(get("/")).challenges().remove(0);
                authorized(Login::to(&challenge, USER, PASSWORD).header())
            }
            Kind::Scram => {
                let login = ScramLogin::of(USER, PASSWORD);
                let challenge = balancer.ask(authorized(login.header()));
                let challenge = challenge.is_continued().challenges().remove(0);
                authorized(login.answer(&challenge).header())
            }
            Kind::Mutual => {
                let begun = MutualLogin::of(USER, PASSWORD).begin();
                let challenge = balancer.ask(authorized(begun.header()));
                let challenge = challenge.is_continued().challenges().remove(0);
                authorized(begun.answer(&challenge).header(1))
            }
            Kind::Hoba => {
                let challenge = balancer.ask(get("/")).params("HOBA", "challenge");
                authorized(self.device.credentials(&challenge[0], "abc"))
            }
            Kind::Dpop => {
                let nonce = balancer.ask(self.bound(balancer, None));
                let nonce = nonce.header("dpop-nonce").unwrap();
                self.bound(balancer, Some(nonce))
            }
        }
    }

    /// A request with a token and a new proof.
    fn bound(&self, balancer: &Balancer<'_>, nonce: Option<&str>) -> TestRequest {
        let clock = &balancer.machines[0].world.clock;
        let issuer = self.issuer.clone().with_clock(clock.clone());
        let token = issuer.token(USER).audience(AUDIENCE);
        let token = token.bound_to(&self.key).sign();
        let proof = self.key.proof("GET", &format!("{ORIGIN}/"));
        let proof = proof.token(&token).at(clock.wall());
        let proof = nonce.map_or_else(|| proof.clone(), |nonce| proof.clone().nonce(nonce));
        let request = get("/").authorization(format!("DPoP {token}"));
        request.field("dpop", proof.sign())
    }
}

/// Sends each request to the next machine.
pub(crate) struct Balancer<'a> {
    pub(crate) machines: Vec<&'a TestServer>,
    turn: Cell<usize>,
}

impl<'a> Balancer<'a> {
    pub(crate) fn over(machines: impl IntoIterator<Item = &'a TestServer>) -> Self {
        Self {
            machines: machines.into_iter().collect(),
            turn: Cell::new(0),
        }
    }

    pub(crate) fn ask(&self, request: TestRequest) -> Answer {
        let turn = self.turn.get();
        self.turn.set(turn + 1);
        self.machines[turn % self.machines.len()].ask(request)
    }
}
