//! Makes the routes of DPoP: the tokens are those of `/jwt`, bound to a key of the client.

use std::time::Duration;

use tower_challenge::jwt::JwtVerifier;
use tower_challenge::scheme::dpop::{DpopBuilder, DpopNonces};
use tower_challenge::scheme::{Bearer, Dpop, SchemeExt};
use tower_challenge::{ConfigError, RequireAuth};

use crate::accounts::REALM;
use crate::index::{Index, Try};
use crate::schemes::Guard;

const PROOF: Try = Try {
    curl: "curl -i URL",
    answer: "401: 200 with a token that is bound to a key, and a proof",
};

/// It is short, so that a test sees a nonce end.
const NONCE_LIFETIME: Duration = Duration::from_secs(10);

/// Adds the routes, if clients may use DPoP at `origin`: through TLS, or on this machine.
pub(crate) fn routes(
    index: &mut Index,
    origin: &str,
    tokens: &JwtVerifier,
) -> Result<(), ConfigError> {
    let stores = index.stores.clone();
    let scheme = |nonces| {
        let dpop = dpop(origin, tokens)
            .nonces(nonces)
            .nonce_keys(stores.nonce_keys()?)
            .store(stores.replay());
        dpop.nonce_lifetime(NONCE_LIFETIME).build()
    };
    let plain = match scheme(DpopNonces::Off) {
        Ok(plain) => plain,
        Err(why) => {
            eprintln!("without the routes of DPoP: {why}");
            return Ok(());
        }
    };
    let bearer = Bearer::new(REALM, tokens.clone())?;
    let guard: Guard = RequireAuth::new((plain, bearer).boxed())?.expose_to_scripts();
    let what = "DPoP, and Bearer for tokens that are not bound";
    index.guard("/dpop", what, PROOF, &guard);
    let guard: Guard = RequireAuth::new(scheme(DpopNonces::Required)?.boxed())?;
    let what = "DPoP; a proof needs a nonce";
    index.guard("/dpop-nonce", what, PROOF, &guard);
    Ok(())
}

fn dpop(origin: &str, tokens: &JwtVerifier) -> DpopBuilder<JwtVerifier> {
    Dpop::builder(REALM, tokens.clone()).external_origin(origin)
}
