//! Limits how often clients can guess passwords.
//!
//! # The idea
//!
//! A throttle that counts all failures of an account together has a flaw: an attacker who knows the name of an account
//! sends wrong passwords until the account is shut, and so locks its owner out. This module avoids that as the smart
//! lockout of Azure AD does: logins from **familiar** locations and logins from **unfamiliar** locations have separate
//! budgets.
//!
//! For example, `ada` logs in from `198.51.100.7` each day, so that address is a familiar location of her account. An
//! attacker at `203.0.113.66` and other addresses sends 20 wrong passwords for `ada`. The budget for unfamiliar
//! locations is now exhausted, so every request for `ada` from an unfamiliar location gets `429`. Ada still logs in
//! from `198.51.100.7`, because the attacker cannot touch the budget of that location.
//!
//! # The contract
//!
//! The layer **reserves** an attempt **before** the scheme verifies it, and **settles** it **after**. So a thousand
//! guesses that are under way at once are a thousand attempts. A reservation that is never settled counts as a failure.
//! That happens when the client disconnects or the process dies.
//!
//! [`Throttle`] is the contract. `FailureThrottle` (feature `throttle`) is the implementation that comes with the
//! crate, and follows the rules below.
//!
//! # The words
//!
//! | word | meaning |
//! |---|---|
//! | location | one IPv4 address or one IPv6 /64, or a device that the application names |
//! | familiar location | where the account has logged in within 90 days, under the same spelling of its name |
//! | unfamiliar location | any other location |
//! | subscriber | one IPv4 address or one IPv6 /56 |
//! | subnet | one IPv4 /24 or one IPv6 /48 |
//! | lockout | unfamiliar locations are refused until one of the events of rule 7 ends it |
//!
//! # The rules of `FailureThrottle`
//!
//! 1. **An attempt counts before the verifier compares the password.** A wrong password needs no second step. The
//!    throttle returns the attempt only if the password was right or was not compared. For example, a client that
//!    answers a challenge with an old nonce gets its attempt back, and a client that hangs up does not. If the verifier
//!    is unavailable and may have begun a comparison, the account counts the attempt. The subscriber and the subnet get
//!    it back, so that an outage locks no network out.
//! 2. **Each familiar location has 20 failures of its own.** A success there returns one failure for each hour that has
//!    passed. Without a success, time returns nothing. While the location has failures left, the throttle asks no other
//!    budget. Afterwards it treats requests from there as requests from an unfamiliar location.
//! 3. **All unfamiliar locations together have 20 failures at each account, and time forgives one each day.** All
//!    spellings of a name share them: the throttle folds case, width, normal form, combining marks of Latin, Greek and
//!    Cyrillic letters, and strokes. So `ádministrator` and `ADMINISTRATOR` are one account.
//! 4. **One subnet holds at most 5 of those 20.** So one host, or a whole IPv6 /48, leaves room for an owner at an
//!    unfamiliar location. Four subnets are needed to exhaust the 20.
//! 5. **The same wrong password again is one guess.** The account keeps a keyed hash of 32 bits of each wrong password.
//!    The verifier compares a repeat, because the password may have become right, but the account does not count it
//!    again. The subscriber and the subnet count it. For example, a telephone that sends an old password all day makes
//!    one guess, and so do 50 requests of one page that are under way together. An account whose budget is exhausted
//!    refuses repeats too. Otherwise its answers would tell, without limit, which passwords the owner has mistyped.
//! 6. **A success clears nothing.** It returns its own attempt, and makes its location familiar. So an owner whose
//!    client sends the password with each request gives an attacker no new guesses. For example, `ADA` and
//!    `ada` share one budget, and an attacker who owns `ADA` gets no new guesses at `ada` by logging in to `ADA`.
//! 7. **After 100 failures from unfamiliar locations without a success of the account in between, the account is locked
//!    out for unfamiliar locations.** A success at a familiar location ends the lockout. So does `unlock` by an
//!    operator, and `mark_familiar` by the application, for example after the owner opens a mailed link. Familiar
//!    locations go on as before. Time does not end the lockout: clients that it refuses get `429` with `Retry-After:
//!    86400`, but the next attempt after that time may be refused as well. Before the lockout, rest resets the count:
//!    if unfamiliar locations try nothing for two days per counted failure, the count begins again at 0. For example,
//!    after 10 failures that takes 20 days.
//! 8. **A subscriber has 50 failures at all accounts together, and time forgives one each 15 minutes. A subnet has 500,
//!    and time forgives one each 7.5 minutes.** When an account logs in at a new location, its earlier failures in
//!    that subnet no longer count for the subscriber and the subnet. This happens at most once a day. So the throttle does not mistake an office of
//!    newcomers with typing errors for an attacker, and an attacker's own account buys no guesses at other accounts.
//! 9. **There is no budget for all clients together.** It would limit nothing that rules 3 and 8 do not limit, and one
//!    network could exhaust it and so prevent all first logins.
//!
//! The throttle asks the budget of the familiar location first. If that does not admit the attempt, the throttle asks
//! the budgets of subscriber, subnet and account together. Either all of them count the attempt, or none does and the
//! client gets `429` with the time after which it can try again. The throttle counts accounts that do not exist like
//! those that do, so the answers do not tell which accounts exist.
//!
//! **Each form of a name is an account of its own.** A client may send a hash of a name (Digest's `userhash`) in place
//! of the name. The throttle charges such an attempt to the hash, whether the server knows the name or not, and charges
//! an attempt with the plain name to the name. So the answers do not tell which names exist. So an attacker has 20
//! failures and one a day with the name, and as many with each hash of it that the server accepts.
//!
//! **A request without a known client address has no location, no subscriber and no subnet.** The same holds for a
//! request from a trusted proxy that does not name its client. Rules 3, 5, 6 and 7 remain, and an attacker can then
//! lock an owner out of the account. Tell the layer how to find the client address: see
//! [`RequireAuth::client`](crate::RequireAuth::client).
//!
//! **Digest, SCRAM and AWS Signature Version 4 send no password**, so each attempt counts and rule 5 does not apply to
//! them. The first request of an exchange of SCRAM is no guess. It costs no attempt, unless a deadline or a disconnect
//! cuts it off before the server has answered. For Digest,
//! `DigestAccount::with_former_password` names passwords that do not count as guesses, such as the old password that a
//! device still sends after a change. Bearer tokens name no account, so only rule 8 limits them. A token that has expired, or is
//! not valid yet, is no guess and does not count. A verifier of your own says so with
//! [`VerifyFailure::uncounted`](crate::VerifyFailure::uncounted).
//!
//! # `bounded` or `open`
//!
//! A first login from a new network and a guess from a new network look the same until the verifier has compared the
//! password. So no rules can both limit the guesses from 10,000 networks and never make an owner at an unfamiliar
//! location wait. `UnfamiliarLimit` chooses:
//!
//! | | guesses at one account in 90 days | the owner at an unfamiliar location |
//! |---|---|---|
//! | `bounded()`, the default | 89 from one network, 110 from 10,000 | waits while four or more subnets attack |
//! | `open()` | 2,200 | waits while twelve or more subnets attack |
//!
//! 110 is 20 at once and one a day for 90 days. An attacker reaches 110 only at an account whose owner logs in now and
//! then: without a login, the lockout ends the guesses at 100. 89 is the result of a simulation of 90 days, in which
//! the attacker began on the second day: 5 guesses at once and one a day, except for the days on which time forgave a
//! typing error of the owner at an unfamiliar location instead.
//!
//! At familiar locations the owner gets in with both. Give owners a way in that no attacker can block: `mark_familiar`
//! after a mailed link, or `location` with a device cookie or a client certificate, which moves with its owner.
//!
//! # What is promised
//!
//! - Outside the owner's familiar locations, an attacker has 20 tries at an account and one more each day, however many
//!   addresses the attacker uses.
//! - From one host or one /48, an attacker has 5 tries and one more each day, and the owner gets in from any other
//!   subnet.
//! - No attacker elsewhere can lock an owner out of a location where the account has logged in within the last 90 days.
//! - An attacker avoids the lockout only by making less than one try in two days.
//!
//! # What is not promised
//!
//! - A colleague who shares the owner's address has 20 tries at that location. Each login of the owner there returns
//!   one try for each hour that has passed, so at most 24 a day. The colleague can keep the owner out at that location,
//!   and not elsewhere.
//! - At an address where an account has logged in, its name has more tries than other names. So a client behind the
//!   same address can tell which of two names has logged in there.
//! - An account keeps 16 familiar locations. When the owner logs in at a seventeenth, one of the 16 becomes unfamiliar
//!   again.
//! - A store in memory keeps the familiar locations of 16,384 accounts. When it is full, it forgets those of the
//!   account that has not logged in for the longest time, and the owner of that account is then at an unfamiliar
//!   location. For more users, pass four times their number to
//!   [`with_capacity`](crate::store::MemoryThrottleStore::with_capacity).
//! - A store in memory that is full of accounts, for example after a flood of made-up names, counts several accounts
//!   together. These accounts have fewer tries, repeats of a password count, and no lockout applies.
//! - A store in memory that is full of networks counts several subscribers together. An attacker with thousands of IPv6
//!   /48 networks fills it, and the store may then refuse subscribers that it does not know yet until the flood has
//!   ended.
//! - Where two accounts differ only in parts that the throttle folds, such as `ada` and `ADA`, a login of one ends the
//!   lockout of both.
//! - If a lockout begins less than an hour after the owner's last login at a familiar location, only a login after that
//!   hour ends it.
//! - A request without a known client address has no familiar location, unless `location` names one.
//! - An attacker with thousands of addresses has 110 tries at **each** account in 90 days. About one person in
//!   eighteen chooses a password that an attacker finds with those, unless the application refuses common passwords
//!   when users choose them.
//! - `й` and `и`, or `ñ` and `n`, share the budget for unfamiliar locations of two accounts that differ in nothing
//!   else. They share nothing else.
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

