//! Computes key exchanges in a pool of threads.

use std::sync::Arc;

use super::builder::MutualBuilder;
use super::work::{ExchangeResult, ExchangeRunner, ExchangeWork};
use crate::now_or_later::NowOrLater;
use crate::password::HashingPool;
use crate::unavailable::Unavailable;

impl ExchangeRunner for HashingPool {
    fn run(
        &self,
        work: ExchangeWork,
    ) -> NowOrLater<Result<(ExchangeWork, ExchangeResult), Unavailable>> {
        let computed = Self::run(self, move || {
            let result = work.compute();
            (work, result)
        });
        // No password is compared before the next request.
        computed.map(|computed| computed.map_err(Unavailable::not_compared))
    }
}

impl<L> MutualBuilder<L> {
    /// Computes key exchanges in `pool` in place of the thread of the request (feature `hashes`).
    ///
    /// Use it with the groups of integers, whose exchanges take 10 to 100 milliseconds. An attacker without a password can
    /// begin exchanges. The pool bounds how many threads they take, and answers `503` if its queue is full. The other
    /// requests of a session need no pool.
    pub fn pool(mut self, pool: HashingPool) -> Self {
        self.runner = Arc::new(pool);
        self
    }
}
