//! What refused clients are shown, through the whole layer and over real connections. What each renderer makes of each
//! refusal is tested beside the renderers; names that start with `a` and a number are those of the abuse cases.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod aws;
mod concealed;
mod cors;
mod grpc;
mod login;
mod plain;
mod scripts;
mod tonic;
mod wire;

use std::time::Duration;

use tower_challenge::client::Client;
use tower_challenge::password::Accounts;
use tower_challenge::scheme::Basic;
use tower_challenge::throttle::{Outcome, Reservation, Throttle, Ticket};
use tower_challenge::{Account, NowOrLater, RequestHead, RequireAuth, Unavailable};

/// `ada:lovelace`
const ADA: &str = "Basic YWRhOmxvdmVsYWNl";
/// `ada:wrong`
const WRONG: &str = "Basic YWRhOndyb25n";

fn basic() -> Basic<Accounts> {
    Basic::new("files", Accounts::new([("ada", "lovelace")]).unwrap()).unwrap()
}

fn layer() -> RequireAuth<Basic<Accounts>> {
    RequireAuth::new(basic()).unwrap()
}

/// Grants nobody anything.
struct Never(fn() -> Result<Reservation, Unavailable>);

impl Throttle for Never {
    fn reserve(
        &self,
        _: Option<&Account<'_>>,
        _: &Client,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>> {
        NowOrLater::now((self.0)())
    }

    fn settle(&self, _: Ticket, _: Outcome) -> NowOrLater<()> {
        NowOrLater::now(())
    }
}

const EXHAUSTED: Never = Never(|| Ok(Reservation::Exhausted(Duration::from_secs(7))));
const AWAY: Never = Never(|| Err(Unavailable::new("away")));
