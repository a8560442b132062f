//! Who has tried too often.
//!
//! An attempt is **reserved before** it is verified and **settled after**, so that a thousand guesses at once are a
//! thousand attempts. A reservation that is never settled (the client went away, the process died) counts as a failure.
//!
//! [`Throttle`] is the contract. `FailureThrottle` (feature `throttle`) is the implementation that comes with the crate, and
//! follows the rules below.
//!
//! # The rules of `FailureThrottle`
//!
//! A **place** is one IPv4 address or one IPv6 /64. A **line** is one IPv4 address or one IPv6 /56. A **neighbourhood** is an
//! IPv4 /24 or an IPv6 /48. A **known place** of an account is a place where the account was used in the last 90 days, with
//! its name spelled the same; an account keeps 16 of them. A **stranger** is a request from any other place.
//!
//! 1. **An attempt counts before the password is compared.** A wrong password needs no second step. The attempt is given back
//!    only if the password was right or was not compared. For example, a challenge that was answered with an old nonce gives
//!    it back, and a client that hangs up does not. If the verifier is unavailable and a comparison may have begun, the
//!    account counts the attempt; the line and the neighbourhood get it back, so that an outage shuts no network out.
//! 2. **A known place has 20 failures of its own.** A success there gives back one failure for each hour that has passed.
//!    Without a success, time gives nothing back. While the place has failures left, no other budget is asked. Afterwards its
//!    requests are those of strangers.
//! 3. **Strangers have 20 failures at each account together, and one is forgiven each day.** All spellings of a name share
//!    them: case, width, normal form, combining marks of Latin, Greek and Cyrillic letters, and strokes are folded. So
//!    `ádministrator` and `ADMINISTRATOR` are one account.
//! 4. **One neighbourhood holds at most 5 of those 20.** So one host, or a whole IPv6 /48, leaves room for the owner.
//! 5. **The same wrong password again is one guess.** The account keeps a keyed hash of 32 bits of each wrong password. A
//!    repeat is compared, because it may have become right, and is not counted again at the account. The line and the
//!    neighbourhood count it. For example, a telephone that sends an old password all day is one guess, and so are 50
//!    requests of one page that are under way together. A full account refuses repeats too: otherwise it would tell, without
//!    limit, which passwords its owner has mistyped.
//! 6. **A success clears nothing.** It gives its own attempt back, and makes its place known. So an owner who sends the
//!    password with each request gives a guesser no new guesses, and neither does the guesser's own account `ADA` beside
//!    `ada`.
//! 7. **At 100 failures of strangers without a success of the account in between, strangers are stopped.** A success at a known
//!    place ends that, and so do `unlock` by an operator and `mark_familiar` by the application, for example after a mailed link.
//!    Known places go on. Time does not end it: stopped clients get `429` with `Retry-After: 86400`, which is no promise. Before
//!    the stop, rest ends the count: if strangers try nothing for two days per counted failure, it begins again at 0. For
//!    example, after 10 failures that is 20 days.
//! 8. **A line has 50 failures at all accounts, and one is forgiven each 15 minutes; a neighbourhood has 500, one each 7.5
//!    minutes.** The first login of an account at a new place gives back to both what the account has failed in that
//!    neighbourhood, once a day. So an office of newcomers with typing errors is not taken for a guesser, and an account of the
//!    guesser's own buys no guesses at others.
//! 9. **There is no budget of all clients together.** It would bound nothing that rules 3 and 8 do not bound, and one network
//!    could use it up and refuse all first logins.
//!
//! The known place is asked first. If it does not admit the attempt, line, neighbourhood and account are asked together: all
//! of them count it, or none does and the answer is `429` with the time until there is an attempt. Accounts that do not
//! exist are counted like those that do.
//!
//! **Each form of a name is an account of its own.** A hash of a name (Digest's `userhash`) is charged under the hash,
//! whether the name is known or not, and the plain name under the name. So the answers do not tell which names exist. The
//! price is 20 failures and one a day for each form that is offered.
//!
//! **A request without an address has no place, no line and no neighbourhood.** The same holds for a trusted proxy that does
//! not say for whom it speaks. Rules 3, 5, 6 and 7 remain, and strangers can then shut an account to its owner. Say where
//! requests come from: see [`RequireAuth::client`](crate::RequireAuth::client).
//!
//! **Digest and AWS Signature Version 4 send no password**, so each attempt counts and rule 5 does not help them. For
//! Digest, `DigestAccount::with_former_password` names passwords that are no guess, such as the one that a device still
//! sends after a change. Bearer tokens name no account, so rule 8 alone bounds them.
//!
//! # One switch
//!
//! A first login from a new network and a guess from a new network look the same until the password has been compared. So
//! no rules can bound what 10,000 networks guess and never let an owner at an unknown place wait. `UnfamiliarLimit` chooses:
//!
//! | | guesses at one account in 90 days | the owner at a new place |
//! |---|---|---|
//! | `UnfamiliarLimit::bounded()`, the default | 89 from one network, 110 from 10,000 | waits while four or more neighbourhoods attack the account |
//! | `UnfamiliarLimit::open()` | 2,200 | waits while twelve or more attack it |
//!
//! 110 is 20 at once and one a day for 90 days. A guesser gets there only at an account whose owner logs in now and then:
//! without a login, the stop ends the guesses at 100. 89 is what the guesser had in a simulation of 90 days in which it began
//! on the second: 5 at once and one a day, except for the days in which time forgave a typing error that the owner had made
//! at a new place.
//!
//! At known places the owner gets in with both. Give owners a way that no stranger can shut: `mark_familiar` after a mailed link, or
//! `location` with a device cookie or a client certificate, which travels with its owner.
//!
//! # What is promised
//!
//! Outside the owner's known places, a guesser has 20 tries at an account, and one more each day, however many addresses they
//! use. From one host or one /48 it is 5 and one a day, and the owner gets in from any other neighbourhood. No stranger
//! can shut an owner out of a place where the account was used in the last 90 days. A guesser avoids the stop only by staying
//! below one try in two days.
//!
//! # What is not promised
//!
//! - A colleague behind the owner's address has 20 tries at that place. Each login of the owner there gives back one for each
//!   hour that has passed, so at most 24 a day. The colleague can keep the owner out there, and not elsewhere.
//! - At an address where an account was used, its name has more tries than a name that was not. So a caller behind the same
//!   address can tell the two apart.
//! - An account keeps 16 known places. At a seventeenth the owner is known, and at one of the 16 a stranger again.
//! - A store in memory keeps the known places of 16,384 accounts. When it is full, it forgets those of the account that was
//!   unused for longest, whose owner is then a stranger. For more users, give four times their number to
//!   [`with_capacity`](crate::store::MemoryThrottleStore::with_capacity).
//! - A store in memory that is full of accounts, for example in a flood of made-up names, counts several accounts together.
//!   They have fewer tries, repeats of a password count, and strangers are not stopped.
//! - A store in memory that is full of networks counts several lines together. A guesser with thousands of IPv6 /48 networks
//!   fills it, and lines that it does not know yet may be refused until the flood has ended.
//! - Where two accounts differ in nothing but what is folded, such as `ada` and `ADA`, a login of one ends the stop of both.
//! - A login at a known place is noticed as the end of a stop once an hour.
//! - A request without an address has no known place, unless `location` names one.
//! - A guesser with thousands of addresses has 110 tries at **each** account in 90 days. One in eighteen people chooses a
//!   password that falls to those, unless common passwords are refused when they are chosen.
//! - `й` and `и`, or `ñ` and `n`, share what strangers have at two accounts that differ in nothing else. They share nothing
//!   else.
//! - A restart forgets a store in memory.

