//! Every order in which the steps of a few requests can happen.

use std::collections::BTreeSet;

use super::ask::{TestAccount, TestNetwork, limits};
use super::backend::ThrottleBackend;
use crate::store::{Settlement, ThrottleDecision, ThrottleReceipt};

/// How a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RequestEnd {
    Right,
    Wrong,
    Undone,
}

/// A request: its password, and how it ends. The password with tag 0 is right, and no other is.
type RequestProgram = (u32, RequestEnd);

const PROGRAMS: [RequestProgram; 6] = [
    (0, RequestEnd::Right),
    (0, RequestEnd::Undone),
    (1, RequestEnd::Wrong),
    (1, RequestEnd::Undone),
    (2, RequestEnd::Wrong),
    (2, RequestEnd::Undone),
];

/// Runs every history of three requests over two wrong passwords and the right one, in every order of their steps. Each
/// password that was compared and wrong stays counted, and no more is counted than passwords were let through: of
/// strangers, and at a known place.
///
/// # Panics
///
/// Panics with the history in which a wrong password was not counted, or one too many was.
pub fn every_interleaving_counts_right<B: ThrottleBackend>(backend: &B) {
    for first in 0..PROGRAMS.len() {
        for second in first..PROGRAMS.len() {
            for third in second..PROGRAMS.len() {
                let programs = [first, second, third].map(|at| PROGRAMS[at]);
                for order in orders() {
                    AccountHistory::unfamiliar_limit(backend, 2).run(&programs, order);
                    AccountHistory::unfamiliar_limit(backend, 4).run(&programs, order);
                    AccountHistory::at_a_known_location(backend).run(&programs, order);
                }
            }
        }
    }
}

/// All 90 orders of twice three steps: each number is a request, at its first occurrence its reservation, at its second its
/// settlement.
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

/// One account, and what has happened to it.
struct AccountHistory<'b, B> {
    account: TestAccount<'b, B>,
    /// How a new password is decided on, as long as one of so many failures is left.
    decision: ThrottleDecision,
    failures: u32,
    /// The wrong passwords that were compared, and all that were let through.
    compared: BTreeSet<u32>,
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

    /// The account with so many failures, without a known place.
    fn unfamiliar_limit(backend: &'b B, failures: u8) -> Self {
        let account = TestAccount::new(backend, limits(backend, failures));
        Self::new(account, ThrottleDecision::Counted, failures.into())
    }

    /// A known place with its three failures.
    fn at_a_known_location(backend: &'b B) -> Self {
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
                // The right password that joined another and was undone stays counted until the other succeeds.
                if tag == 0 {
                    self.let_through.insert(0);
                }
            }
            RequestEnd::Wrong => {
                self.compared.insert(tag);
            }
        }
    }

    /// How many attempts with new passwords are left.
    fn left(&self) -> usize {
        let tags = 1000..1000 + self.failures;
        let left = tags.take_while(|tag| self.account.reserve(*tag).decision() == self.decision);
        left.count()
    }
}
