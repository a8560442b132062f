//! The Mutual scheme of a server.

use std::sync::Arc;

use super::accounts::MutualAccount;
use super::builder::MutualBuilder;
use super::core::MutualCore;
use super::host_validation::HostValidation;
use super::message::ClientMessage;
use super::space::MutualSpace;
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::error_params::ErrorParams;
use crate::header::{Challenge, SchemeName};
use crate::password::Lookup;
use crate::principal::ClaimedAccount;
use crate::scheme::{Attempt, BodyUnread, Scheme, VerdictNowOrLater};

/// Admits clients that prove a password, and proves to them that this server knows it, too. A [`Lookup`] finds the secret of
/// the account for a name. A clone shares the sessions.
///
/// A response with status `401` has one challenge of Mutual (RFC 8120 section 4.1), so a layer has one value of this type. It
/// offers one algorithm.
///
/// A request may pass through a Mutual layer only once, because the first layer uses up the count. Give inner routes a
/// policy, not another Mutual layer.
///
/// # Example
///
/// ```
/// use http::{Request, header::AUTHORIZATION};
/// use tower_challenge::RequestHead;
/// use tower_challenge::scheme::mutual::{HostValidation, MutualAccounts, MutualAlgorithm, MutualSpace};
/// use tower_challenge::scheme::{Attempt, Mutual, Scheme, ServerRole, Verdict};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let space = MutualSpace::new(MutualAlgorithm::P256, "http://127.0.0.1:3000", "notes")?;
/// let host = HostValidation::host("http://127.0.0.1:3000")?;
/// let mutual = Mutual::new(&space, host, MutualAccounts::new(&space, [("ada", "lovelace")])?)?;
///
/// let verdict = |kc1: &str| {
///     let credentials = format!(
///         "Mutual version=1, algorithm=iso-kam3-ec-p256-sha256, validation=host, \
///          auth-scope=\"http://127.0.0.1:3000\", realm=\"notes\", user=\"ada\", kc1={kc1}"
///     );
///     let request = Request::get("/").header(AUTHORIZATION, credentials).body(()).unwrap();
///     let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
///     mutual.authenticate(&attempt).unwrap().try_now().unwrap().unwrap()
/// };
/// // A point of the curve. The server sends its own, and waits for the proof.
/// let begun = verdict("0022dd7ff8ef77fe9b5604dd8b607aad2ee4253b886fd5d3090a7b5c00cce861aa");
/// assert!(matches!(begun, Verdict::Continue(_)));
/// // The server refuses the point with `x = 0`, because some encodings write the neutral point so.
/// assert!(matches!(verdict(&"00".repeat(33)), Verdict::Refuse(_)));
/// # Ok(())
/// # }
/// ```
pub struct Mutual<L>(pub(super) Arc<MutualCore<L>>);

impl<L, I> Mutual<L>
where
    L: Lookup<str, Record = MutualAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Protects a protection space on a host. `lookup` finds the accounts:
    /// [`MutualAccounts`](super::MutualAccounts), or a closure that asks a database.
    ///
    /// # Errors
    ///
    /// The auth-scope does not cover the origin of the host, the algorithm has a group of integers (use
    /// [`builder`](Self::builder)), or the system random number generator failed.
    pub fn new(space: &MutualSpace, host: HostValidation, lookup: L) -> Result<Self, ConfigError> {
        Self::builder(space, host, lookup).build()
    }

    /// Configures the scheme further than [`new`](Self::new) does.
    pub fn builder(space: &MutualSpace, host: HostValidation, lookup: L) -> MutualBuilder<L> {
        MutualBuilder::new(space, host, lookup)
    }
}

impl<L> Mutual<L> {
    pub(super) fn from_core(core: MutualCore<L>) -> Self {
        Self(Arc::new(core))
    }

    /// How many sessions the server marks as proved or over: at most
    /// [`session_marks`](MutualBuilder::session_marks).
    #[must_use]
    pub fn marked_sessions(&self) -> usize {
        self.0.marks.len()
    }
}

impl<L, I> Scheme for Mutual<L>
where
    L: Lookup<str, Record = MutualAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    type Identity = I;
    type BodyAccess = BodyUnread;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
        challenges.push(self.0.challenges.initial.clone());
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        self.0.claimed_user(attempt).map(ClaimedAccount::new)
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        attempt.names(SchemeName::MUTUAL)
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<I>> {
        attempt.credentials(SchemeName::MUTUAL)?;
        Some(match self.0.read(attempt) {
            Ok(ClientMessage::KeyExchange(message)) => {
                let network = self.0.runner.network(attempt.client());
                self.0.begin(message, network)
            }
            Ok(ClientMessage::Verification(proof)) => self.0.verify(attempt.role(), proof),
            Err(refusal) => refusal.at_once(),
        })
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        attempt.breaks_grammar(SchemeName::MUTUAL)
    }
}

clones! {
    /// A clone of the scheme, with the same keys and the same memory of sessions.
    impl[L] Mutual[L] { 0 }
}

shows! { impl[L] Mutual[L] as self { space: self.0.space, host: self.0.host } }