#[cfg(feature = "throttle")]
mod failures;

#[cfg(feature = "throttle")]
pub use self::failures::FailureThrottle;
#[cfg(feature = "throttle")]
pub use crate::store::UnfamiliarLimit;

pub use crate::reason::AttemptOutcome;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use crate::client::Client;
use crate::derives::shows;
use crate::forward::forward;
use crate::now_or_later::NowOrLater;
use crate::principal::ClaimedAccount;
use crate::request_head::RequestHead;
use crate::unavailable::Unavailable;

/// Keeps a budget of failures.
pub trait Throttle: Send + Sync + 'static {
    /// Reserves one attempt for the claimed account and the client that sent `request`.
    ///
    /// # Errors
    ///
    /// The answer is an error when the throttle cannot tell.
    fn reserve(
        &self,
        account: Option<&ClaimedAccount<'_>>,
        client: &Client,
        request: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>>;

    /// Settles a reservation. The response waits for the answer.
    fn settle(&self, ticket: ThrottleTicket, outcome: AttemptOutcome) -> NowOrLater<()>;
}

forward! { Arc, Box: Throttle {
    fn reserve(
        &self,
        account: Option<&ClaimedAccount<'_>>,
        client: &Client,
        request: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>>;
    fn settle(&self, ticket: ThrottleTicket, outcome: AttemptOutcome) -> NowOrLater<()>;
} }

/// Whether there is an attempt left.
#[derive(Debug)]
#[must_use]
#[non_exhaustive]
pub enum Reservation {
    /// There is: this one.
    Granted(ThrottleTicket),
    /// There is none until this much later: `429`.
    Exhausted(Duration),
}

/// A reserved attempt. The throttle that made it decides what it holds.
///
/// A ticket that is dropped without having been settled is a failure.
pub struct ThrottleTicket(Box<dyn Any + Send>);

impl ThrottleTicket {
    /// A ticket with what the throttle needs to settle it.
    #[must_use]
    pub fn new<T: Send + 'static>(what: T) -> Self {
        Self(Box::new(what))
    }

    /// The value that the throttle put in; `None` if it is not of this type, so that another throttle made it.
    #[must_use]
    pub fn into_inner<T: 'static>(self) -> Option<T> {
        self.0.downcast().ok().map(|what| *what)
    }
}

impl Default for ThrottleTicket {
    fn default() -> Self {
        Self::new(())
    }
}

shows! { impl[] ThrottleTicket[] as self {} }
