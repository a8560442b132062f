//! Computes key exchanges in a pool of threads.

use std::sync::Arc;

use super::builder::MutualBuilder;
use super::work::{ExchangeResult, ExchangeRunner, ExchangeWork};
use crate::client::{IpNetwork, UnresolvedClient};
use crate::now_or_later::NowOrLater;
use crate::password::HashingPool;
use crate::unavailable::Unavailable;

impl ExchangeRunner for HashingPool {
    fn network(&self, client: &UnresolvedClient<'_>) -> Option<IpNetwork> {
        client.resolve().network()
    }

    fn run(
        &self,
        work: ExchangeWork,
        network: Option<IpNetwork>,
    ) -> NowOrLater<Result<(ExchangeWork, ExchangeResult), Unavailable>> {
        let user = work.message.user.clone();
        let computed = self.run_for(&user, network, move || {
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
    /// The groups of integers need it, because their exchanges take 10 to 100 milliseconds. An attacker without a password
    /// can begin exchanges. The pool bounds how many threads they take, and answers `503` if its queue is full. It serves
    /// the names and the networks of clients in turn, so one client cannot keep the others out. The other requests of a
    /// session need no pool.
    pub fn pool(mut self, pool: HashingPool) -> Self {
        self.runner = Some(Arc::new(pool));
        self
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use http::Request;
    use http::header::AUTHORIZATION;

    use super::super::{HostValidation, Mutual, MutualAccount, MutualAlgorithm, MutualClient};
    use super::super::{MutualSecret, MutualSpace};
    use crate::client::PeerAddress;
    use crate::password::HashingPool;
    use crate::principal::Principal;
    use crate::request_head::RequestHead;
    use crate::scheme::{Attempt, Scheme, ServerRole, Verdict, VerdictNowOrLater};
    use crate::secret::Secret;

    const ORIGIN: &str = "https://example.com";

    type Server = Mutual<fn(&str) -> Option<MutualAccount>>;

    fn space() -> MutualSpace {
        MutualSpace::new(MutualAlgorithm::P256, ORIGIN, "notes").expect("a space")
    }

    fn account(user: &str) -> Option<MutualAccount> {
        let secret = MutualSecret::from_password(&space(), "ada", Secret::new("lovelace"));
        let account = MutualAccount::new(secret.expect("a password"), Principal::new("ada"));
        (user == "ada").then_some(account)
    }

    fn begin(mutual: &Server, user: &str, address: &str) -> VerdictNowOrLater<Principal> {
        let host = HostValidation::https_without_certificate(ORIGIN).expect("an origin");
        let client = MutualClient::new(user, Secret::new("lovelace")).expect("a name");
        let exchange = client.begin_in(&host, &space()).expect("random bytes");
        let peer = PeerAddress(address.parse().expect("an address"));
        let request = Request::get("/").header(AUTHORIZATION, exchange.credentials());
        let request = request.extension(peer).body(()).expect("a request");
        let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
        mutual.authenticate(&attempt).expect("Mutual claims it")
    }

    /// A stranger fills the queue of the pool with exchanges, under one name or under many. The exchange of a user has a
    /// place nevertheless.
    #[tokio::test]
    async fn a_flood_of_exchanges_from_one_client_keeps_no_other_out() {
        for names in [["bob"; 4], ["bob", "carol", "dave", "erin"]] {
            let pool = HashingPool::builder().threads(1).queue(4);
            let pool = pool.deadline(Duration::from_secs(600)).build();
            let pool = pool.expect("a thread");
            let host = HostValidation::https_without_certificate(ORIGIN).expect("an origin");
            let builder = Mutual::builder(&space(), host, account as fn(&str) -> _);
            let mutual = builder.pool(pool.clone()).build().expect("a scheme");
            // The thread of the pool waits until all have come.
            let (begun, has_begun) = mpsc::channel();
            let (release, released) = mpsc::channel::<()>();
            let busy = pool.run(move || begun.send(()).is_ok() && released.recv().is_ok());
            has_begun.recv().expect("the thread has begun");
            let flood = names.map(|name| begin(&mutual, name, "192.0.2.1:1000"));
            assert_eq!(pool.waiting(), 4);
            let ada = begin(&mutual, "ada", "198.51.100.1:1000");
            assert_eq!(pool.waiting(), 4);
            release.send(()).expect("the thread waits");
            assert_eq!(busy.await.ok(), Some(true));
            assert!(matches!(ada.await, Ok(Verdict::Continue(_))), "{names:?}");
            let mut answered = 0;
            for exchange in flood {
                answered += usize::from(exchange.await.is_ok());
            }
            assert_eq!(answered, 3, "{names:?}");
        }
    }
}
