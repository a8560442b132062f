//! Tests SCRAM, whose exchange has two requests, with a table of accounts or a store that fails in one of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::Request;
use tower::{Service, ServiceExt};
use tower_challenge::Principal;
use tower_challenge::password::Lookup;
use tower_challenge::scheme::Scram;
use tower_challenge::scheme::scram::{ScramAccount, ScramAccounts};
use tower_challenge::store::MemoryStore;
use tower_challenge::throttle::AttemptOutcome;

use crate::broken::{BrokenStore, FAULTS, Fault, Part, Switch};
use crate::case::Expected;
use crate::support::run::still_waits;
use crate::support::{
    Body, OTHER_USER, PASSWORD, REALM, ScramLogin, TestServer, TestWorld, USER, WRONG, get, run,
};

/// The requests of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leg {
    First,
    Right,
    Wrong,
}

/// A server in which one part fails when the switch is on. A wrong answer of the table is the account of another user.
fn server(part: Part, switch: &Switch, accounts: &ScramAccounts) -> TestServer {
    let due = |other: Part| (part == other).then(|| switch.clone());
    let (table, fault) = (accounts.clone(), due(Part::Verifier));
    let lookup = move |name: &str| {
        let is_on = |switch: &&Switch| switch.on.load(Ordering::SeqCst);
        match fault.as_ref().filter(is_on) {
            Some(switch) => switch.answer::<Option<ScramAccount>>(found(&table, OTHER_USER)),
            None => table.lookup(name),
        }
    };
    let store = BrokenStore {
        inside: MemoryStore::new(),
        claim: due(Part::Claim),
        epoch: due(Part::Epoch),
    };
    let scram = Scram::builder(REALM, lookup).store(store).build().unwrap();
    TestServer::build(|_| vec![Box::new(scram)], |layer| layer)
}

fn found(accounts: &ScramAccounts, name: &str) -> Option<ScramAccount<Principal>> {
    accounts.lookup(name).try_now().unwrap().unwrap()
}

/// The answer during a fault, which is the same for all schemes whose exchange has two requests.
pub(crate) fn expected(part: Part, fault: Fault, leg: Leg) -> Expected {
    let otherwise = if leg == Leg::Right { 200 } else { 401 };
    let is_asked = match part {
        Part::Verifier => true,
        Part::Epoch => leg == Leg::First,
        _ => leg == Leg::Right,
    };
    match fault {
        _ if !is_asked => Expected::Status(otherwise),
        Fault::Never => Expected::Waits,
        Fault::Garbage => Expected::Status(401),
        _ => Expected::Status(503),
    }
}

/// The credentials of a request. The exchange begins before the fault is switched on.
fn credentials(server: &TestServer, leg: Leg) -> String {
    let password = if leg == Leg::Wrong { WRONG } else { PASSWORD };
    let login = ScramLogin::of(USER, password);
    if leg == Leg::First {
        return login.header();
    }
    let begun = server.ask(get("/").authorization(login.header()));
    login.answer(&begun.is_continued().challenges()[0]).header()
}

#[test]
fn a_fault_in_either_request_of_scram_admits_no_client_and_costs_no_attempt() {
    let accounts = ScramAccounts::new(TestWorld::accounts()).unwrap();
    for (part, fault, leg) in cases() {
        let on = Arc::new(AtomicBool::new(false));
        let switch = Switch { fault, on };
        let server = server(part, &switch, &accounts);
        let ask = get("/").authorization(credentials(&server, leg));
        switch.on.store(true, Ordering::SeqCst);
        let what = format!("{part:?} {fault:?} {leg:?}");
        match expected(part, fault, leg) {
            Expected::Waits => {
                let mut service = server.service();
                let Ok(ready) = run(ServiceExt::<Request<Body>>::ready(&mut service));
                assert!(still_waits(ready.call(ask.into_request())), "{what}");
            }
            Expected::Status(status) => {
                let answer = server.ask(ask);
                assert_eq!(answer.status, status, "{what}");
                let is_error = matches!(fault, Fault::Fails | Fault::FailsLater);
                if status == 503 && is_error {
                    assert_eq!(answer.settled, [AttemptOutcome::NotCounted], "{what}");
                }
            }
        }
        switch.on.store(false, Ordering::SeqCst);
        let again = credentials(&server, Leg::Right);
        server
            .ask(get("/").authorization(again))
            .is_admitted_as(USER);
    }
}

/// All faults, in each part that a scheme with an exchange depends on, during each request.
pub(crate) fn cases() -> impl Iterator<Item = (Part, Fault, Leg)> {
    let parts = [Part::Verifier, Part::Epoch, Part::Claim].into_iter();
    let faulty = parts.flat_map(|part| FAULTS.map(|fault| (part, fault)));
    faulty.flat_map(|(part, fault)| {
        [Leg::First, Leg::Right, Leg::Wrong].map(|leg| (part, fault, leg))
    })
}
