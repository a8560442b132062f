//! B. Basic.

mod account_files;
mod accounts;
mod decoding;
mod tokens;

use tower_challenge::scheme::Basic;
use tower_challenge::{Principal, Secret};

use crate::support::{Kind, REALM, Recording, Schemes, TestServer};

/// A stand whose verifier admits every caller, so a test sees which names and passwords reach a verifier.
pub(crate) fn admitting_every_caller() -> TestServer {
    let admit = |user: &str, _: Secret<'_>| Some(Principal::new(user));
    let schemes = move |world: &crate::support::TestWorld| -> Schemes {
        let verifier = Recording::new(admit, &world.asked);
        vec![Box::new(Basic::new(REALM, verifier).unwrap())]
    };
    TestServer::build(schemes, |layer| layer)
}

/// Returns every stand that offers Basic.
pub(crate) fn with_basic() -> impl Iterator<Item = TestServer> {
    let stands = TestServer::every().into_iter();
    let stands = stands.filter(|(kinds, _)| kinds.contains(&Kind::Basic));
    stands.map(|(_, stand)| stand)
}
