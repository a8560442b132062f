//! Digest, as a server judges it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderValue, Method, Uri};

use super::accounts::DigestAccount;
use super::algorithm::Algorithm;
use super::builder::DigestBuilder;
use super::info::{Template, authentication_info};
use super::message::DigestCredentials;
use super::nonce::Nonces;
use super::proof::{Ha1, Proof, Responses};
use super::target::designates;
use crate::config_error::ConfigError;
use crate::header::{Challenge, Credentials, SchemeName};
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::principal::Account;
use crate::scheme::{Admission, Attempt, Head, Judgement, Refusal, Role, Scheme, Verdict};
use crate::store::{Claim, Epoch, MAX_COUNT, ReplayStore};
use crate::unavailable::Unavailable;

/// Admits who proves a password that a [`Lookup`] has the hash of. A clone shares nonces and their counts.
///
/// A request passes through one Digest once: the count of its nonce is used up by the first, and a second layer around
/// or inside answers `stale=true`, for ever. Give inner routes a policy, not another Digest layer.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::Digest;
/// use tower_challenge::scheme::digest::{Algorithm, DigestAccounts};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let accounts = DigestAccounts::new("files", [("ada", "lovelace")])?;
/// let digest = Digest::builder("files", accounts)
///     .algorithms([Algorithm::Sha512_256, Algorithm::Sha256])
///     .build()?;
///
/// let accounts = DigestAccounts::new("files", [("ada", "lovelace")])?;
/// let md5 = Digest::builder("files", accounts).algorithms([Algorithm::Md5]).build();
/// assert!(md5.is_err(), "MD5 has to be asked for by the name of `legacy_md5`");
/// # Ok(())
/// # }
/// ```
pub struct Digest<L>(Arc<Core<L>>);

pub(super) struct Core<L> {
    pub(super) realm: String,
    pub(super) opaque: Option<String>,
    pub(super) offers: Vec<(Algorithm, Template)>,
    pub(super) lookup: L,
    pub(super) nonces: Nonces,
    pub(super) store: Arc<dyn ReplayStore>,
    /// The epoch that the store had when it was last heard of.
    pub(super) epoch: AtomicU64,
    /// What the digest of a user who does not exist is compared with.
    pub(super) dummy: [u8; 32],
}

impl<L, I> Digest<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Guards the protection space `realm` with SHA-256, and the accounts that `lookup` finds.
    ///
    /// Clients that are deployed mishandle a realm with a quote or a backslash in it.
    ///
    /// # Errors
    ///
    /// The realm holds a control character, which no challenge can carry.
    pub fn new(realm: &str, lookup: L) -> Result<Self, ConfigError> {
        Self::builder(realm, lookup).build()
    }

    /// The same, with more to say.
    pub fn builder(realm: &str, lookup: L) -> DigestBuilder<L> {
        DigestBuilder::new(realm, lookup)
    }

    pub(super) fn from_core(core: Core<L>) -> Self {
        Self(Arc::new(core))
    }
}

impl<L, I> Scheme for Digest<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    type Identity = I;
    type Reads = Head;

    fn challenge(&self, _: &Attempt<'_>, challenges: &mut Vec<Challenge>) {
        if let Ok(Ok(epoch)) = self.0.store.epoch().try_now() {
            self.0.epoch.store(epoch.tag(), Ordering::Relaxed);
        }
        let epoch = Epoch::new(self.0.epoch.load(Ordering::Relaxed));
        challenges.extend(self.0.challenges(epoch, false));
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<Account<'r>> {
        let credentials = attempt.credentials(SchemeName::DIGEST)?;
        let read = DigestCredentials::read(credentials.params()).ok()?;
        read.user.map(Account::new)
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<Judgement<I>> {
        let credentials = attempt.credentials(SchemeName::DIGEST)?;
        Some(match self.0.read(credentials, attempt.head().target()) {
            Ok(claimed) => self.judge(attempt, &claimed),
            Err(refusal) => refusal.at_once(),
        })
    }
}

