//! Checks the configuration of a Mutual builder and builds the scheme.

use std::sync::Arc;
use std::time::Duration;

use super::Mutual;
use super::accounts::MutualAccount;
use super::algorithm::MutualAlgorithm;
use super::builder::MutualBuilder;
use super::challenges::MutualChallenges;
use super::core::MutualCore;
use super::proof::PasswordKey;
use super::secret::MutualSecret;
use super::session_marks::SessionMarks;
use super::work::{ExchangeRunner, RunInline};
use crate::config_error::ConfigError;
use crate::password::Lookup;
use crate::random_stream::RandomStream;
use crate::stateless_nonce::{NonceIssuer, NonceKeys};
use crate::store::{MAX_COUNT, MemoryStore};

impl<L, I> MutualBuilder<L>
where
    L: Lookup<str, Record = MutualAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Checks the configuration and builds the scheme.
    ///
    /// # Errors
    ///
    /// The configuration is wrong:
    ///
    /// - The auth-scope does not cover the origin of the server.
    /// - A session would last for less than a second.
    /// - The server would mark no session.
    /// - A session would have fewer than 128 requests, or more than 4,096.
    /// - The algorithm has a group of integers, and neither `pool` nor [`compute_inline`](Self::compute_inline) was called.
    ///
    /// Or the system random number generator failed.
    pub fn build(self) -> Result<Mutual<L>, ConfigError> {
        self.check()?;
        let runner = self.runner()?;
        let random = Arc::new(RandomStream::new()?);
        let fill = &mut random.filler(b"decoy");
        let decoy = PasswordKey::random(self.space.algorithm(), fill).verifier();
        Ok(Mutual::from_core(MutualCore {
            challenges: MutualChallenges::new(&self.space, &self.host)?,
            decoy: MutualSecret::from_verifier(&self.space, decoy),
            nonces: self.nonce_issuer()?,
            marks: SessionMarks::new(self.marks),
            store: self.store.unwrap_or_else(|| Arc::new(MemoryStore::new())),
            space: self.space,
            host: self.host,
            lookup: self.lookup,
            random,
            runner,
            nc_max: self.nc_max,
            lifetime: self.lifetime,
        }))
    }
}

impl<L> MutualBuilder<L> {
    fn check(&self) -> Result<(), ConfigError> {
        if !self.host.is_in(self.space.auth_scope()) {
            return Err(ConfigError::new(
                "the auth-scope of Mutual does not cover the origin of the server",
            ));
        }
        if self.lifetime < Duration::from_secs(1) {
            return Err(ConfigError::new(
                "the lifetime of Mutual sessions must be at least one second",
            ));
        }
        if self.marks == 0 {
            return Err(ConfigError::new(
                "a server of Mutual marks at least one session",
            ));
        }
        match self.nc_max {
            128..=MAX_COUNT => Ok(()),
            _ => Err(ConfigError::new(
                "a session of Mutual has 128 to 4096 requests",
            )),
        }
    }

    /// Where key exchanges are computed. Those of the curves are fast enough for the thread of the request.
    fn runner(&self) -> Result<Arc<dyn ExchangeRunner>, ConfigError> {
        match (&self.runner, self.space.algorithm()) {
            (Some(runner), _) => Ok(Arc::clone(runner)),
            (None, MutualAlgorithm::P256 | MutualAlgorithm::P521) => Ok(Arc::new(RunInline)),
            (None, _) => Err(ConfigError::new(
                "the groups of integers of Mutual need a pool, or compute_inline",
            )),
        }
    }

    /// Makes the issuer of sids. They are bound to the protection space, the host and the lifetime.
    fn nonce_issuer(&self) -> Result<NonceIssuer, ConfigError> {
        let keys = self.keys.clone().map_or_else(NonceKeys::random, Ok)?;
        let space = [
            self.space.algorithm().name().as_bytes(),
            self.space.auth_scope().as_bytes(),
            self.space.realm().as_bytes(),
            self.host.name().as_bytes(),
            self.host.value(),
        ];
        let clock = Arc::clone(&self.clock);
        NonceIssuer::new(keys, "mutual", &space, clock, self.lifetime)
    }
}
