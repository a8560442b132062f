//! Makes the routes for SCRAM.

use std::time::Duration;

use tower_challenge::ConfigError;
use tower_challenge::scheme::scram::ScramMechanism;

use crate::accounts::REALM;
use crate::arguments::Arguments;
use crate::index::{Index, Try};
use crate::schemes::{members, scram};

const SHA_1: Try = Try {
    curl: "curl -i -H 'Authorization: SCRAM-SHA-1 data=biwsbj1tdWZhc2Escj1ub25jZQ==' URL",
    answer: "401: the challenge that a client of SCRAM answers with its proof",
};
const SHA_256: Try = Try {
    curl: "curl -i -H 'Authorization: SCRAM-SHA-256 data=biwsbj1tdWZhc2Escj1ub25jZQ==' URL",
    ..SHA_1
};

/// Adds a route for each mechanism, and one for reauthentication.
pub(crate) fn routes(index: &mut Index, arguments: &Arguments) -> Result<(), ConfigError> {
    for (mechanism, path, try_it) in [
        (ScramMechanism::Sha256, "/scram/sha-256", SHA_256),
        (ScramMechanism::Sha1, "/scram/sha-1", SHA_1),
    ] {
        let scram = scram(&index.stores, mechanism)?.exchange_lifetime(arguments.scram_lifetime);
        let guard = members(scram.build()?)?;
        let what = format!("{mechanism} in the realm `{REALM}`, 4096 iterations");
        index.guard(path, &what, try_it, &guard);
    }
    again(index, arguments)
}

/// Adds a route at which a login takes one request after the first.
fn again(index: &mut Index, arguments: &Arguments) -> Result<(), ConfigError> {
    let scram =
        scram(&index.stores, ScramMechanism::Sha256)?.exchange_lifetime(arguments.scram_lifetime);
    let guard = members(scram.reauthentication(Duration::from_secs(300)).build()?)?;
    let what = "SCRAM-SHA-256, and a login with one request: `sr` and `ttl` in the challenge";
    index.guard("/scram/reauthentication", what, SHA_256, &guard);
    Ok(())
}
