//! The trait that every authentication scheme implements.

use super::{Attempt, BodyAccess, CredentialsField, VerdictNowOrLater};
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::principal::ClaimedAccount;

/// An HTTP authentication scheme, as a server uses it.
///
/// Implement this trait to add a scheme of your own. For each request, the layer calls the methods in this order:
///
/// 1. [`may_claim`](Self::may_claim), if the layer has a [throttle](crate::throttle), or if the scheme is in a list or a
///    tuple. It says whether the request carries credentials for this scheme. With a throttle, the layer asks
///    [`account`](Self::account) for the claimed account, and the throttle reserves an attempt.
/// 2. [`authenticate`](Self::authenticate). The scheme claims the credentials and judges them, or returns `None`. Then
///    the layer asks the next scheme.
/// 3. [`is_malformed`](Self::is_malformed), only if another scheme has claimed the request before a scheme read the
///    credentials field.
/// 4. [`challenge`](Self::challenge), only if the layer refuses the request with challenges.
///
/// When it is made, it asks for the [`credentials_fields`](Self::credentials_fields).
///
/// A scheme that wraps another scheme must forward every method. These methods have no default, so that the compiler reports
/// a method that the wrapper forgets. Only `credentials_fields` has one, because most schemes have no such field.
///
/// # Example
///
/// ```
/// use http::{Request, header::AUTHORIZATION};
/// use tower_challenge::ErrorParams;
/// use tower_challenge::header::{Challenge, SchemeName};
/// use tower_challenge::scheme::{
///     Admission, Attempt, BodyUnread, Refusal, Scheme, ServerRole, Verdict, VerdictNowOrLater,
/// };
/// use tower_challenge::{ClaimedAccount, Principal, RequestHead, Secret};
///
/// /// Admits requests with `Authorization: Token 0pen`. Answers `400` if no token follows the scheme name.
/// struct Token(Challenge);
///
/// impl Scheme for Token {
///     type Identity = Principal;
///     type BodyAccess = BodyUnread;
///
///     fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
///         challenges.push(self.0.clone());
///     }
///
///     fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
///         attempt.names(self.0.scheme())
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
///                 Admission::new(Principal::new("robot")).at_once()
///             }
///             Some(_) => Refusal::wrong("wrong token").at_once(),
///             None => Refusal::malformed("missing token").at_once(),
///         })
///     }
///
///     fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
///         attempt.breaks_grammar(self.0.scheme())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheme = Token(Challenge::builder(SchemeName::parse("Token")?).quoted("realm", "files").build()?);
/// let is_admitted = |credentials: &str| {
///     let request = Request::get("/").header(AUTHORIZATION, credentials).body(()).unwrap();
///     let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
///     let verdict = scheme.authenticate(&attempt)?.try_now().ok()?;
///     Some(matches!(verdict, Ok(Verdict::Admit(_))))
/// };
/// assert_eq!(is_admitted("token 0pen"), Some(true), "scheme names are case-insensitive");
/// assert_eq!(is_admitted("Token shut"), Some(false));
/// assert_eq!(is_admitted("Token key=0pen"), Some(false), "a parameter is not a token68");
/// assert_eq!(is_admitted("Basic YTpi"), None, "left to the next scheme");
/// # Ok(())
/// # }
/// ```
///
/// A wrapper that forgets to forward a method does not compile. This one forgets `account`:
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
///
///     fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
///         self.0.is_malformed(attempt)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an authentication scheme",
    note = "if it is a `Result`, put `?` behind the call that returned it",
    note = "implement `Scheme` for it, or pass a tuple or a `Vec<BoxScheme<..>>` of schemes",
    note = "the members of a tuple must agree on `Identity` and `BodyAccess`: see `SchemeExt::map_identity`"
)]
pub trait Scheme: Send + Sync + 'static {
    /// The identity that the application gets for an admitted caller, for example [`Principal`](crate::Principal).
    type Identity: Clone + Send + Sync + 'static;

    /// How much of the request the scheme reads: [`BodyUnread`](super::BodyUnread) for the head alone, or `SignedBody`
    /// for the body as well.
    type BodyAccess: BodyAccess;

    /// Adds the challenges of this scheme to `challenges`, for a client without valid credentials.
    ///
    /// The method must not store anything per challenge, because an attacker can request any number of them. For
    /// example, a Digest nonce carries its own MAC and is not stored.
    ///
    /// `error` is `Some` if the credentials field is malformed, or if a policy refuses the caller. If the attempt [names](Attempt::names) this scheme,
    /// and the challenges of the scheme can carry [`ErrorParams`], add them. For example, Bearer adds
    /// `error="insufficient_scope"`. All other schemes ignore `error`. A `400` or a `403` carries only
    /// the challenges that have the error.
    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        error: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    );

    /// Returns `true` if [`authenticate`](Self::authenticate) claims this request.
    ///
    /// The layer calls this before it reserves an attempt with the [throttle](crate::throttle), and thus before a
    /// scheme judges the credentials. A list or a tuple of schemes asks its members in their order: the first one that
    /// returns `true` decides alone, and the attempt is reserved, settled and audited for its [`account`](Self::account).
    /// So a client with the credentials of two schemes can neither use up nor reset the failures of an account that it
    /// names in the other ones. The answer must be the same each time for the same request.
    ///
    /// A scheme that reads the credentials field alone returns `true` if the field [names](Attempt::names) the scheme. A
    /// scheme that also reads another place must look there too. For example, SigV4 also returns `true` for a presigned
    /// URL, which carries its credentials in the query.
    ///
    /// Never return `true` for credentials that `authenticate` leaves to other schemes: a list asks none of them.
    /// Never return `false` for credentials that `authenticate` claims. If the layer has a throttle, it then answers
    /// `503`, whether the credentials are right or wrong, and the audit receives the names of the schemes.
    fn may_claim(&self, attempt: &Attempt<'_>) -> bool;

    /// Returns the account that the credentials claim. The claim is not verified yet.
    ///
    /// The throttle counts failures by this account, and the audit reports it. For example, Basic returns the user
    /// name.
    ///
    /// Return `None` if the credentials name no account, such as a token, or if [`authenticate`](Self::authenticate)
    /// does not claim them. A list of schemes has the account of the member that decides: see
    /// [`may_claim`](Self::may_claim).
    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<ClaimedAccount<'r>>;

    /// Claims and judges the credentials of this request.
    ///
    /// Returns `None` if the request carries no credentials for this scheme. The layer then asks the next scheme.
    ///
    /// The method must decide at once whether it claims the credentials. The verdict itself may come later, for example
    /// after a look-up in a database: see [`NowOrLater`](crate::NowOrLater).
    ///
    /// # Errors
    ///
    /// The verdict is an error only if the scheme could not judge the credentials, for example because a database did
    /// not answer. The layer then answers `503`. For invalid credentials, return
    /// [`Verdict::Refuse`](super::Verdict::Refuse).
    fn authenticate(
        &self,
        attempt: &Attempt<'_>,
    ) -> Option<VerdictNowOrLater<Self::Identity, Self::BodyAccess>>;

    /// Returns `true` if the credentials field names this scheme, and the rest of the field breaks the scheme's grammar.
    ///
    /// The layer calls this only if another scheme has claimed the request by other means, for example by a cookie, before
    /// this scheme read the credentials field. The answer is then `400`, as it is where this scheme is asked first. So
    /// the order of the schemes does not matter.
    ///
    /// A scheme that calls [`Attempt::credentials`] returns [`attempt.breaks_grammar(..)`](Attempt::breaks_grammar). A
    /// scheme that calls [`Attempt::raw`] reads the field by its own grammar. A scheme that reads other fields, or
    /// [`Attempt::whole_field`], returns `false`.
    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool;

    /// Adds the fields, beside `Authorization`, in which clients send credentials of this scheme. By default there are none.
    ///
    /// The layer asks once, when it is made. It hides the credentials in these fields from the inner service, and adds the
    /// fields to `Vary`: see [`CredentialsField`]. For example, `ApiKey` adds its field as a whole.
    fn credentials_fields(&self, fields: &mut Vec<CredentialsField>) {
        let _ = fields;
    }

    /// Whether [`challenge`](Self::challenge) adds the same challenges for every request if there is no error. The layer
    /// then asks for them once, when it is made, and not for every refusal.
    ///
    /// The default is `false`, which is always right. Return `false` for challenges with a nonce, and for challenges that
    /// depend on a field of the request. A scheme that wraps another scheme may forward the answer.
    fn has_fixed_challenges(&self) -> bool {
        false
    }
}
