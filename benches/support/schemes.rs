//! The schemes of this crate as the cases configure them.
#![expect(clippy::unwrap_used, reason = "a bench that cannot start says where")]

use std::time::{Duration, SystemTime};

use tower::Layer;
use tower_challenge::clock::ManualClock;
use tower_challenge::introspection::{ClientCredentials, IntrospectionVerifier};
use tower_challenge::jose::KeySet;
use tower_challenge::jwt::{JwtVerifier, TokensByIssuer};
use tower_challenge::password::{
    HashedAccounts, HashedPasswords, OneAccount, PlaintextAccounts, VerifyPassword,
};
use tower_challenge::scheme::bearer::{StaticTokens, VerifyToken};
use tower_challenge::scheme::digest::{DigestAccounts, DigestAlgorithm};
use tower_challenge::scheme::scram::ScramAccounts;
use tower_challenge::scheme::sigv4::AccessKeys;
use tower_challenge::scheme::{Basic, Bearer, BodyUnread, Digest, Scram, SigV4};
use tower_challenge::throttle::FailureThrottle;
use tower_challenge::{Principal, RequireAuth, RequireAuthService, Scheme, Secret};

use super::inner::{Inner, ready_soon};
use super::issuer::{AUDIENCE, Algorithm, ISSUER, Issuer};
use super::requests::{KEY_ID, NAME, PASSWORD, REALM, SCOPE, SECRET, SIGNED_AT, TOKEN};

/// The number of tokens or accounts in a large table.
pub(crate) const MANY: usize = 1000;

pub(crate) fn protected<A: Scheme<BodyAccess = BodyUnread>>(
    scheme: A,
) -> RequireAuthService<Inner, A> {
    RequireAuth::new(scheme).unwrap().layer(Inner)
}

/// The same layer with a `FailureThrottle` in its default configuration.
pub(crate) fn throttled<A: Scheme<BodyAccess = BodyUnread>>(
    scheme: A,
) -> RequireAuthService<Inner, A> {
    let layer = RequireAuth::new(scheme).unwrap();
    layer.throttle(FailureThrottle::new().unwrap()).layer(Inner)
}

pub(crate) fn bearer() -> Bearer<StaticTokens> {
    bearer_of(1)
}

/// Bearer with `len` tokens. The clients of the benches send one of these tokens.
pub(crate) fn bearer_of(len: usize) -> Bearer<StaticTokens> {
    let tokens = tokens_of(len).map(|token| (token, Principal::new("mufasa")));
    let tokens = StaticTokens::new().unwrap().tokens(tokens).unwrap();
    Bearer::new(REALM, tokens).unwrap()
}

/// The right token, and other tokens of the same length.
pub(crate) fn tokens_of(len: usize) -> impl Iterator<Item = String> {
    let others = (1..len).map(|number| format!("{number:028}"));
    std::iter::once(TOKEN.to_owned()).chain(others)
}

/// Bearer with the tokens of the issuer that has these keys.
pub(crate) fn jwt(keys: &str) -> Bearer<JwtVerifier> {
    let verifier = JwtVerifier::builder(ISSUER, KeySet::from_jwks(keys).unwrap());
    Bearer::new(REALM, verifier.audience(AUDIENCE).build().unwrap()).unwrap()
}

/// A token that the authorization server of [`introspected`] says is active.
pub(crate) const GOOD_OPAQUE: &str = "5b1nUCvUQ3aTtqyYkxTlzjLZcG0wKsvQ0Yg4xqV2p9E";

/// Bearer with a verifier that has asked an authorization server about one good token and one inactive token.
pub(crate) fn introspected() -> Bearer<IntrospectionVerifier> {
    Bearer::new(REALM, introspection()).unwrap()
}

/// The same beside a verifier of JWTs.
pub(crate) fn introspected_or_jwt() -> Bearer<TokensByIssuer> {
    let keys = Issuer::new(Algorithm::Es256).key_set();
    let jwts = JwtVerifier::builder(ISSUER, KeySet::from_jwks(&keys).unwrap());
    let tokens = TokensByIssuer::new()
        .jwt(ISSUER, jwts.audience(AUDIENCE).build().unwrap())
        .and_then(|tokens| tokens.opaque(introspection()));
    Bearer::new(REALM, tokens).unwrap()
}

