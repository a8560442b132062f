//! What is an authentication scheme?

use super::{Attempt, BodyAccess, VerdictNowOrLater};
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::principal::ClaimedAccount;

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
/// use tower_challenge::scheme::{Admission, Attempt, BodyUnread, VerdictNowOrLater, Refusal, ServerRole, Scheme, Verdict};
/// use tower_challenge::{ClaimedAccount, NowOrLater, Principal, RequestHead, Secret};
///
/// /// `Authorization: ApiKey ..`, with one key.
/// struct ApiKey(Challenge);
///
/// impl Scheme for ApiKey {
///     type Identity = Principal;
///     type BodyAccess = BodyUnread;
///
///     fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
///         challenges.push(self.0.clone());
///     }
///
///     fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
///         !attempt.is_absent()
///     }
///
///     fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
///         None
///     }
///
///     fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal>> {
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
///     let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
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
/// use tower_challenge::scheme::{Attempt, VerdictNowOrLater, Scheme};
///
/// struct Counted<S>(S);
///
/// impl<S: Scheme> Scheme for Counted<S> {
///     type Identity = S::Identity;
///     type BodyAccess = S::BodyAccess;
///
///     fn challenge(&self, attempt: &Attempt<'_>, error: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
///         self.0.challenge(attempt, error, challenges);
///     }
///
///     fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
///         self.0.may_claim(attempt)
///     }
///
///     fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<S::Identity, S::BodyAccess>> {
///         self.0.authenticate(attempt)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an authentication scheme",
    note = "implement `Scheme` for it, or pass a tuple or a `Vec<BoxScheme<..>>` of schemes",
    note = "the members of a tuple must agree on `Identity` and `BodyAccess`: see `SchemeExt::map_identity`"
)]
pub trait Scheme: Send + Sync + 'static {
    /// Who the application learns is calling.
    type Identity: Clone + Send + Sync + 'static;

    /// How much of a request has to be read to judge it: [`BodyUnread`](super::BodyUnread), or `SignedBody`.
    type BodyAccess: BodyAccess;

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
    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<ClaimedAccount<'r>>;

    /// Judges the credentials that `attempt` carries for this scheme.
    ///
    /// Returns `None` when it carries none, so that the next scheme may look. Claiming a request is immediate; judging
    /// it may take time.
    ///
    /// # Errors
    ///
    /// The answer is an error only when the credentials could not be judged; bad credentials are
    /// [`Verdict::Refuse`](super::Verdict::Refuse).
    fn authenticate(
        &self,
        attempt: &Attempt<'_>,
    ) -> Option<VerdictNowOrLater<Self::Identity, Self::BodyAccess>>;
}
