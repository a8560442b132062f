//! The turns of accounts and networks at the hashing pool.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::client::{
    ClientResolver, ForwardedHeader, IpNetwork, PeerAddress, UnresolvedClient,
};
use tower_challenge::password::precis::PrecisVerifier;
use tower_challenge::password::{HashedAccounts, HashingPool, VerifyPassword};
use tower_challenge::{
    NowOrLater, Principal, RequestHead, RequireAuth, Secret, Unavailable, VerifiedNowOrLater,
};

use crate::hashing::{ADA, Bench, Gate, clock, wait, wait_until};

type Done = NowOrLater<Result<(), Unavailable>>;

/// A pool with one thread, and the order in which it does its work.
struct Turns {
    pool: HashingPool,
    gate: Gate,
    done: Arc<Mutex<Vec<String>>>,
    first: Done,
}

impl Turns {
    /// A pool whose thread is busy until [`finish`](Self::finish).
    fn busy(queue: usize) -> Self {
        let pool = HashingPool::builder().threads(1).queue(queue);
        let pool = pool.clock(clock()).build().unwrap();
        let gate = Gate::default();
        gate.close();
        let behind = gate.clone();
        let first = pool.run(move || behind.wait());
        wait_until(|| pool.waiting() == 0);
        Self {
            pool,
            gate,
            done: Arc::default(),
            first,
        }
    }

    fn add(&self, account: &str, network: &str) -> Done {
        let (done, name) = (Arc::clone(&self.done), format!("{account} {network}"));
        let network: Option<IpNetwork> = network.parse().ok();
        self.pool
            .run_for(account, network, move || done.lock().unwrap().push(name))
    }

    /// Lets the thread do its work, and returns the order.
    fn finish(self, work: Vec<Done>) -> Vec<String> {
        self.gate.open();
        wait(self.first).unwrap();
        work.into_iter().for_each(|work| wait(work).unwrap());
        std::mem::take(&mut self.done.lock().unwrap())
    }
}

#[test]
fn a141_a_login_waits_for_one_guess_and_not_for_all_guesses_at_another_account() {
    let turns = Turns::busy(64);
    let guess = || turns.add("ada", "192.0.2.1");
    let mut work: Vec<_> = (0..32).map(|_| guess()).collect();
    work.push(turns.add("grace", "192.0.2.1"));
    work.push(turns.add("ada", "198.51.100.7"));
    let order = turns.finish(work);
    let place = |name: &str| order.iter().position(|done| done == name).unwrap();
    assert_eq!(place("grace 192.0.2.1"), 1, "{order:?}");
    assert!(place("ada 198.51.100.7") <= 2, "{order:?}");
}

#[test]
fn a141_a_login_takes_the_place_of_a_guess_when_the_queue_is_full_of_guesses() {
    let turns = Turns::busy(4);
    let mut guesses: Vec<_> = (0..4).map(|_| turns.add("ada", "192.0.2.1")).collect();
    let refused = turns.add("ada", "192.0.2.1").try_now().expect("at once");
    assert_eq!(
        refused.unwrap_err().to_string(),
        "the password hashing queue is full"
    );
    let login = turns.add("grace", "192.0.2.1");
    assert_eq!(turns.pool.waiting(), 4);
    let displaced = wait::<Done>(guesses.pop().unwrap()).unwrap_err();
    assert_eq!(displaced.to_string(), "the password hashing queue is full");
    assert!(displaced.is_not_compared() && displaced.delay().as_secs() == 1);
    guesses.push(login);
    let order = turns.finish(guesses);
    assert_eq!(order[1], "grace 192.0.2.1", "{order:?}");
}

