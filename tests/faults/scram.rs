//! Tests SCRAM, whose exchange has two requests, and its reauthentication, with a table of accounts or a store that fails in one of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

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
use crate::support::scram_client::text;
use crate::support::{
    Body, OTHER_USER, PASSWORD, REALM, ScramLogin, TestServer, TestWorld, USER, WRONG, get, run,
};

/// The lifetime of a nonce for reauthentications.
const LIFETIME: Duration = Duration::from_secs(60);

/// The requests of an exchange, and a reauthentication after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leg {
    First,
    Right,
    Wrong,
    Again,
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
    let scram = Scram::builder(REALM, lookup).store(store);
    let scram = scram.reauthentication(LIFETIME).build().unwrap();
    TestServer::build(|_| vec![Box::new(scram)], |layer| layer)
}

fn found(accounts: &ScramAccounts, name: &str) -> Option<ScramAccount<Principal>> {
    accounts.lookup(name).try_now().unwrap().unwrap()
}

/// The answer during a fault, which is the same for all schemes whose exchange has two requests.
pub(crate) fn expected(part: Part, fault: Fault, leg: Leg) -> Expected {
    let is_right = matches!(leg, Leg::Right | Leg::Again);
    let otherwise = if is_right { 200 } else { 401 };
    let is_asked = match part {
        Part::Verifier => true,
        Part::Epoch => matches!(leg, Leg::First | Leg::Again),
        _ => is_right,
    };
    match fault {
        _ if !is_asked => Expected::Status(otherwise),
        Fault::Never => Expected::Waits,
        Fault::Garbage => Expected::Status(401),
        _ => Expected::Status(503),
    }
}

/// The refusal of a wrong proof offers an `sr`. It waits for no store, but a panic at once is a fault of it, too.
fn expected_of_scram(part: Part, fault: Fault, leg: Leg) -> Expected {
    match (part, fault, leg) {
        (Part::Epoch, Fault::Panics, Leg::Wrong) => Expected::Status(503),
        _ => expected(part, fault, leg),
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
    let begun = begun.is_continued().challenges().remove(0);
    if leg == Leg::Again {
        let sr = text(&server.challenges()[0], "sr");
        return login.again(&begun, 4096, &sr).header();
    }
    login.answer(&begun).header()
}

#[test]
fn a_fault_in_any_request_of_scram_admits_no_client_and_costs_no_attempt() {
    let accounts = ScramAccounts::new(TestWorld::accounts()).unwrap();
    for (part, fault, leg) in cases(&[Leg::First, Leg::Right, Leg::Wrong, Leg::Again]) {
        let on = Arc::new(AtomicBool::new(false));
        let switch = Switch { fault, on };
        let server = server(part, &switch, &accounts);
        let ask = get("/").authorization(credentials(&server, leg));
        switch.on.store(true, Ordering::SeqCst);
        let what = format!("{part:?} {fault:?} {leg:?}");
        match expected_of_scram(part, fault, leg) {
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
                let is_panic = matches!(fault, Fault::Panics | Fault::PanicsLater);
                if status == 503 && is_panic {
                    assert_eq!(answer.settled, [], "the attempt stays reserved: {what}");
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

/// All faults, in each part that a scheme with an exchange depends on, during each of these requests.
pub(crate) fn cases(legs: &[Leg]) -> impl Iterator<Item = (Part, Fault, Leg)> {
    let parts = [Part::Verifier, Part::Epoch, Part::Claim].into_iter();
    let faulty = parts.flat_map(|part| FAULTS.map(|fault| (part, fault)));
    faulty.flat_map(move |(part, fault)| legs.iter().map(move |leg| (part, fault, *leg)))
}
