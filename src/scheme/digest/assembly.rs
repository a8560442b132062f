//! How what a builder was told becomes a scheme, or an error.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use super::Digest;
use super::accounts::DigestAccount;
use super::algorithm::DigestAlgorithm;
use super::builder::DigestBuilder;
use super::core::DigestCore;
use super::proof::Ha1;
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
    /// The scheme.
    ///
    /// # Errors
    ///
    /// There is no algorithm, one appears twice, or one is MD5 without [`legacy_md5`](Self::legacy_md5); the realm or
    /// the opaque text holds a control character; the domain holds what is no URI; there are session forms and no `qop`; a
    /// nonce would live for less than a second; the operating system has no random octets to give.
    pub fn build(self) -> Result<Digest<L>, ConfigError> {
        self.check()?;
        let offers = self.offers(&self.offer()?)?;
        let dummy = random()?;
        Ok(Digest::from_core(DigestCore {
            nonces: self.nonces(&offers)?,
            offers,
            realm: self.realm,
            opaque: self.opaque,
            rules: self.rules,
            lookup: self.lookup,
            names: self.names,
            store: self.store.unwrap_or_else(|| Arc::new(MemoryStore::new())),
            epoch: AtomicU64::new(0),
            dummies: DigestAlgorithm::ALL.map(|algorithm| Ha1::dummy(algorithm, dummy)),
        }))
    }
}

impl<L> DigestBuilder<L> {
    /// The algorithms to offer, and whether each is in its session form.
    fn offer(&self) -> Result<Vec<(DigestAlgorithm, bool)>, ConfigError> {
        let plain = self.algorithms.iter().map(|it| (*it, false));
        let sessions = self.sessions.iter().map(|it| (*it, true));
        let mut offer = plain.chain(sessions).collect::<Vec<_>>();
        let names_md5 = offer.iter().any(|(it, _)| *it == DigestAlgorithm::Md5);
        if names_md5 && !self.legacy_md5 {
            return Err(ConfigError::new("to offer MD5, call `legacy_md5`"));
        }
        if self.legacy_md5 && !names_md5 {
            offer.push((DigestAlgorithm::Md5, false));
        }
        offer.sort_by_key(|(algorithm, session)| (*session, *algorithm == DigestAlgorithm::Md5));
        let repeated = (1..offer.len()).any(|end| offer[..end].contains(&offer[end]));
        match offer.is_empty() || repeated {
            true => Err(ConfigError::new(
                "offer one algorithm at least, and each once",
            )),
            false => Ok(offer),
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        self.rules.check()?;
        if self.rules.silent && !self.sessions.is_empty() {
            return Err(ConfigError::new("without `qop` there are no sessions"));
        }
        if self.lifetime < Duration::from_secs(1) {
            return Err(ConfigError::new(
                "a nonce has to live for a second at least",
            ));
        }
        let uris = self.domain.as_deref().map(|uris| uris.split(' '));
        match uris.is_some_and(|mut uris| !uris.all(is_uri)) {
            true => Err(ConfigError::new(
                "a domain is made of absolute URIs and paths, one at least",
            )),
            false => Ok(()),
        }
    }

    fn offers(
        &self,
        algorithms: &[(DigestAlgorithm, bool)],
    ) -> Result<Vec<OfferedAlgorithm>, ConfigError> {
        let said = ChallengeText {
            realm: &self.realm,
            domain: self.domain.as_deref(),
            opaque: self.opaque.as_deref(),
            qop: self.rules.qop(),
            userhash: self.names.is_some(),
        };
        let offers = algorithms.iter();
        let offers =
            offers.map(|(algorithm, session)| OfferedAlgorithm::new(&said, *algorithm, *session));
        offers.collect()
    }

    fn nonces(&self, offers: &[OfferedAlgorithm]) -> Result<NonceIssuer, ConfigError> {
        let keys = self.keys.clone().map_or_else(NonceKeys::random, Ok)?;
        let names = offers
            .iter()
            .map(OfferedAlgorithm::name)
            .collect::<Vec<_>>()
            .join(",");
        let qop = self.rules.qop().unwrap_or_default();
        let uses = self.rules.uses();
        let space = [
            self.realm.as_bytes(),
            names.as_bytes(),
            qop.as_bytes(),
            &uses,
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
    // The parser lets quotes pass, which RFC 3986 has in no URI, and which clients stumble over.
    let uri = text.parse::<http::Uri>().ok();
    let uri = uri.filter(|_| !text.contains(['"', '\\']));
    uri.is_some_and(|uri| text.starts_with('/') || uri.scheme().is_some())
}
