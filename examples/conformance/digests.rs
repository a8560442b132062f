//! Makes the routes for Digest: each algorithm in all variations.

use tower::Layer;
use tower_challenge::clock::TokioClock;
use tower_challenge::policy::role;
use tower_challenge::scheme::BodyLimits;
use tower_challenge::scheme::digest::{
    AuthInt, ClientQuirk, DigestAccounts, DigestAlgorithm, DigestBuilder, NextNonce,
};
use tower_challenge::{ConfigError, RequireAuth};

use crate::accounts::{self, MEMBER};
use crate::handler;
use crate::index::{Index, Try};
use crate::schemes::{digest, members};
use crate::stores::Stores;

const DIGEST: Try = Try {
    curl: "curl -i --digest -u 'mufasa:Circle of Life' URL",
    answer: "200: hello mufasa",
};
const DIGEST_512: Try = Try {
    answer: "200 or 401: up to 8.6, curl computes another hash under this name",
    ..DIGEST
};

/// A variation of Digest: the start of its path, its description, and a function that configures the scheme.
type Variation = (
    &'static str,
    &'static str,
    fn(DigestBuilder<DigestAccounts>) -> DigestBuilder<DigestAccounts>,
);

const VARIATIONS: [Variation; 6] = [
    ("/digest", "qop=\"auth\"", |digest| digest),
    (
        "/digest-noqop",
        "the form of RFC 2069, which has no qop",
        DigestBuilder::legacy_rfc2069_alone,
    ),
    (
        "/digest-stale",
        "each nonce works once: the second request gets stale=true",
        |digest| digest.one_time_nonces().next_nonce(NextNonce::Never),
    ),
    (
        "/digest-nextnonce",
        "each nonce works once, and each response has the next nonce",
        DigestBuilder::one_time_nonces,
    ),
    (
        "/digest-rspauth",
        "`Authentication-Info` with `rspauth`, as on most of these routes",
        |digest| digest,
    ),
    (
        "/digest-quirks",
        "a name may have a backslash without an escape",
        |digest| digest.tolerate(ClientQuirk::UnescapedUsername),
    ),
];

/// Adds all routes of an algorithm.
pub(crate) fn routes(index: &mut Index, algorithm: DigestAlgorithm) -> Result<(), ConfigError> {
    let name = algorithm.name().to_ascii_lowercase();
    let try_it = match algorithm {
        DigestAlgorithm::Sha512_256 => DIGEST_512,
        _ => DIGEST,
    };
    let stores = index.stores.clone();
    let one = || digest(&stores, &[algorithm]);
    for (path, what, configure) in VARIATIONS {
        let guard = members(configure(one()?).build()?)?;
        index.guard(&format!("{path}/{name}"), what, try_it, &guard);
    }

    let sessions = digest_in_sessions(&stores, algorithm)?;
    let (path, what) = (format!("/digest/{name}-sess"), "the session form");
    index.guard(&path, what, try_it, &members(sessions.build()?)?);

    let tolerant = digest_in_sessions(&stores, algorithm)?.tolerate(ClientQuirk::HashLikeCnonce);
    let path = format!("/digest-quirks/{name}-sess");
    let what = "the session form, with a client nonce that looks like a hash";
    index.guard(&path, what, try_it, &members(tolerant.build()?)?);

    let path = format!("/digest-userhash/{name}");
    let what = "the client sends a hash in place of the name";
    let hashed = one()?.userhash(accounts::digests()?);
    index.guard(&path, what, try_it, &members(hashed.build()?)?);

    let path = format!("/digest-both-qop/{name}");
    let both = AuthInt::offered(one()?, limits())?;
    covered(index, &path, "qop=\"auth,auth-int\"", try_it, both)?;
    let path = format!("/digest-auth-int/{name}");
    let covering = AuthInt::required(one()?, limits())?;
    covered(index, &path, "qop=\"auth-int\"", try_it, covering)
}

fn digest_in_sessions(
    stores: &Stores,
    algorithm: DigestAlgorithm,
) -> Result<DigestBuilder<DigestAccounts>, ConfigError> {
    Ok(digest(stores, &[algorithm])?
        .algorithms([])
        .session_algorithms([algorithm]))
}

/// The default limits: at most 1 MiB, and not too slowly.
fn limits() -> BodyLimits {
    BodyLimits::new(TokioClock::new())
}

/// Adds a route whose digest covers the body, if the client chooses `auth-int`.
fn covered(
    index: &mut Index,
    path: &str,
    what: &str,
    try_it: Try,
    scheme: AuthInt<DigestAccounts>,
) -> Result<(), ConfigError> {
    let guard = RequireAuth::new(scheme)?.policy(role(MEMBER)?);
    let service = guard.layer(handler::known());
    index.add(path, what, try_it, service);
    Ok(())
}