/// Bearer with the tokens of two issuers.
pub(crate) fn jwt_by_issuer(keys: &str) -> Bearer<TokensByIssuer> {
    let verifier = |issuer| {
        let verifier = JwtVerifier::builder(issuer, KeySet::from_jwks(keys).unwrap());
        verifier.audience(AUDIENCE).build().unwrap()
    };
    let tokens = TokensByIssuer::new().jwt(ISSUER, verifier(ISSUER)).unwrap();
    let other = "https://other.example";
    Bearer::new(REALM, tokens.jwt(other, verifier(other)).unwrap()).unwrap()
}

fn introspection() -> IntrospectionVerifier {
    let server = tower::service_fn(async |request: http::Request<Vec<u8>>| {
        let is_good = String::from_utf8_lossy(request.body()).contains(GOOD_OPAQUE);
        let text = match is_good {
            true => r#"{"active":true,"sub":"Aladdin","scope":"read"}"#,
            false => r#"{"active":false}"#,
        };
        let response = http::Response::builder().header("content-type", "application/json");
        Ok::<_, std::convert::Infallible>(response.body(text.to_owned()).unwrap())
    });
    let credentials = ClientCredentials::secret_basic("rs", "s3cret");
    let verifier = IntrospectionVerifier::builder("https://as.example/introspect", credentials);
    let verifier = verifier.client(server).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    for token in [GOOD_OPAQUE, "an-inactive-token"] {
        let verified = runtime.block_on(async { verifier.verify(Secret::new(token)).await });
        assert!(verified.is_ok());
    }
    verifier
}

pub(crate) fn basic() -> Basic<OneAccount> {
    basic_in(REALM)
}

pub(crate) fn basic_in(realm: &str) -> Basic<OneAccount> {
    Basic::new(realm, OneAccount::new(NAME, PASSWORD).unwrap()).unwrap()
}

/// Basic with `len` accounts in a table. The clients of the benches use one of them.
pub(crate) fn basic_of(len: usize) -> Basic<PlaintextAccounts> {
    let others = (1..len).map(|number| (format!("user{number}"), PASSWORD));
    let accounts = PlaintextAccounts::new(others.chain([(NAME.to_owned(), PASSWORD)]));
    Basic::new(REALM, accounts.unwrap()).unwrap()
}

/// The hash from `htpasswd -nbB -C 4 Aladdin 'open sesame'`.
pub(crate) const HASH: &str = "$2y$04$TqxOrVqYE4wKwa5F5gETIegeHeFHPn13YbWILaNPfP/C2wF378pCS";

/// Basic with a large table of accounts. The password of one account has already been verified.
pub(crate) fn basic_with_hashes() -> Basic<HashedPasswords<HashedAccounts>> {
    let others = (1..MANY).map(|number| (format!("user{number}"), HASH));
    let accounts = HashedAccounts::new(others.chain([(NAME.to_owned(), HASH)]));
    let verifier = HashedPasswords::new(accounts.unwrap()).unwrap();
    let first = ready_soon(verifier.verify(NAME, Secret::new(PASSWORD)));
    assert!(first.is_ok_and(|identity| identity.is_ok()));
    Basic::new(REALM, verifier).unwrap()
}

pub(crate) fn digest(algorithms: &[DigestAlgorithm]) -> Digest<DigestAccounts> {
    let accounts = DigestAccounts::new(REALM, [("mufasa", "Circle of Life")]).unwrap();
    let builder = Digest::builder(REALM, accounts).algorithms(algorithms.iter().copied());
    if algorithms.contains(&DigestAlgorithm::Md5) {
        builder.legacy_md5().build().unwrap()
    } else {
        builder.build().unwrap()
    }
}

pub(crate) const SCRAM_PASSWORD: &str = "Circle of Life";

pub(crate) fn scram() -> Scram<ScramAccounts> {
    let accounts = ScramAccounts::new([("mufasa", SCRAM_PASSWORD)]).unwrap();
    Scram::builder(REALM, accounts).build().unwrap()
}

pub(crate) fn sigv4() -> SigV4<AccessKeys> {
    let keys = AccessKeys::new([(KEY_ID, SECRET)]).unwrap();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(SIGNED_AT.into());
    SigV4::new(REALM, SCOPE, keys, ManualClock::new(now)).unwrap()
}
