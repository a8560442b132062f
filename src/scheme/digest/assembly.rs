//! Checks the configuration of a Digest builder and builds the scheme.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use super::Digest;
use super::accounts::DigestAccount;
use super::algorithm::DigestAlgorithm;
use super::builder::DigestBuilder;
use super::core::DigestCore;
use super::proof::Ha1;
use super::quirks::ClientQuirk;
use super::template::{ChallengeText, OfferedAlgorithm};
use crate::config_error::ConfigError;
use crate::password::Lookup;
use crate::random::random;
use crate::stateless_nonce::{NonceIssuer, NonceKeys};
use crate::store::MemoryStore;

impl<L, I> DigestBuilder<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Checks the configuration and builds the scheme.
    ///
    /// # Errors
    ///
    /// The configuration is wrong:
    ///
    /// - The accounts have a [fault](super::IntoDigestLookup::into_digest_lookup), for example an empty password.
    /// - There is no algorithm, an algorithm appears twice, or there is MD5 without [`legacy_md5`](Self::legacy_md5).
    /// - The realm or the `opaque` text contains a control character.
    /// - The domain is empty, or contains a text that is neither an absolute URI nor a path that begins with a slash.
    /// - There are session algorithms, but the challenge has no `qop`.
    /// - There are session algorithms, [`HashLikeCnonce`](super::ClientQuirk::HashLikeCnonce) is tolerated, and so is
    ///   the form of RFC 2069.
    /// - A nonce would live for less than a second.
    ///
    /// Or the system random number generator failed.
    pub fn build(self) -> Result<Digest<L>, ConfigError> {
        self.check()?;
        let offers = self.offered_challenges(&self.algorithms_to_offer()?)?;
        let decoy = random()?;
        Ok(Digest::from_core(DigestCore {
            nonces: self.nonce_issuer(&offers)?,
            offers,
            realm: self.realm,
            opaque: self.opaque,
            rules: self.rules,
            lookup: self.lookup?,
            names: self.names,
            store: self.store.unwrap_or_else(|| Arc::new(MemoryStore::new())),
            epoch: AtomicU64::new(0),
            decoys: DigestAlgorithm::ALL.map(|algorithm| Ha1::decoy(algorithm, decoy)),
        }))
    }
}

impl<L> DigestBuilder<L> {
    /// The algorithms to offer, in the order of the challenges. The `bool` tells whether it is the session form.
    fn algorithms_to_offer(&self) -> Result<Vec<(DigestAlgorithm, bool)>, ConfigError> {
        let plain = self.algorithms.iter().map(|algorithm| (*algorithm, false));
        let sessions = self.sessions.iter().map(|algorithm| (*algorithm, true));
        let mut offer = plain.chain(sessions).collect::<Vec<_>>();
        let names_md5 = offer
            .iter()
            .any(|(algorithm, _)| *algorithm == DigestAlgorithm::Md5);
        if names_md5 && !self.legacy_md5 {
            return Err(ConfigError::new(
                "MD5 is not enabled: call `legacy_md5` to offer it",
            ));
        }
        if self.legacy_md5 && !names_md5 {
            offer.push((DigestAlgorithm::Md5, false));
        }
        // Plain algorithms come before session algorithms, and MD5 last in each group. The sort is stable, so the order
        // of the configuration is kept otherwise.
        offer.sort_by_key(|(algorithm, session)| (*session, *algorithm == DigestAlgorithm::Md5));
        let repeated = (1..offer.len()).any(|end| offer[..end].contains(&offer[end]));
        match offer.is_empty() || repeated {
            true => Err(ConfigError::new(
                "configure at least one algorithm, and each algorithm only once",
            )),
            false => Ok(offer),
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        self.rules.check()?;
        if !self.sessions.is_empty() {
            self.check_sessions()?;
        }
        if self.lifetime < Duration::from_secs(1) {
            return Err(ConfigError::new(
                "the nonce lifetime is too short: set at least 1 second",
            ));
        }
        let uris = self.domain.as_deref().map(|uris| uris.split(' '));
        match uris.is_some_and(|mut uris| !uris.all(is_uri)) {
            true => Err(ConfigError::new(
                "invalid domain: list at least one URI, each an absolute URI or a path that starts with a slash",
            )),
            false => Ok(()),
        }
    }

    fn check_sessions(&self) -> Result<(), ConfigError> {
        let hash_like = self.rules.quirks.has(ClientQuirk::HashLikeCnonce);
        match (self.rules.omit_qop, self.rules.rfc2069 && hash_like) {
            (true, _) => Err(ConfigError::new(
                "session algorithms need `qop`: remove `legacy_rfc2069_alone` or `session_algorithms`",
            )),
            (_, true) => Err(ConfigError::new(
                "`HashLikeCnonce` cannot be combined with `legacy_rfc2069`: an eavesdropper could sign requests",
            )),
            _ => Ok(()),
        }
    }

    fn offered_challenges(
        &self,
        algorithms: &[(DigestAlgorithm, bool)],
    ) -> Result<Vec<OfferedAlgorithm>, ConfigError> {
        let text = ChallengeText {
            realm: &self.realm,
            domain: self.domain.as_deref(),
            opaque: self.opaque.as_deref(),
            qop: self.rules.qop(),
            userhash: self.names.is_some(),
        };
        let offers = algorithms.iter();
        let offers =
            offers.map(|(algorithm, session)| OfferedAlgorithm::new(&text, *algorithm, *session));
        offers.collect()
    }

    /// Makes the issuer of nonces. The nonces are bound to the realm, the algorithms, `qop` and the rules for their
    /// use. For example, a nonce that was issued while MD5 was offered is not good once the server offers SHA-256
    /// alone.
    fn nonce_issuer(&self, offers: &[OfferedAlgorithm]) -> Result<NonceIssuer, ConfigError> {
        let keys = self.keys.clone().map_or_else(NonceKeys::random, Ok)?;
        let names = offers
            .iter()
            .map(OfferedAlgorithm::name)
            .collect::<Vec<_>>()
            .join(",");
        let qop = self.rules.qop().unwrap_or_default();
        let use_rules = self.rules.nonce_use_rules();
        let space = [
            self.realm.as_bytes(),
            names.as_bytes(),
            qop.as_bytes(),
            &use_rules,
        ];
        NonceIssuer::new(
            keys,
            "digest",
            &space,
            Arc::clone(&self.clock),
            self.lifetime,
        )
    }
}

/// RFC 7616 section 3.3: a list of URIs, where "If a URI is a path-absolute, it is relative to the canonical root URL".
fn is_uri(text: &str) -> bool {
    // `http::Uri` accepts quotes and backslashes. RFC 3986 allows neither in a URI, and clients fail on them.
    let uri = text.parse::<http::Uri>().ok();
    let uri = uri.filter(|_| !text.contains(['"', '\\']));
    uri.is_some_and(|uri| text.starts_with('/') || uri.scheme().is_some())
}
