//! How an attempt is taken from its budgets, and how it is given back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::Rules;
use crate::now_or_later::NowOrLater;
use crate::principal::Account;
use crate::store::{Budget, Key, Reserved, Settlement, ThrottleStore};
use crate::throttle::{Outcome, Reservation, Ticket};
use crate::unavailable::Unavailable;

/// Whose budget it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A source that has got into the account before, with the name spelled as it is now.
    Known,
    Everybody,
    Source,
    Account,
    /// The account in one of its spellings, which is counted and never shut.
    Spelling,
}

/// What is still to be asked for, the last first.
pub(super) struct Plan {
    pub(super) known: Option<Key>,
    pub(super) rest: Vec<(Owner, Key)>,
    /// The account, as the client spells it.
    pub(super) account: Option<Box<str>>,
}

/// What was taken: the ticket.
pub(super) struct Drawn<S: ThrottleStore> {
    rules: Arc<Rules<S>>,
    /// For whom a success speaks.
    known: Option<Key>,
    taken: Vec<(Owner, Key, u64)>,
    /// How many failures of the account there are, and how many of them with the name spelled as it is here.
    failures: u32,
    spelled_so: u32,
    /// The account that this attempt, unless it succeeds, has shut for good.
    stops: Option<Box<str>>,
}

type Answer = NowOrLater<Result<Reservation, Unavailable>>;

/// Takes an attempt: from the allowance of a known source, or else from all of the others.
pub(super) fn reserve<S: ThrottleStore>(rules: &Arc<Rules<S>>, plan: Plan) -> Answer {
    let rules = Arc::clone(rules);
    let Some(key) = plan.known else {
        return draw(Drawn::new(rules, None), plan);
    };
    let reserved = rules.store.reserve(key, &rules.known);
    reserved.and_then(move |reserved| {
        let mut drawn = Drawn::new(rules, Some(key));
        match reserved {
            Ok(Reserved::Granted { generation, .. }) => {
                drawn.taken.push((Owner::Known, key, generation));
                granted(drawn)
            }
            Ok(Reserved::Unvouched | Reserved::Shut(_)) => draw(drawn, plan),
            Err(why) => NowOrLater::now(Err(why)),
        }
    })
}

/// Takes what is left of the plan, or gives back what is taken.
fn draw<S: ThrottleStore>(mut drawn: Drawn<S>, mut plan: Plan) -> Answer {
    let Some((owner, key)) = plan.rest.pop() else {
        return granted(drawn);
    };
    let budget = drawn.rules.budget(owner);
    let reserved = drawn.rules.store.reserve(key, &budget);
    reserved.and_then(move |reserved| {
        let refused = match reserved {
            Ok(Reserved::Granted {
                generation,
                failures,
            }) => {
                drawn.take(owner, key, generation, failures);
                if budget.hard_stop_at().is_some_and(|stop| failures >= stop) {
                    drawn.stops = plan.account.take();
                }
                return draw(drawn, plan);
            }
            // It shares its place with a key that is: nobody knows how many of the failures are its own.
            Ok(Reserved::Shut(_)) if owner == Owner::Spelling => return draw(drawn, plan),
            Ok(Reserved::Shut(delay)) => Ok(Reservation::Exhausted(told(delay, &budget))),
            Ok(Reserved::Unvouched) => Ok(Reservation::Exhausted(budget.longest_delay())),
            Err(why) => Err(why),
        };
        drawn.settle(Outcome::Neither).map(|()| refused)
    })
}

fn granted<S: ThrottleStore>(drawn: Drawn<S>) -> Answer {
    NowOrLater::now(Ok(Reservation::Granted(Ticket::new(drawn))))
}

/// What is shut for good is told the longest wait, which tells nobody that it is.
fn told(delay: Duration, budget: &Budget) -> Duration {
    match delay {
        Duration::MAX => budget.longest_delay(),
        delay => delay,
    }
}

impl<S: ThrottleStore> Drawn<S> {
    const fn new(rules: Arc<Rules<S>>, known: Option<Key>) -> Self {
        Self {
            rules,
            known,
            taken: Vec::new(),
            failures: 0,
            spelled_so: 0,
            stops: None,
        }
    }

    fn take(&mut self, owner: Owner, key: Key, generation: u64, failures: u32) {
        match owner {
            Owner::Account => self.failures = failures,
            Owner::Spelling => self.spelled_so = failures,
            Owner::Known | Owner::Everybody | Owner::Source => {}
        }
        self.taken.push((owner, key, generation));
    }

    /// What an outcome means here. Two accounts that fold to one name share its budget, and whoever owns one of them must
    /// not, by a login, give themselves new guesses at the other: a success speaks for failures with its own spelling.
    fn settlement(&self, owner: Owner, outcome: Outcome) -> Option<Settlement> {
        let settlement = owner.settlement(outcome)?;
        let its_own = self.failures <= self.spelled_so;
        Some(match settlement {
            Settlement::Clear if !its_own => Settlement::Return,
            settlement => settlement,
        })
    }

    /// Settles with every budget. One that cannot be reached keeps the attempt as a failure.
    pub(super) fn settle(mut self, outcome: Outcome) -> NowOrLater<()> {
        if outcome != Outcome::Failure {
            self.stops = None;
        }
        let store = &self.rules.store;
        let taken = self.taken.iter();
        let settled = taken.filter_map(|(owner, key, generation)| {
            let settlement = self.settlement(*owner, outcome)?;
            Some(store.settle(*key, *generation, settlement))
        });
        let vouched = self.known.filter(|_| outcome == Outcome::Success);
        let vouch = Settlement::Vouch(self.rules.known_for);
        let vouched = vouched.map(|key| store.settle(key, u64::MAX, vouch));
        all(settled.chain(vouched))
    }
}

impl Owner {
    /// What an outcome means for a budget; `None` if the attempt stays a failure there.
    ///
    /// A success of an account is none of its source, whose other attempts may be guesses at other accounts; and one from
    /// a known source says nothing of the guesses of strangers.
    const fn settlement(self, outcome: Outcome) -> Option<Settlement> {
        match (outcome, self) {
            (Outcome::Failure, _) | (Outcome::Malformed, Self::Source) => None,
            (Outcome::Success, Self::Account | Self::Spelling) => Some(Settlement::Clear),
            (Outcome::Success | Outcome::Malformed | Outcome::Neither, _) => {
                Some(Settlement::Return)
            }
        }
    }
}

/// All that are not here now, awaited; without an allocation if there is none.
fn all(answers: impl Iterator<Item = NowOrLater<Result<(), Unavailable>>>) -> NowOrLater<()> {
    let later: Vec<_> = answers.filter_map(|it| it.try_now().err()).collect();
    if later.is_empty() {
        return NowOrLater::now(());
    }
    NowOrLater::later(await_each(later))
}

async fn await_each<T: Send>(answers: Vec<NowOrLater<T>>) {
    for answer in answers {
        answer.await;
    }
}

/// An attempt that nobody settles has failed.
impl<S: ThrottleStore> Drop for Drawn<S> {
    fn drop(&mut self) {
        let stops = self.stops.take().filter(|_| !std::thread::panicking());
        if let (Some(account), Some(tell)) = (stops, &self.rules.on_hard_stop) {
            // Whoever waits for the answer has no part in it.
            let tell = AssertUnwindSafe(|| tell(&Account::new(account.into_string())));
            let _ = catch_unwind(tell);
        }
    }
}
