//! Checks every order in which the steps of three requests can happen.

use std::collections::BTreeSet;

use super::ask::{TestAccount, TestNetwork, limits};
use super::backend::ThrottleBackend;
use crate::store::{Settlement, ThrottleDecision, ThrottleReceipt};

/// The end of a request: its password was right or wrong, or was not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RequestEnd {
    Right,
    Wrong,
    Undone,
}

/// A request: the tag of its password, and its end. The password with tag 0 is right, and all others are wrong.
type RequestProgram = (u32, RequestEnd);

const PROGRAMS: [RequestProgram; 6] = [
    (0, RequestEnd::Right),
    (0, RequestEnd::Undone),
    (1, RequestEnd::Wrong),
    (1, RequestEnd::Undone),
    (2, RequestEnd::Wrong),
    (2, RequestEnd::Undone),
];

/// Runs every history of three requests with two wrong passwords and the right one, in every order of their steps. It
/// does so at an unfamiliar and at a familiar location.
///
/// Each wrong password that was compared must stay counted. The store must not count more passwords than it has let
/// through.
///
/// # Panics
///
/// Panics with the history in which the store did not count a wrong password, or counted too many.
pub fn every_order_of_steps_counts_correctly<B: ThrottleBackend>(backend: &B) {
    for first in 0..PROGRAMS.len() {
        for second in first..PROGRAMS.len() {
            for third in second..PROGRAMS.len() {
                let programs = [first, second, third].map(|at| PROGRAMS[at]);
                for order in orders() {
                    AccountHistory::at_unfamiliar_locations(backend, 2).run(&programs, order);
                    AccountHistory::at_unfamiliar_locations(backend, 4).run(&programs, order);
                    AccountHistory::at_a_familiar_location(backend).run(&programs, order);
                }
            }
        }
    }
}

/// Returns all 90 orders of twice three steps. Each number is a request: its first occurrence is its reservation, and
/// its second is its settlement.
fn orders() -> impl Iterator<Item = [usize; 6]> {
    let all = (0..3_usize.pow(6)).map(|mut number| {
        [(); 6].map(|()| {
            let step = number % 3;
            number /= 3;
            step
        })
    });
    all.filter(|order| {
        (0..3).all(|request| order.iter().filter(|step| **step == request).count() == 2)
    })
}

/// An account, with the passwords that were let through and compared.
struct AccountHistory<'b, B> {
    account: TestAccount<'b, B>,
    /// The decision about a new password while one of the `failures` is left.
    decision: ThrottleDecision,
    failures: u32,
    /// The wrong passwords that were compared.
    compared: BTreeSet<u32>,
    /// All passwords that the store let through. The store must not count any other.
    let_through: BTreeSet<u32>,
}

impl<'b, B: ThrottleBackend> AccountHistory<'b, B> {
    fn new(account: TestAccount<'b, B>, decision: ThrottleDecision, failures: u32) -> Self {
        Self {
            account,
            decision,
            failures,
            compared: BTreeSet::new(),
            let_through: BTreeSet::new(),
        }
    }

    /// An account with `failures` failures, and attempts without a location.
    fn at_unfamiliar_locations(backend: &'b B, failures: u8) -> Self {
        let account = TestAccount::new(backend, limits(backend, failures));
        Self::new(account, ThrottleDecision::Counted, failures.into())
    }

    /// A familiar location with its three failures.
    fn at_a_familiar_location(backend: &'b B) -> Self {
        let account = TestAccount::new(backend, limits(backend, 4)).at(TestNetwork::new());
        account.log_in(0, "a first login");
        Self::new(account, ThrottleDecision::Admitted, 3)
    }

    fn run(mut self, programs: &[RequestProgram; 3], order: [usize; 6]) {
        let mut receipts: [Option<ThrottleReceipt>; 3] = [None; 3];
        for request in order {
            let (tag, end) = programs[request];
            match receipts[request].take() {
                None => receipts[request] = Some(self.reserve(tag)),
                Some(receipt) => self.end(tag, end, receipt),
            }
        }
        let held = (self.failures as usize).saturating_sub(self.left());
        let (least, most) = (self.compared.len(), self.let_through.len());
        let fits = (least..=most).contains(&held);
        assert!(
            fits,
            "{programs:?} in the order {order:?}: from {least} to {most} must be counted, {held} were"
        );
    }

    fn reserve(&mut self, tag: u32) -> ThrottleReceipt {
        let receipt = self.account.reserve(tag);
        if receipt.is_granted() && tag > 0 {
            self.let_through.insert(tag);
        }
        receipt
    }

    fn end(&mut self, tag: u32, end: RequestEnd, receipt: ThrottleReceipt) {
        match end {
            _ if !receipt.is_granted() => {}
            RequestEnd::Right => self.account.settle(tag, Settlement::Success(receipt)),
            RequestEnd::Undone => {
                self.account.settle(tag, Settlement::Undone(receipt));
                // If another request with the right password joined this one, the attempt stays counted until that
                // request succeeds.
                if tag == 0 {
                    self.let_through.insert(0);
                }
            }
            RequestEnd::Wrong => {
                self.compared.insert(tag);
            }
        }
    }

    /// Returns how many attempts with new passwords are left.
    fn left(&self) -> usize {
        let tags = 1000..1000 + self.failures;
        let left = tags.take_while(|tag| self.account.reserve(*tag).decision() == self.decision);
        left.count()
    }
}
