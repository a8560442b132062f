//! Tests Mutual, whose session begins with two requests, with a table of accounts, a store or a pool that fails in one of
//! them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::SystemTime;

use http::{Request, StatusCode};
use tower::{Service, ServiceExt};
use tower_challenge::clock::ManualClock;
use tower_challenge::password::{HashingPool, Lookup};
use tower_challenge::scheme::Mutual;
use tower_challenge::scheme::mutual::{MutualAccount, MutualAccounts, NonceKeys};
use tower_challenge::store::MemoryStore;
use tower_challenge::throttle::AttemptOutcome;

use crate::broken::{BrokenStore, Fault, Part, Switch};
use crate::case::Expected;
use crate::scram::{Leg, cases, expected};
use crate::support::run::still_waits;
use crate::support::{
    Body, MutualLogin, MutualTurns, OTHER_USER, PASSWORD, TestServer, TestWorld, USER, WRONG, get,
    run,
};

/// The accounts. To make them takes some milliseconds, so it is done once.
static ACCOUNTS: LazyLock<MutualAccounts> =
    LazyLock::new(|| MutualAccounts::new(&login(PASSWORD).space, TestWorld::accounts()).unwrap());

fn login(password: &str) -> MutualLogin {
    MutualLogin::of(USER, password)
}

/// A server in which one part fails when the switch is on. A wrong answer of the table is the account of another user.
fn server(part: Part, switch: &Switch) -> TestServer {
    let due = |other: Part| (part == other).then(|| switch.clone());
    let fault = due(Part::Verifier);
    let lookup = move |name: &str| {
        let is_on = |switch: &&Switch| switch.on.load(Ordering::SeqCst);
        match fault.as_ref().filter(is_on) {
            Some(switch) => switch.answer::<Option<MutualAccount>>(found(OTHER_USER)),
            None => ACCOUNTS.lookup(name),
        }
    };
    let store = BrokenStore {
        inside: MemoryStore::new(),
        claim: due(Part::Claim),
        epoch: due(Part::Epoch),
    };
    let login = login(PASSWORD);
    let mutual = Mutual::builder(&login.space, login.host, lookup).store(store);
    let mutual = mutual.build().unwrap();
    TestServer::build(|_| vec![Box::new(mutual)], |layer| layer)
}

fn found(name: &str) -> Option<MutualAccount> {
    ACCOUNTS.lookup(name).try_now().unwrap().unwrap()
}

fn begin(server: &TestServer, login: &MutualLogin) -> MutualTurns {
    let begun = login.begin();
    let answer = server.ask(get("/").authorization(begun.header()));
    begun.answer(&answer.is_continued().challenges()[0])
}

/// The credentials of a request. The session begins before the fault is switched on.
fn credentials(server: &TestServer, leg: Leg) -> String {
    match leg {
        Leg::First => login(PASSWORD).begin().header(),
        Leg::Right | Leg::Again => begin(server, &login(PASSWORD)).header(1),
        Leg::Wrong => begin(server, &login(WRONG)).header(1),
    }
}

/// Sends a request during a fault, and asserts its answer.
fn assert_expected(server: &TestServer, (part, fault, leg): (Part, Fault, Leg), sent: &str) {
    let (ask, what) = (
        get("/").authorization(sent),
        format!("{part:?} {fault:?} {leg:?}"),
    );
    match expected(part, fault, leg) {
        Expected::Waits => {
            let _ = server.probe.take();
            let mut service = server.service();
            let Ok(ready) = run(ServiceExt::<Request<Body>>::ready(&mut service));
            assert!(still_waits(ready.call(ask.into_request())), "{what}");
            assert_eq!(server.probe.calls(), 0, "{what}");
        }
        Expected::Status(status) => {
            let answer = server.ask(ask);
            assert_eq!(answer.status, status, "{what}");
            assert_eq!(answer.is_from_inside(), status == 200, "{what}");
            let is_error = matches!(fault, Fault::Fails | Fault::FailsLater);
            if status == 503 && is_error {
                assert_eq!(answer.settled, [AttemptOutcome::NotCounted], "{what}");
            }
        }
    }
}

/// A fault ends no session. After it, the client sends the same credentials again, and the server admits it. A wrong answer
/// of the table or of the store means that the account has changed or that the count is used, so it ends the session.
#[test]
fn a_fault_in_either_request_of_mutual_admits_no_client_and_costs_no_attempt() {
    for case in cases(&[Leg::First, Leg::Right, Leg::Wrong]) {
        let (part, fault, leg) = case;
        let on = Arc::new(AtomicBool::new(false));
        let switch = Switch { fault, on };
        let server = server(part, &switch);
        let sent = credentials(&server, leg);
        switch.on.store(true, Ordering::SeqCst);
        assert_expected(&server, case, &sent);
        switch.on.store(false, Ordering::SeqCst);
        let is_interrupted =
            fault != Fault::Garbage && expected(part, fault, leg) != Expected::Status(200);
        let again = get("/").authorization(sent);
        match leg {
            Leg::First => drop(server.ask(again).is_continued()),
            Leg::Right if is_interrupted => drop(server.ask(again).is_admitted_as(USER)),
            _ => assert_eq!(
                server.ask(again).status,
                StatusCode::UNAUTHORIZED,
                "{case:?}"
            ),
        }
        let right = credentials(&server, Leg::Right);
        server
            .ask(get("/").authorization(right))
            .is_admitted_as(USER);
    }
}

/// The thread of the pool is busy and its queue is full. The server answers a first message with `503`, which counts as no
/// guess. A proof needs no pool, so a session that has begun goes on.
#[test]
fn a_full_pool_stops_new_sessions_of_mutual_and_no_others() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let pool = HashingPool::builder().threads(1).queue(1).clock(clock);
    let pool = pool.build().unwrap();
    let (login, store) = (login(PASSWORD), MemoryStore::new());
    let keys = NonceKeys::new([3; 32]).unwrap();
    // A server without the pool begins the sessions. It shares its keys and its store with the server that is tested.
    let [without, server] = [None, Some(pool.clone())].map(|pool| {
        let builder = Mutual::builder(&login.space, login.host.clone(), ACCOUNTS.clone());
        let builder = builder.nonce_keys(keys.clone()).store(store.clone());
        let builder = match pool {
            Some(pool) => builder.pool(pool),
            None => builder,
        };
        let mutual = builder.build().unwrap();
        TestServer::build(|_| vec![Box::new(mutual)], |layer| layer)
    });
    let turns = begin(&without, &login);
    let gate = Arc::new(Mutex::new(()));
    let closed = gate.lock().unwrap();
    let blocked = || {
        let gate = Arc::clone(&gate);
        pool.run(move || drop(gate.lock().unwrap()))
    };
    let busy = blocked();
    while pool.waiting() > 0 {
        std::thread::yield_now();
    }
    let queued = blocked();
    let first = get("/").authorization(login.begin().header());
    let answer = server.ask(first.clone());
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.settled, [AttemptOutcome::NotCounted]);
    let proof = get("/").authorization(turns.header(1));
    server.ask(proof).is_admitted_as(USER);
    drop(closed);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let response = runtime.unwrap().block_on(async {
        let (busy, queued) = (busy.await, queued.await);
        assert!(busy.is_ok() && queued.is_ok());
        server.service().oneshot(first.into_request()).await
    });
    let Ok(response) = response;
    let challenge = response.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains("ks1="), "{challenge}");
}
