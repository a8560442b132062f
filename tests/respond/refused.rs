//! Layers and credentials that these tests share.

use std::time::Duration;

use tower_challenge::client::Client;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::scheme::Basic;
use tower_challenge::throttle::{AttemptOutcome, Reservation, Throttle, ThrottleTicket};
use tower_challenge::{ClaimedAccount, NowOrLater, RequestHead, RequireAuth, Unavailable};

/// `ada:lovelace`
pub(crate) const ADA: &str = "Basic YWRhOmxvdmVsYWNl";
/// `ada:wrong`
pub(crate) const WRONG: &str = "Basic YWRhOndyb25n";

pub(crate) fn basic() -> Basic<PlaintextAccounts> {
    Basic::new(
        "files",
        PlaintextAccounts::new([("ada", "lovelace")]).unwrap(),
    )
    .unwrap()
}

pub(crate) fn layer() -> RequireAuth<Basic<PlaintextAccounts>> {
    RequireAuth::new(basic()).unwrap()
}

/// A throttle that never reserves an attempt.
pub(crate) struct NoAttempts(fn() -> Result<Reservation, Unavailable>);

impl Throttle for NoAttempts {
    fn reserve(
        &self,
        _: Option<&ClaimedAccount<'_>>,
        _: &Client,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>> {
        NowOrLater::now((self.0)())
    }

    fn settle(&self, _: ThrottleTicket, _: AttemptOutcome) -> NowOrLater<()> {
        NowOrLater::now(())
    }
}

pub(crate) const EXHAUSTED: NoAttempts =
    NoAttempts(|| Ok(Reservation::Exhausted(Duration::from_secs(7))));
pub(crate) const UNAVAILABLE: NoAttempts = NoAttempts(|| Err(Unavailable::new("away")));
