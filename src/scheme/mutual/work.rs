//! Where does the server compute the powers of a key exchange? On the thread of the request, or in a pool.

use std::sync::Arc;

use super::message::KeyExchange;
use super::proof::{ServerKey, SessionSecret, Verifier};
use crate::client::{IpNetwork, UnresolvedClient};
use crate::now_or_later::NowOrLater;
use crate::random_stream::RandomStream;
use crate::unavailable::Unavailable;

/// A key exchange that the server has to answer. It has all that the computation needs.
pub(super) struct ExchangeWork {
    pub(super) verifier: Verifier,
    pub(super) message: KeyExchange,
    pub(super) random: Arc<RandomStream>,
}

/// `K_s1` and the secret of the session. It is `None` if the exchange must end.
pub(super) type ExchangeResult = Option<(Vec<u8>, SessionSecret)>;

impl ExchangeWork {
    pub(super) fn compute(&self) -> ExchangeResult {
        let algorithm = self.verifier.algorithm();
        let mut fill = self.random.filler(&self.message.k_c1);
        let s_s1 = algorithm.group().exponent(&mut fill);
        let key = ServerKey::new(&self.verifier, &self.message.k_c1, &s_s1)?;
        Some((key.element().to_vec(), key.agree()?))
    }
}

/// Runs the computation, and returns the work with the result.
///
/// `network` is that of the client, if the runner has found it.
pub(super) trait ExchangeRunner: Send + Sync {
    /// Finds the network of a client, if the runner serves networks in turn.
    fn network(&self, _: &UnresolvedClient<'_>) -> Option<IpNetwork> {
        None
    }

    fn run(
        &self,
        work: ExchangeWork,
        network: Option<IpNetwork>,
    ) -> NowOrLater<Result<(ExchangeWork, ExchangeResult), Unavailable>>;
}

/// Computes on the thread of the request.
pub(super) struct RunInline;

impl ExchangeRunner for RunInline {
    fn run(
        &self,
        work: ExchangeWork,
        _: Option<IpNetwork>,
    ) -> NowOrLater<Result<(ExchangeWork, ExchangeResult), Unavailable>> {
        let result = work.compute();
        NowOrLater::now(Ok((work, result)))
    }
}