/// Limits failed attempts to log in: the layer reserves an attempt before a scheme judges it, and settles it
/// afterwards.
///
/// `FailureThrottle` (feature `throttle`) implements it. Implement it yourself to count by rules of your own.
pub trait Throttle: Send + Sync + 'static {
    /// Reserves one attempt for the account that the client claims and for the client that sent `request`.
    /// `account` is `None` if the scheme cannot name an account, as for Bearer tokens.
    ///
    /// # Errors
    ///
    /// An error if the throttle cannot decide, for example because its store is out of reach. The client then gets
    /// `503`.
    fn reserve(
        &self,
        account: Option<&ClaimedAccount<'_>>,
        client: &Client,
        request: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>>;

    /// Settles a reservation after the scheme has judged the attempt. The response waits until this is done.
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

/// The answer to [`Throttle::reserve`].
#[derive(Debug)]
#[must_use]
#[non_exhaustive]
pub enum Reservation {
    /// The attempt is reserved. Settle this ticket.
    Granted(ThrottleTicket),
    /// No attempt is left until this much time has passed. The client gets `429`, with the time in `Retry-After`.
    Exhausted(Duration),
}

/// A reserved attempt. It holds a value with which the throttle settles the attempt later.
///
/// An attempt whose ticket is dropped without being settled counts as a failure.
pub struct ThrottleTicket(Box<dyn Any + Send>);

impl ThrottleTicket {
    /// Makes a ticket around the value that the throttle needs to settle the attempt.
    #[must_use]
    pub fn new<T: Send + 'static>(value: T) -> Self {
        Self(Box::new(value))
    }

    /// Returns the value with which the throttle made this ticket, or `None` if it has another type, because
    /// another throttle made the ticket.
    #[must_use]
    pub fn into_inner<T: 'static>(self) -> Option<T> {
        self.0.downcast().ok().map(|value| *value)
    }
}

impl Default for ThrottleTicket {
    fn default() -> Self {
        Self::new(())
    }
}

shows! { impl[] ThrottleTicket[] as self {} }
