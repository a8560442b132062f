//! What an authentication scheme is, and each of them.
//!
//! A [`Scheme`] answers four questions: what to tell a stranger ([`challenge`](Scheme::challenge)), whether a request may
//! carry its credentials ([`may_claim`](Scheme::may_claim)), whose account they name ([`account`](Scheme::account)), and
//! whether they are good ([`authenticate`](Scheme::authenticate)). The last looks at the request once, claims it or leaves
//! it to the next scheme, and answers with a [`Verdict`]. A scheme never writes a response and never sees the inner service.
//!
//! Schemes compose: a tuple of schemes is a scheme, and so is a `Vec` of boxed ones. The first that claims the
//! credentials judges them; there is no second opinion. The members agree on [`Scheme::Identity`] and on
//! [`Scheme::Reads`]; [`map_identity`](SchemeExt::map_identity) makes them agree.
//!
//! ```
//! # #[cfg(all(feature = "basic", feature = "bearer"))] {
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use http::{Request, header::AUTHORIZATION};
//! use tower_challenge::password::OneAccount;
//! use tower_challenge::scheme::bearer::{Bearer, StaticTokens};
//! use tower_challenge::scheme::{Attempt, Basic, Role, Scheme, Verdict};
//! use tower_challenge::{Principal, RequestHead};
//!
//! let tokens = StaticTokens::new()?.token("t0ken", Principal::new("robot"))?;
//! let schemes = (Bearer::new("files", tokens)?, Basic::new("files", OneAccount::new("ada", "lovelace")?)?);
//!
//! let judge = |credentials: &str| {
//!     let request = Request::get("/").header(AUTHORIZATION, credentials).body(()).unwrap();
//!     let attempt = Attempt::read(RequestHead::of(&request), Role::Origin);
//!     let verdict = schemes.authenticate(&attempt)?.try_now().ok()?;
//!     Some(matches!(verdict, Ok(Verdict::Admit(_))))
//! };
//! assert_eq!(judge("Bearer t0ken"), Some(true));
//! assert_eq!(judge("Bearer stolen"), Some(false), "refused by Bearer; Basic is not asked");
//! assert_eq!(judge("Unheard of"), None, "nobody's");
//! # Ok(()) }
//! # main().unwrap(); }
//! ```

mod adapt;
mod all;
mod attempt;
mod body_refused;
mod boxed;
mod reads;
mod refusal;
mod role;
#[cfg(feature = "signed-body")]
mod signed_body;
mod verdict;

#[cfg(feature = "basic")]
pub mod basic;
#[cfg(feature = "bearer")]
pub mod bearer;
#[cfg(feature = "digest")]
pub mod digest;
#[cfg(feature = "sigv4")]
pub mod sigv4;

pub use self::adapt::{MapIdentity, SchemeExt};
pub use self::attempt::Attempt;
pub use self::body_refused::BodyRefused;
pub use self::boxed::BoxScheme;
pub use self::reads::{Checked, Head, OnRefusal, Reads, ReadsFrom};
pub use self::refusal::{Blame, Refusal};
pub use self::role::Role;
#[cfg(feature = "signed-body")]
pub use self::signed_body::{
    BodyCheck, BodyLimits, Inspect, JudgeBody, ReadingBody, SignedBody, VerifiedBody, VerifyChunks,
};
pub use self::verdict::{Admission, ReplyFields, Verdict};

#[cfg(feature = "basic")]
pub use self::basic::Basic;
#[cfg(feature = "bearer")]
pub use self::bearer::Bearer;
#[cfg(feature = "digest")]
pub use self::digest::Digest;
#[cfg(feature = "sigv4")]
pub use self::sigv4::SigV4;

use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::now_or_later::NowOrLater;
use crate::principal::Account;
use crate::unavailable::Unavailable;

/// A [`Verdict`], now or later.
pub type Judgement<I, R = Head> = NowOrLater<Result<Verdict<I, R>, Unavailable>>;

