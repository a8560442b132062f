//! The accounts of the server, in the form that each scheme needs.

use std::collections::HashMap;
use std::sync::OnceLock;

use tower_challenge::password::PlaintextAccounts;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::scheme::digest::{DigestAccount, DigestAccounts};
use tower_challenge::scheme::mutual::{MutualAccount, MutualSecret, MutualSpace};
use tower_challenge::scheme::scram::proof::ScramKey;
use tower_challenge::scheme::scram::{
    MIN_ITERATIONS, ScramAccount, ScramAccounts, ScramMechanism, ScramSecret, StringPreparation,
};
use tower_challenge::scheme::sigv4::{AccessKey, AccessKeys};
use tower_challenge::{ConfigError, Principal, Secret};

/// The realm of every route.
pub(crate) const REALM: &str = "interop";

/// The role that every route requires. `guest` has an account without the role, so it gets `403`.
pub(crate) const MEMBER: &str = "member";

const MEMBERS: [(&str, &str); 4] = [
    ("mufasa", "Circle of Life"),
    ("Jäsøn Doe", "Sécret, €r nöt?"),
    ("colon", "a:b::c"),
    (r"GUILD\ada", "lovelace"),
];

const GUEST: (&str, &str) = ("guest", "guest");

fn people() -> impl Iterator<Item = (&'static str, &'static str, Principal)> {
    let member = |(name, password)| (name, password, Principal::new(name).with_role(MEMBER));
    let (name, password) = GUEST;
    let guest = (name, password, Principal::new(name));
    MEMBERS.into_iter().map(member).chain([guest])
}

/// The accounts for Basic, with passwords.
pub(crate) fn passwords() -> Result<PlaintextAccounts, ConfigError> {
    PlaintextAccounts::with_identities(people())
}

/// The accounts for Digest, with hashes of the same passwords.
pub(crate) fn digests() -> Result<DigestAccounts, ConfigError> {
    DigestAccounts::from_accounts(people().map(|(name, password, identity)| {
        let password = Secret::new(password);
        let account = DigestAccount::from_password(REALM, name, password, identity);
        (name.to_owned(), account)
    }))
}

/// The key of the made-up salts of SCRAM. An application loads it as a secret.
pub(crate) const FAKE_SALT_KEY: [u8; 32] = *b"a secret of the test server only";

/// The accounts for SCRAM, with the secrets of the same passwords. The salts are the same after a restart, so that a test
/// can compare them with the made-up ones.
pub(crate) fn scram_secrets(mechanism: ScramMechanism) -> Result<ScramAccounts, ConfigError> {
    let prepare = StringPreparation::opaque_string();
    let refused = || ConfigError::new("PRECIS refuses an account of the server");
    let accounts = people().map(|(name, password, identity)| {
        let name = prepare.user(name).ok_or_else(refused)?;
        let password = prepare
            .password(Secret::new(password))
            .ok_or_else(refused)?;
        let salt = ScramKey::salted_password(mechanism, Secret::new(&name), &FAKE_SALT_KEY, 1);
        let salt = &salt.as_bytes()[..16];
        let secret = ScramSecret::derive(mechanism, password.as_secret(), salt, MIN_ITERATIONS)?;
        Ok((name, ScramAccount::new(secret, identity)))
    });
    ScramAccounts::from_accounts(accounts.collect::<Result<Vec<_>, ConfigError>>()?)
}

/// Looks up the accounts for Mutual, with the secrets of the same passwords.
///
/// The first client of a space waits until they are made. All of them take more than a second in a debug build, and most
/// tests start the server without using them.
pub(crate) fn mutual_secrets(space: MutualSpace) -> impl Fn(&str) -> Option<MutualAccount> {
    let accounts = OnceLock::<HashMap<&str, MutualAccount>>::new();
    let make = move || {
        let account = |(name, password, identity)| {
            let secret = MutualSecret::from_password(&space, name, Secret::new(password)).ok()?;
            Some((name, MutualAccount::new(secret, identity)))
        };
        people().filter_map(account).collect()
    };
    move |name| accounts.get_or_init(&make).get(name).cloned()
}

/// A token of mufasa, of the form that Laravel issues. It is no b64token.
pub(crate) const APPLICATION_TOKEN: &str = "5|kq8Zr0vT3xWb";

/// The application token, for Bearer.
pub(crate) fn visible_tokens() -> Result<StaticTokens, ConfigError> {
    let mufasa = Principal::new("mufasa").with_role(MEMBER);
    let tokens = StaticTokens::new()?.allow_visible_ascii();
    tokens.token(APPLICATION_TOKEN, mufasa)
}

/// The owner of the application token, which a client sends as the name or as the password of Basic.
pub(crate) fn owner(token: Secret<'_>) -> Option<Principal> {
    let is_right = token.matches(APPLICATION_TOKEN);
    is_right.then(|| Principal::new("mufasa").with_role(MEMBER))
}

/// Two Bearer tokens of the same user.
pub(crate) fn tokens() -> Result<StaticTokens, ConfigError> {
    let mufasa = Principal::new("mufasa").with_role(MEMBER);
    let good = mufasa.clone().with_scopes("read write");
    StaticTokens::new()?
        .token("good-token_1.2~3+4/5==", good)?
        .token("low-token", mufasa.with_scopes("read"))
}

/// The key for SigV4: the example key of the AWS documentation.
pub(crate) fn access_keys() -> Result<AccessKeys, ConfigError> {
    let mufasa = Principal::new("mufasa").with_role(MEMBER);
    let key = AccessKey::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", mufasa);
    AccessKeys::from_keys([("AKIDEXAMPLE".to_owned(), key)])
}