impl<L, I> Digest<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Asks for the account and the epoch, and waits for them only if they are not here.
    fn judge(&self, attempt: &Attempt<'_>, claimed: &Claimed<'_>) -> Judgement<I> {
        let account = match claimed.name() {
            Some(name) => self.0.lookup.lookup(name),
            None => NowOrLater::now(Ok(None)),
        };
        let request = Asked::of(attempt);
        match (account.try_now(), self.0.store.epoch().try_now()) {
            (Ok(account), Ok(epoch)) => self.0.weigh(claimed, &request, account, epoch),
            (account, epoch) => {
                let account = account.map_or_else(|later| later, NowOrLater::now);
                let epoch = epoch.map_or_else(|later| later, NowOrLater::now);
                let core = Arc::clone(&self.0);
                let (request, field) = (request.to_owned(), attempt.field_value().cloned());
                NowOrLater::later(async move {
                    let (account, epoch) = (account.await, epoch.await);
                    core.weigh_again(field.as_ref(), &request, account, epoch)
                        .await
                })
            }
        }
    }
}

/// What of a request the digest covers, and where the reply goes.
#[derive(Clone)]
struct Asked<'r> {
    method: Cow<'r, Method>,
    target: Cow<'r, Uri>,
    role: Role,
}

impl<'r> Asked<'r> {
    fn of(attempt: &Attempt<'r>) -> Self {
        Self {
            method: Cow::Borrowed(attempt.head().method()),
            target: Cow::Borrowed(attempt.head().target()),
            role: attempt.role(),
        }
    }

    fn to_owned(&self) -> Asked<'static> {
        Asked {
            method: Cow::Owned(Method::clone(&self.method)),
            target: Cow::Owned(Uri::clone(&self.target)),
            role: self.role,
        }
    }
}

/// Credentials that are fit to be compared.
struct Claimed<'a> {
    credentials: DigestCredentials<'a>,
    algorithm: Algorithm,
}

impl Claimed<'_> {
    /// The name to look up. There is nobody whose name is not UTF-8; and hashed names, which we do not offer, are
    /// nobody's either.
    fn name(&self) -> Option<&str> {
        let name = self.credentials.user.as_deref();
        name.filter(|_| !self.credentials.userhash)
    }

    fn responses(&self, asked: &Asked<'_>, ha1: &Ha1) -> Responses {
        let proof = Proof {
            method: asked.method.as_str().as_bytes(),
            uri: &self.credentials.uri,
            nonce: &self.credentials.nonce,
            nc: self.credentials.nc.as_bytes(),
            cnonce: &self.credentials.cnonce.to_bytes(),
            qop: b"auth",
        };
        proof.responses(ha1)
    }
}

impl<L> Core<L> {
    fn challenges(&self, epoch: Epoch, stale: bool) -> impl Iterator<Item = Challenge> + '_ {
        let nonce = self.nonces.issue(epoch);
        let offers = self.offers.iter();
        offers.map(move |(_, template)| template.render(&nonce, stale))
    }

    /// Everything that can be checked without a secret, in an order that tells nothing about one.
    fn read<'a>(&self, credentials: Credentials<'a>, target: &Uri) -> Result<Claimed<'a>, Refusal> {
        let malformed = |reason| Err(Refusal::malformed(reason));
        let wrong = |reason| Err(Refusal::wrong(reason));
        let read = DigestCredentials::read(credentials.params()).map_err(Refusal::malformed)?;
        let offered = self.offers.iter().map(|(algorithm, _)| *algorithm);
        let Some(algorithm) = offered.into_iter().find(|it| Some(*it) == read.algorithm) else {
            return wrong("the algorithm was not offered");
        };
        if read.qop.raw() != b"auth" {
            return malformed("the quality of protection was not offered");
        }
        if read.response.as_bytes().len() != algorithm.hash_len() {
            return malformed("the response is not as long as the hash");
        }
        if *read.realm != *self.realm.as_bytes() {
            return wrong("the realm is another");
        }
        if read.opaque.as_deref() != self.opaque.as_deref().map(str::as_bytes)
            && self.opaque.is_some()
        {
            return wrong("the opaque text is another");
        }
        if !designates(&read.uri, target) {
            return malformed("the uri is not what was requested");
        }
        Ok(Claimed {
            credentials: read,
            algorithm,
        })
    }
}

