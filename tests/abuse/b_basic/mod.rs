//! B. Basic.

mod account_files;
mod accounts;
mod decoding;
mod tokens;

use tower_challenge::scheme::Basic;
use tower_challenge::{Principal, Secret};

use crate::support::{Kind, REALM, Schemes, Stand, Watched};

/// A stand whose verifier admits every caller, so a test sees which names and passwords reach a verifier.
pub(crate) fn admitting_every_caller() -> Stand {
    let admit = |user: &str, _: Secret<'_>| Some(Principal::new(user));
    let schemes = move |world: &crate::support::World| -> Schemes {
        let verifier = Watched::new(admit, &world.asked);
        vec![Box::new(Basic::new(REALM, verifier).unwrap())]
    };
    Stand::build(schemes, |layer| layer)
}

/// Returns every stand that offers Basic.
pub(crate) fn with_basic() -> impl Iterator<Item = Stand> {
    let stands = Stand::every().into_iter();
    let stands = stands.filter(|(kinds, _)| kinds.contains(&Kind::Basic));
    stands.map(|(_, stand)| stand)
}