/// `run` has no account and no network. All of its work shares one turn.
#[test]
fn work_without_an_account_shares_one_turn() {
    let turns = Turns::busy(64);
    let run = |_| {
        let done = Arc::clone(&turns.done);
        turns
            .pool
            .run(move || done.lock().unwrap().push("run".to_owned()))
    };
    let mut work: Vec<_> = (0..8).map(run).collect();
    work.push(turns.add("ada", "192.0.2.1"));
    let order = turns.finish(work);
    assert_eq!(order[1], "ada 192.0.2.1", "{order:?}");
}

/// The verifiers of this crate pass the client on, so that the pool knows its network.
#[test]
fn a141_the_owner_of_an_account_has_a_turn_beside_guesses_from_another_network() {
    let bench = Bench::of(HashedAccounts::new([("ada", ADA)]).unwrap());
    let verifier = Arc::new(PrecisVerifier(bench.verifier.clone()));
    let resolver = ClientResolver::by_connection();
    let ask = |peer: [u8; 4], password: &str| {
        let peer = PeerAddress(SocketAddr::from((peer, 40_000)));
        let request = Request::get("/").extension(peer).body(()).unwrap();
        let client = UnresolvedClient::new(RequestHead::of(&request), &resolver);
        verifier.verify_for("ada", Secret::new(password), &client)
    };
    bench.watch.gate.close();
    let first = ask([192, 0, 2, 1], "guess");
    wait_until(|| bench.watch.count() == 1);
    let guesses: Vec<_> = (0..5)
        .map(|i| ask([192, 0, 2, 1], &format!("guess {i}")))
        .collect();
    let owner = ask([198, 51, 100, 7], "lovelace");
    bench.watch.gate.open();
    assert!(wait(owner).unwrap().is_ok());
    assert!(wait(first).unwrap().is_err());
    guesses
        .into_iter()
        .for_each(|guess| assert!(wait(guess).unwrap().is_err()));
    let order: Vec<_> = bench
        .watch
        .take()
        .into_iter()
        .map(|(_, password)| password)
        .collect();
    assert_eq!(order[2], "lovelace", "{order:?}");
}

/// A verifier that records the network of each client.
#[derive(Default)]
struct Networks(Mutex<Vec<Option<IpNetwork>>>);

impl VerifyPassword for Networks {
    type Identity = Principal;

    fn verify(&self, _: &str, _: Secret<'_>) -> VerifiedNowOrLater<Principal> {
        panic!("the scheme knows the client")
    }

    fn verify_for(
        &self,
        user: &str,
        _: Secret<'_>,
        client: &UnresolvedClient<'_>,
    ) -> VerifiedNowOrLater<Principal> {
        self.0.lock().unwrap().push(client.resolve().network());
        NowOrLater::now(Ok(Ok(Principal::new(user))))
    }
}

#[test]
fn a_verifier_gets_the_client_that_the_resolver_of_the_layer_finds() {
    let networks = Arc::new(Networks::default());
    let verifier: Arc<dyn VerifyPassword<Identity = Principal>> = networks.clone();
    let proxies = ClientResolver::behind_networks(ForwardedHeader::XForwardedFor, ["10.0.0.1"]);
    let layer = RequireAuth::basic("files", verifier).unwrap();
    let service = layer
        .client(proxies.unwrap())
        .layer(service_fn(async |_: Request<()>| {
            Ok::<_, Infallible>(Response::new(()))
        }));
    let ask = |peer: [u8; 4]| {
        let request = Request::get("/").header("authorization", "Basic YWRhOmxvdmVsYWNl");
        let request = request.header("x-forwarded-for", "2001:db8::7");
        let peer = PeerAddress(SocketAddr::from((peer, 40_000)));
        let request = request.extension(peer).body(()).unwrap();
        assert_eq!(
            wait(service.clone().oneshot(request)).unwrap().status(),
            200
        );
    };
    ask([10, 0, 0, 1]);
    ask([192, 0, 2, 1]);
    let found = networks.0.lock().unwrap();
    let expected = ["2001:db8::/64", "192.0.2.1/32"].map(|network| network.parse().ok());
    assert_eq!(*found, expected);
}