impl<L, I> Core<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Takes the credentials up again where the account or the epoch had to be waited for.
    fn weigh_again(
        self: &Arc<Self>,
        field: Option<&HeaderValue>,
        asked: &Asked<'_>,
        account: Result<Option<DigestAccount<I>>, Unavailable>,
        epoch: Result<Epoch, Unavailable>,
    ) -> Judgement<I> {
        let field = field.map_or(b"".as_slice(), HeaderValue::as_bytes);
        let read = Credentials::parse(field).ok();
        match read.map(|credentials| self.read(credentials, &asked.target)) {
            Some(Ok(claimed)) => self.weigh(&claimed, asked, account, epoch),
            Some(Err(refusal)) => refusal.at_once(),
            None => Refusal::malformed("the credentials field cannot be read").at_once(),
        }
    }

    fn weigh(
        self: &Arc<Self>,
        claimed: &Claimed<'_>,
        asked: &Asked<'_>,
        account: Result<Option<DigestAccount<I>>, Unavailable>,
        epoch: Result<Epoch, Unavailable>,
    ) -> Judgement<I> {
        match (account, epoch) {
            (Ok(account), Ok(epoch)) => {
                self.epoch.store(epoch.tag(), Ordering::Relaxed);
                self.compare(claimed, asked, account.as_ref(), epoch)
            }
            (Err(why), _) | (_, Err(why)) => NowOrLater::now(Err(why)),
        }
    }

    /// The unknown user costs what a known one costs.
    fn compare(
        self: &Arc<Self>,
        claimed: &Claimed<'_>,
        asked: &Asked<'_>,
        account: Option<&DigestAccount<I>>,
        epoch: Epoch,
    ) -> Judgement<I> {
        let dummy = Ha1::dummy(claimed.algorithm, self.dummy);
        let ours = account.filter(|it| it.is_of(&self.realm));
        let known = ours.and_then(|it| Some((it, it.ha1(claimed.algorithm)?)));
        let responses = claimed.responses(asked, known.map_or(&dummy, |(_, ha1)| ha1));
        let right = responses.are(claimed.credentials.response.as_bytes());
        match known.filter(|_| right) {
            Some((account, _)) => self.spend(claimed, asked.role, account, &responses, epoch),
            None if account.is_some() && ours.is_none() => {
                Refusal::wrong("the account is one of another realm").at_once()
            }
            None => Refusal::wrong("the name or the password is wrong").at_once(),
        }
    }

    /// Verify, then remember: the count is claimed when everything else is known to be good.
    fn spend(
        self: &Arc<Self>,
        claimed: &Claimed<'_>,
        role: Role,
        account: &DigestAccount<I>,
        responses: &Responses,
        epoch: Epoch,
    ) -> Judgement<I> {
        let credentials = &claimed.credentials;
        let Some(live) = self.nonces.check(&credentials.nonce, epoch) else {
            return self
                .stale("the nonce is not one that is good", epoch)
                .at_once();
        };
        let count = credentials.count;
        let next = (live.ending || count > MAX_COUNT - 16).then(|| self.nonces.issue(epoch));
        let info = authentication_info(credentials, responses, next.as_ref());
        let admission = Admission::new(account.identity().clone());
        let admission = match info {
            Some(info) => admission.with_reply(role.info_field(), info),
            None => admission,
        };
        let core = Arc::clone(self);
        let key = live.key.issued_in(epoch);
        let claim = self.store.claim_count(key, count, live.remaining);
        claim.map(move |claim| {
            Ok(match claim? {
                Claim::First => Verdict::Admit(admission),
                Claim::Again => Verdict::Refuse(core.stale("the nonce count was used", epoch)),
            })
        })
    }

    fn stale(&self, reason: &'static str, epoch: Epoch) -> Refusal {
        let challenges = self.challenges(epoch, true);
        challenges.fold(Refusal::stale(reason), Refusal::with_challenge)
    }
}

/// The same scheme, with the same nonces and the same memory of their counts.
impl<L> Clone for Digest<L> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<L> fmt::Debug for Digest<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digest")
            .field("realm", &self.0.realm)
            .finish_non_exhaustive()
    }
}
