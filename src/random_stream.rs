//! Random bytes for a request, without a call to the operating system for each.

use std::sync::atomic::{AtomicU64, Ordering};

use zeroize::Zeroizing;

use crate::config_error::ConfigError;
use crate::random::random;

/// Makes random bytes of a random seed of this process.
pub(crate) struct RandomStream {
    seed: Zeroizing<[u8; 32]>,
    counter: AtomicU64,
}

impl RandomStream {
    pub(crate) fn new() -> Result<Self, ConfigError> {
        Ok(Self {
            seed: Zeroizing::new(random()?),
            counter: AtomicU64::new(0),
        })
    }

    /// Returns a function that fills its argument with new random bytes each time.
    ///
    /// The bytes also depend on `context`. If a copy of the process repeats a number of the counter, the bytes are still
    /// others for another context.
    pub(crate) fn filler(&self, context: &[u8]) -> impl FnMut(&mut [u8]) + use<> {
        // The numbers only have to differ, so `Relaxed` suffices.
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let mut hash = blake3::Hasher::new_keyed(&self.seed);
        hash.update(&number.to_le_bytes()).update(context);
        let mut stream = hash.finalize_xof();
        move |bytes| stream.fill(bytes)
    }
}