/// An HTTP authentication scheme, as a server sees it.
///
/// A scheme that wraps another forwards every method. None has a default, so that the compiler finds what is forgotten.
///
/// # Example
///
/// ```
/// use http::{Request, header::AUTHORIZATION};
/// use tower_challenge::ErrorParams;
/// use tower_challenge::header::{Challenge, SchemeName};
/// use tower_challenge::scheme::{Admission, Attempt, Head, Judgement, Refusal, Role, Scheme, Verdict};
/// use tower_challenge::{Account, NowOrLater, Principal, RequestHead, Secret};
///
/// /// `Authorization: ApiKey ..`, with one key.
/// struct ApiKey(Challenge);
///
/// impl Scheme for ApiKey {
///     type Identity = Principal;
///     type Reads = Head;
///
///     fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
///         challenges.push(self.0.clone());
///     }
///
///     fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
///         !attempt.is_absent()
///     }
///
///     fn account<'r>(&self, _: &Attempt<'r>) -> Option<Account<'r>> {
///         None
///     }
///
///     fn authenticate(&self, attempt: &Attempt<'_>) -> Option<Judgement<Principal>> {
///         let credentials = attempt.credentials(self.0.scheme())?;
///         Some(match credentials.token68() {
///             Some(key) if Secret::new(key).matches("0pen") => {
///                 NowOrLater::now(Ok(Verdict::Admit(Admission::new(Principal::new("robot")))))
///             }
///             Some(_) => Refusal::wrong("another key").at_once(),
///             None => Refusal::malformed("not a key").at_once(),
///         })
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheme = ApiKey(Challenge::builder(SchemeName::parse("ApiKey")?).quoted("realm", "files").build()?);
/// let judge = |credentials: &str| {
///     let request = Request::get("/").header(AUTHORIZATION, credentials).body(()).unwrap();
///     let attempt = Attempt::read(RequestHead::of(&request), Role::Origin);
///     let verdict = scheme.authenticate(&attempt)?.try_now().ok()?;
///     Some(matches!(verdict, Ok(Verdict::Admit(_))))
/// };
/// assert_eq!(judge("apikey 0pen"), Some(true));
/// assert_eq!(judge("ApiKey shut"), Some(false));
/// assert_eq!(judge("ApiKey key=0pen"), Some(false));
/// # Ok(())
/// # }
/// ```
///
/// A scheme around another that forgets to forward one method, here `account`, does not compile:
///
/// ```compile_fail,E0046
/// use tower_challenge::ErrorParams;
/// use tower_challenge::header::Challenge;
/// use tower_challenge::scheme::{Attempt, Judgement, Scheme};
///
/// struct Counted<S>(S);
///
/// impl<S: Scheme> Scheme for Counted<S> {
///     type Identity = S::Identity;
///     type Reads = S::Reads;
///
///     fn challenge(&self, attempt: &Attempt<'_>, error: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
///         self.0.challenge(attempt, error, challenges);
///     }
///
///     fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
///         self.0.may_claim(attempt)
///     }
///
///     fn authenticate(&self, attempt: &Attempt<'_>) -> Option<Judgement<S::Identity, S::Reads>> {
///         self.0.authenticate(attempt)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an authentication scheme",
    note = "implement `Scheme` for it, or pass a tuple or a `Vec<BoxScheme<..>>` of schemes",
    note = "the members of a tuple must agree on `Identity` and `Reads`: see `SchemeExt::map_identity`"
)]
pub trait Scheme: Send + Sync + 'static {
    /// Who the application learns is calling.
    type Identity: Clone + Send + Sync + 'static;

    /// How much of a request has to be read to judge it: [`Head`], or `SignedBody`.
    type Reads: Reads;

    /// Adds the challenges for a client without valid credentials. Issuing a challenge must remember nothing.
    ///
    /// With `error`, something other than a verdict has decided: the field is malformed, or a policy wants more. If the
    /// attempt [names](Attempt::names) this scheme, and the scheme has a place for [`ErrorParams`], its challenge says them:
    /// Bearer answers with `error="insufficient_scope"`. Every other scheme ignores `error`. The layer leaves a challenge
    /// that does not say `error` out of a `400` and a `403`.
    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        error: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    );

    /// Whether the request carries credentials that this scheme may claim. The layer asks before it reserves an attempt
    /// with the [throttle](crate::throttle), and so before anything is judged.
    ///
    /// A scheme of the credentials field answers `!attempt.is_absent()`. One that also reads another field, the query or a
    /// cookie says so here. Where there is a throttle, credentials that a scheme claims after it said `false` are `503`,
    /// whether they are right or wrong, and the audit hears the names of the schemes.
    fn may_claim(&self, attempt: &Attempt<'_>) -> bool;

    /// Whose account the credentials claim, unverified; `None` where they name no account, such as a token. The throttle
    /// counts failures by it, and the audit tells it.
    ///
    /// Return `None` for credentials that [`authenticate`](Self::authenticate) does not claim: the answer of the first scheme
    /// in a list counts.
    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<Account<'r>>;

    /// Judges the credentials that `attempt` carries for this scheme.
    ///
    /// Returns `None` when it carries none, so that the next scheme may look. Claiming a request is immediate; judging
    /// it may take time.
    ///
    /// # Errors
    ///
    /// The answer is an error only when the credentials could not be judged; bad credentials are
    /// [`Verdict::Refuse`].
    fn authenticate(&self, attempt: &Attempt<'_>)
    -> Option<Judgement<Self::Identity, Self::Reads>>;
}
