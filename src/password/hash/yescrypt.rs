//! The hash format of yescrypt: `$y$`, the parameters, the salt and the hash, with `$` between them.

use std::sync::Arc;

use yescrypt::{Mode, Params};
use zeroize::Zeroizing;

use super::algorithm::HashAlgorithm;
use super::cost::HashCost;
use super::crypt64;
use super::stored::{StoredHash, inverted};
use crate::secret::same;
use crate::unavailable::Unavailable;

#[derive(Clone)]
pub(super) struct YescryptHash {
    params: Params,
    salt: Box<[u8]>,
    hash: Box<[u8]>,
}

/// In bytes. Every program writes hashes of this length.
const HASH_LENGTH: usize = 32;

/// In bytes. crypt(3) reads no longer salt.
const MAX_SALT_LENGTH: usize = 64;

impl YescryptHash {
    /// Parses the text after `$y$`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('$');
        let params = params(parts.next()?)?;
        let (salt, hash) = (parts.next()?, parts.next()?);
        let (salt, hash) = (crypt64::decode(salt)?, crypt64::decode(hash)?);
        let fits = salt.len() <= MAX_SALT_LENGTH && hash.len() == HASH_LENGTH;
        (fits && parts.next().is_none()).then_some(Self {
            params,
            salt: salt.into(),
            hash: hash.into(),
        })
    }
}

/// Parses the parameters that crypt(3) writes: the mode of yescrypt itself, `N` and `r`.
///
/// yescrypt has more parameters, for example for parallel threads, for more time and for a table in a ROM. The function
/// refuses them: crypt(3) never writes them, and the estimate of the cost does not count them.
fn params(text: &str) -> Option<Params> {
    let read = text.parse::<Params>().ok()?;
    let usual = Params::new(Mode::Rw, read.n(), read.r(), 1).ok()?;
    // Writing the parameters again shows that nothing follows them. The writer needs parameters within these limits.
    let is_in_range = usual.n() <= 1 << 40 && usual.r() < 1 << 30;
    (is_in_range && read == usual && usual.to_string() == text).then_some(usual)
}

impl StoredHash for YescryptHash {
    fn algorithm(&self) -> HashAlgorithm {
        HashAlgorithm::Yescrypt
    }

    /// There are `N` blocks of 128 times `r` bytes, and three more to work in.
    fn cost(&self) -> HashCost {
        let steps = self.params.n().saturating_mul(u64::from(self.params.r()));
        let blocks = self.params.n().saturating_add(3);
        let blocks = blocks.saturating_mul(u64::from(self.params.r()));
        HashCost::of(steps, 190, blocks.saturating_mul(128))
    }

    fn matches(&self, password: &[u8]) -> Result<bool, Unavailable> {
        let mut hash = Zeroizing::new([0; HASH_LENGTH]);
        let hashed = yescrypt::yescrypt(password, &self.salt, &self.params, &mut *hash);
        hashed
            .map_err(|_| Unavailable::new("yescrypt does not take the parameters of the hash"))?;
        Ok(same(&*hash, &self.hash))
    }

    fn decoy(&self) -> Arc<dyn StoredHash> {
        Arc::new(Self {
            hash: inverted(&self.hash),
            ..self.clone()
        })
    }
}
