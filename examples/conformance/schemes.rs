//! Configures each scheme.

use tower_challenge::clock::TokioClock;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::policy::role;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::scheme::digest::{DigestAccounts, DigestAlgorithm, DigestBuilder};
use tower_challenge::scheme::scram::{ScramAccounts, ScramBuilder, ScramMechanism};
use tower_challenge::scheme::sigv4::{AccessKeys, CredentialScope, SigV4Builder};
use tower_challenge::scheme::{ApiKey, Basic, Bearer, BoxScheme, Digest, SchemeExt, Scram, SigV4};
use tower_challenge::{ConfigError, PlainScheme, RequireAuth, Secret};

use crate::accounts::{self, MEMBER, REALM};
use crate::stores::Stores;

/// A layer with any scheme.
pub(crate) type Guard = RequireAuth<BoxScheme>;

/// Makes a layer that lets a caller through if `scheme` admits it and it is a member.
pub(crate) fn members(scheme: impl PlainScheme) -> Result<Guard, ConfigError> {
    let scheme = scheme.boxed();
    Ok(RequireAuth::new(scheme)?.policy(role(MEMBER)?))
}

pub(crate) fn basic() -> Result<Basic<PlaintextAccounts>, ConfigError> {
    Basic::new(REALM, accounts::passwords()?)
}

pub(crate) fn bearer() -> Result<Bearer<StaticTokens>, ConfigError> {
    Bearer::new(REALM, accounts::tokens()?)
}

/// Makes Bearer for tokens that are no b64tokens.
pub(crate) fn visible_bearer() -> Result<Bearer<StaticTokens>, ConfigError> {
    Ok(Bearer::new(REALM, accounts::visible_tokens()?)?.allow_visible_ascii())
}

/// Makes the scheme for API keys. The key is the application token.
pub(crate) fn api_key() -> Result<ApiKey<StaticTokens>, ConfigError> {
    ApiKey::new(REALM, accounts::visible_tokens()?)
}

/// Makes Basic for clients that send a token as the name, with an empty password.
pub(crate) fn basic_with_token_as_name() -> Result<impl PlainScheme, ConfigError> {
    let owner = |name: &str, password: Secret<'_>| {
        let is_empty = password.expose().is_empty();
        is_empty.then(|| accounts::owner(Secret::new(name)))?
    };
    Ok(Basic::new(REALM, owner)?.allow_empty_password())
}

/// Makes Basic for clients that send a token as the password, with an empty name.
pub(crate) fn basic_with_token_as_password() -> Result<impl PlainScheme, ConfigError> {
    let owner =
        |name: &str, password: Secret<'_>| name.is_empty().then(|| accounts::owner(password))?;
    Ok(Basic::new(REALM, owner)?.allow_empty_user())
}

/// Makes a Digest builder with these algorithms and the stores of the server. The caller may configure it further.
pub(crate) fn digest(
    stores: &Stores,
    algorithms: &[DigestAlgorithm],
) -> Result<DigestBuilder<DigestAccounts>, ConfigError> {
    let digest = digest_builder(algorithms)?.nonce_keys(stores.nonce_keys()?);
    Ok(digest.store(stores.replay()))
}

/// Makes a Digest builder with these algorithms.
pub(crate) fn digest_builder(
    algorithms: &[DigestAlgorithm],
) -> Result<DigestBuilder<DigestAccounts>, ConfigError> {
    let digest = Digest::builder(REALM, accounts::digests()?);
    let digest = digest.algorithms(algorithms.iter().copied());
    Ok(if algorithms.contains(&DigestAlgorithm::Md5) {
        digest.legacy_md5()
    } else {
        digest
    })
}

/// Makes a SCRAM builder.
pub(crate) fn scram(
    stores: &Stores,
    mechanism: ScramMechanism,
) -> Result<ScramBuilder<ScramAccounts>, ConfigError> {
    let scram = Scram::builder(REALM, accounts::scram_secrets(mechanism)?)
        .nonce_keys(stores.nonce_keys()?)
        .store(stores.replay());
    let scram = scram.opaque_string().fake_salt_key(accounts::FAKE_SALT_KEY);
    Ok(match mechanism {
        ScramMechanism::Sha1 => scram.legacy_sha1(),
        _ => scram,
    })
}

/// Makes a SigV4 builder for a service in `us-east-1`.
pub(crate) fn sigv4(service: &str) -> Result<SigV4Builder<AccessKeys>, ConfigError> {
    let region = "us-east-1";
    let (keys, timer) = (accounts::access_keys()?, TokioClock::new());
    Ok(SigV4::builder(
        REALM,
        CredentialScope { region, service },
        keys,
        timer,
    ))
}
