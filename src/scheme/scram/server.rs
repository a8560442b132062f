//! The SCRAM scheme of a server.

use std::sync::Arc;

use super::accounts::ScramAccount;
use super::builder::ScramBuilder;
use super::core::{ScramCore, ScramLeg};
use super::into_scram_lookup::IntoScramLookup;
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::password::Lookup;
use crate::principal::ClaimedAccount;
use crate::scheme::{Attempt, BodyUnread, Scheme, VerdictNowOrLater};

/// Admits clients that prove a password in two requests. A [`Lookup`] finds the secret of the account for a name. A clone
/// shares the sids that are used up.
///
/// A value offers one mechanism: `SCRAM-SHA-256`, or `SCRAM-SHA-1` with
/// [`legacy_sha1`](ScramBuilder::legacy_sha1). A tuple of two offers both.
///
/// A request may pass through a SCRAM layer only once, because the first layer uses up the sid. Give inner routes a
/// policy, not another SCRAM layer.
///
/// # Example
///
/// ```
/// use http::{Request, header::AUTHORIZATION};
/// use tower_challenge::RequestHead;
/// use tower_challenge::scheme::scram::ScramAccounts;
/// use tower_challenge::scheme::{Attempt, Scheme, Scram, ServerRole, Verdict};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scram = Scram::new("notes", ScramAccounts::new([("ada", "lovelace")])?)?;
/// let verdict = |credentials: &str| {
///     let request = Request::get("/").header(AUTHORIZATION, credentials).body(()).unwrap();
///     let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
///     scram.authenticate(&attempt).unwrap().try_now().unwrap().unwrap()
/// };
/// // The first message is `n,,n=ada,r=fyko+d2lbbFg`. The server sends the salt, and waits for the proof.
/// let first = verdict(r#"SCRAM-SHA-256 data="biwsbj1hZGEscj1meWtvK2QybGJiRmc=""#);
/// assert!(matches!(first, Verdict::Continue(_)));
/// // The message `y,,n=ada,r=fyko+d2lbbFg` asks for channel binding, which HTTP does not have.
/// let bound = verdict(r#"SCRAM-SHA-256 data="eSwsbj1hZGEscj1meWtvK2QybGJiRmc=""#);
/// assert!(matches!(bound, Verdict::Refuse(_)));
/// # Ok(())
/// # }
/// ```
pub struct Scram<L>(Arc<ScramCore<L>>);

impl<L, I> Scram<L>
where
    L: Lookup<str, Record = ScramAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Protects the realm `realm` with `SCRAM-SHA-256` and `accounts`: a look-up, or a list of names and passwords. The
    /// documentation of [`IntoScramLookup`] lists what is accepted.
    ///
    /// # Errors
    ///
    /// The realm contains a control character, which a challenge cannot carry; `accounts` has a
    /// [fault](IntoScramLookup::into_scram_lookup); or the system random number generator failed.
    pub fn new(
        realm: &str,
        accounts: impl IntoScramLookup<Lookup = L>,
    ) -> Result<Self, ConfigError> {
        Self::builder(realm, accounts.into_scram_lookup()?).build()
    }

    /// Configures the scheme further than [`new`](Self::new) does.
    pub fn builder(realm: &str, lookup: L) -> ScramBuilder<L> {
        ScramBuilder::new(realm, lookup)
    }
}

impl<L> Scram<L> {
    pub(super) fn from_core(core: ScramCore<L>) -> Self {
        Self(Arc::new(core))
    }
}

impl<L, I> Scheme for Scram<L>
where
    L: Lookup<str, Record = ScramAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    type Identity = I;
    type BodyAccess = BodyUnread;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
        challenges.push(self.0.with_offer(&self.0.challenge));
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        let field = attempt.raw(self.0.mechanism.scheme_name())?;
        self.0
            .claimed_user(field.as_bytes())
            .map(ClaimedAccount::new)
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        attempt.names(self.0.mechanism.scheme_name())
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<I>> {
        let field = attempt.raw(self.0.mechanism.scheme_name())?;
        Some(match self.0.read(field.as_bytes()) {
            Ok(ScramLeg::First(first)) => self.0.begin(first),
            Ok(ScramLeg::Second(second)) => self.0.finish(attempt.role(), second),
            Err(refusal) => refusal.at_once(),
        })
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        let field = attempt.raw(self.0.mechanism.scheme_name());
        field.is_some_and(|field| self.0.breaks_grammar(field.as_bytes()))
    }
}

clones! {
    /// A clone of the scheme, with the same keys and the same memory of the sids that are used up.
    impl[L] Scram[L] { 0 }
}

shows! { impl[L] Scram[L] as self { mechanism: self.0.mechanism, realm: self.0.realm } }
