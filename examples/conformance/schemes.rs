//! How each scheme is set up.

use tower_challenge::clock::TokioClock;
use tower_challenge::password::Accounts;
use tower_challenge::policy::role;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::scheme::digest::{Algorithm, DigestAccounts, DigestBuilder};
use tower_challenge::scheme::sigv4::{AccessKeys, Scope, SigV4Builder};
use tower_challenge::scheme::{Basic, Bearer, BoxScheme, Digest, Head, Scheme, SchemeExt, SigV4};
use tower_challenge::{ConfigError, Principal, RequireAuth};

use crate::accounts::{self, MEMBER, REALM};

/// A layer around any scheme.
pub(crate) type Guard = RequireAuth<BoxScheme<Principal>>;

/// Lets members in whom `scheme` admits.
pub(crate) fn members<S>(scheme: S) -> Result<Guard, ConfigError>
where
    S: Scheme<Identity = Principal, Reads = Head>,
{
    let scheme = scheme.boxed();
    Ok(RequireAuth::new(scheme)?.permit(role(MEMBER)?))
}

pub(crate) fn basic() -> Result<Basic<Accounts>, ConfigError> {
    Basic::new(REALM, accounts::passwords()?)
}

pub(crate) fn bearer() -> Result<Bearer<StaticTokens>, ConfigError> {
    Bearer::new(REALM, accounts::tokens()?)
}

/// Digest with these algorithms, and more to say about it.
pub(crate) fn digest(
    algorithms: &[Algorithm],
) -> Result<DigestBuilder<DigestAccounts>, ConfigError> {
    let digest = Digest::builder(REALM, accounts::digests()?);
    let digest = digest.algorithms(algorithms.iter().copied());
    Ok(if algorithms.contains(&Algorithm::Md5) {
        digest.legacy_md5()
    } else {
        digest
    })
}

/// Signatures for a service in `us-east-1`.
pub(crate) fn sigv4(service: &str) -> Result<SigV4Builder<AccessKeys>, ConfigError> {
    let region = "us-east-1";
    let (keys, timer) = (accounts::access_keys()?, TokioClock::new());
    Ok(SigV4::builder(
        REALM,
        Scope { region, service },
        keys,
        timer,
    ))
}
