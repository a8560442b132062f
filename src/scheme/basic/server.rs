//! The Basic scheme of a server.

use super::message::{self, UndecodableCredentials, UserPass};
use super::reasons;
use crate::client::UnresolvedClient;
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::error_params::ErrorParams;
use crate::header::{Challenge, Credentials, SchemeName};
use crate::now_or_later::NowOrLater;
use crate::password::{IntoPasswordVerifier, VerifyPassword};
use crate::principal::ClaimedAccount;
use crate::scheme::{Admission, Attempt, BodyUnread, Refusal, Scheme, Verdict, VerdictNowOrLater};
use crate::secret::Secret;
use crate::unavailable::Unavailable;
use crate::verified::{Verified, VerifiedNowOrLater};

/// Admits clients that send a name and a password which a [`VerifyPassword`] accepts.
///
/// # Example
///
/// ```
/// use http::{Request, header::AUTHORIZATION};
/// use tower_challenge::RequestHead;
/// use tower_challenge::password::OneAccount;
/// use tower_challenge::scheme::{Attempt, Basic, ServerRole, Scheme, Verdict};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let basic = Basic::new("files", OneAccount::new("Aladdin", "open sesame")?)?;
/// let judge = |credentials: &str| {
///     let request = Request::get("/").header(AUTHORIZATION, credentials).body(()).unwrap();
///     let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
///     let verdict = basic.authenticate(&attempt)?.try_now().ok()?;
///     Some(matches!(verdict, Ok(Verdict::Admit(_))))
/// };
/// assert_eq!(judge("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), Some(true));
/// assert_eq!(judge("Basic QWxhZGRpbjpzZXNhbWU="), Some(false));
/// assert_eq!(judge("Bearer t0ken"), None, "Basic claims no credentials of Bearer");
/// assert!(Basic::new("line\nbreak", OneAccount::new("ada", "lovelace")?).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Basic<V> {
    verifier: V,
    challenge: Challenge,
    /// The challenge for scripts, if `hide_from_scripts` was called.
    for_scripts: Challenge,
    hidden_from_scripts: bool,
    empty_password: bool,
    empty_user: bool,
    max_length: usize,
}

impl<V: VerifyPassword> Basic<V> {
    /// Protects the realm `realm` with the passwords of `accounts`: a verifier, or a list of names and passwords. The
    /// documentation of [`IntoPasswordVerifier`] lists what is accepted.
    ///
    /// # Errors
    ///
    /// The realm contains a control character, which a challenge cannot carry, or `accounts` has a
    /// [fault](IntoPasswordVerifier::into_password_verifier).
    pub fn new(
        realm: &str,
        accounts: impl IntoPasswordVerifier<Verifier = V>,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            verifier: accounts.into_password_verifier()?,
            challenge: challenge(SchemeName::BASIC, realm)?,
            for_scripts: challenge(SchemeName::X_BASIC, realm)?,
            hidden_from_scripts: false,
            empty_password: false,
            empty_user: false,
            max_length: 8192,
        })
    }

    /// Hides Basic from the scripts of a page, so that a browser does not ask for a password in the middle of a page.
    ///
    /// A request that a browser makes for a page or a script gets the same challenge under the name `xBasic`, which no
    /// browser knows. These are requests with a `Sec-Fetch-Mode` other than `navigate`, and requests with
    /// `X-Requested-With: XMLHttpRequest`, in any case.
    ///
    /// No other value of `X-Requested-With` counts. Android's WebView sends the name of its app when a person opens a
    /// page, for example `org.example.app`, and the WebView has to ask that person for the password.
    ///
    /// The response is still a `401` with a challenge, as RFC 9110 section 15.5.2 requires, and the challenge is valid:
    /// Basic accepts credentials under either name.
    ///
    /// Some browsers send no Fetch metadata, and no browser sends it without TLS to another machine. There, the script
    /// has to send `X-Requested-With: XMLHttpRequest`, as jQuery does. A script that sends another value there, such as
    /// `fetch`, gets the challenge for `Basic`, and the browser asks for a password.
    ///
    /// Browsers also ask for passwords for Digest, so do not offer Digest to pages with scripts.
    ///
    /// # Example
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use http::{Request, Response, header::{AUTHORIZATION, WWW_AUTHENTICATE}};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    /// use tower_challenge::RequireAuth;
    /// use tower_challenge::password::OneAccount;
    /// use tower_challenge::scheme::Basic;
    ///
    /// let basic = Basic::new("files", OneAccount::new("ada", "lovelace")?)?.hide_from_scripts();
    /// let service = ServiceBuilder::new()
    ///     .layer(RequireAuth::new(basic)?)
    ///     .service(service_fn(async |_: Request<()>| Ok::<_, std::convert::Infallible>(Response::new(String::new()))));
    ///
    /// let fetch = || Request::get("/").header("sec-fetch-mode", "cors");
    /// let refused = service.clone().oneshot(fetch().body(())?).await?;
    /// assert_eq!(refused.status(), 401);
    /// assert_eq!(refused.headers()[WWW_AUTHENTICATE], r#"xBasic realm="files", charset="UTF-8""#);
    ///
    /// let ada = fetch().header(AUTHORIZATION, "Basic YWRhOmxvdmVsYWNl").body(())?;
    /// assert_eq!(service.oneshot(ada).await?.status(), 200);
    /// # Ok(()) }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
    /// ```
    #[must_use]
    pub const fn hide_from_scripts(mut self) -> Self {
        self.hidden_from_scripts = true;
        self
    }

    /// Lets the verifier decide about credentials with a name and an empty password, for applications that issue a token
    /// as the name. For example, `curl -u sk_test_4eC39H:` sends the token `sk_test_4eC39H` and no password.
    ///
    /// Without this setting, Basic refuses an empty password as wrong and does not ask the verifier. With it, the
    /// verifier has to refuse every empty password that is not meant. For example, many LDAP servers answer a bind with
    /// a name and an empty password with success (RFC 4513 section 5.1.2). The verifiers of this crate admit no empty
    /// password.
    ///
    /// The name may be a secret. So for an empty password, neither the audit nor a throttle learns the name, and a
    /// throttle counts the failure for the client alone, as it does for a token of `Bearer`.
    ///
    /// # Example
    ///
    /// ```
    /// use http::{Request, header::AUTHORIZATION};
    /// use tower_challenge::scheme::{Attempt, Basic, Scheme, ServerRole, Verdict, basic::message::encode};
    /// use tower_challenge::{Principal, RequestHead, Secret};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let verify = |name: &str, password: Secret<'_>| {
    ///     let is_right = password.matches("") && Secret::new(name).matches("sk_test_4eC39H");
    ///     is_right.then(|| Principal::new("ada"))
    /// };
    /// let admits = |basic: &Basic<_>, name: &str| {
    ///     let field = format!("Basic {}", encode(name, "").ok()?);
    ///     let request = Request::get("/").header(AUTHORIZATION, field).body(()).ok()?;
    ///     let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    ///     let verdict = basic.authenticate(&attempt)?.try_now().ok()?;
    ///     Some(matches!(verdict, Ok(Verdict::Admit(_))))
    /// };
    /// let basic = Basic::new("payments", verify)?;
    /// assert_eq!(admits(&basic, "sk_test_4eC39H"), Some(false));
    /// let basic = basic.allow_empty_password();
    /// assert_eq!(admits(&basic, "sk_test_4eC39H"), Some(true));
    /// assert_eq!(admits(&basic, "sk_test_other"), Some(false));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn allow_empty_password(mut self) -> Self {
        self.empty_password = true;
        self
    }

    /// Lets the verifier decide about credentials with an empty name and a password, for applications that issue a token
    /// as the password. For example, `curl -u :PAT` sends the token `PAT` and no name, as clients of Azure DevOps do.
    ///
    /// Without this setting, Basic refuses an empty name as wrong and does not ask the verifier. All such clients share
    /// the empty name. So it is no account for a throttle, which counts a failure for the client alone: one client
    /// cannot lock out the others. Credentials with neither a name nor a password stay refused.
    ///
    /// # Example
    ///
    /// ```
    /// use http::{Request, header::AUTHORIZATION};
    /// use tower_challenge::scheme::{Attempt, Basic, Scheme, ServerRole, Verdict};
    /// use tower_challenge::{Principal, RequestHead, Secret};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let verify = |name: &str, password: Secret<'_>| {
    ///     let is_right = name.is_empty() && password.matches("PAT");
    ///     is_right.then(|| Principal::new("ada"))
    /// };
    /// let basic = Basic::new("git", verify)?.allow_empty_user();
    /// let admits = |field: &str| {
    ///     let request = Request::get("/").header(AUTHORIZATION, field).body(()).ok()?;
    ///     let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    ///     let verdict = basic.authenticate(&attempt)?.try_now().ok()?;
    ///     Some(matches!(verdict, Ok(Verdict::Admit(_))))
    /// };
    /// assert_eq!(admits("Basic OlBBVA=="), Some(true), "the base64 of `:PAT`");
    /// assert_eq!(admits("Basic Og=="), Some(false), "the base64 of `:`");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn allow_empty_user(mut self) -> Self {
        self.empty_user = true;
        self
    }

    /// Refuses names and passwords that are longer than `bytes` bytes each, as if they were wrong, and does not ask the
    /// verifier about them. The default is 8192, because applications issue tokens of some thousand bytes as passwords.
    /// The limit protects the server, since the cost of a slow password hash may grow with its input.
    #[must_use]
    pub const fn max_length(mut self, bytes: usize) -> Self {
        self.max_length = bytes;
        self
    }
}

impl<V: VerifyPassword> Scheme for Basic<V> {
    type Identity = V::Identity;
    type BodyAccess = BodyUnread;

    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        _: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    ) {
        let for_scripts = self.hidden_from_scripts && attempt.head().is_from_script();
        let challenge = if for_scripts {
            &self.for_scripts
        } else {
            &self.challenge
        };
        challenges.push(challenge.clone());
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        let token68 = self.credentials(attempt)?.token68()?;
        message::decode(token68, |decoded| {
            let user_pass = decoded.ok().filter(names_an_account)?;
            let account = ClaimedAccount::new(user_pass.user().to_owned());
            // `decode` accepts only one base64 text for each password. The token68 therefore serves as the secret, and
            // the password need not be copied.
            Some(account.with_secret(Secret::new(token68)))
        })
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        let has_two_names = self.hidden_from_scripts;
        attempt.names(SchemeName::BASIC) || has_two_names && attempt.names(SchemeName::X_BASIC)
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<V::Identity>> {
        let credentials = self.credentials(attempt)?;
        let Some(token68) = credentials.token68_bytes() else {
            return Some(Refusal::malformed_because(reasons::NOT_TOKEN68).at_once());
        };
        let verified = message::decode(token68, |decoded| self.verify(decoded, attempt.client()));
        Some(match verified.map(NowOrLater::try_now) {
            // An arm of its own, so that the admission is made in its place and not moved out of `verdict`.
            Ok(Ok(Ok(Ok(identity)))) => Admission::new(identity).at_once(),
            Ok(Ok(verified)) => NowOrLater::now(verdict(verified)),
            Ok(Err(later)) => later.map(verdict),
            Err(fault) => refusal(fault).at_once(),
        })
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        let has_two_names = self.hidden_from_scripts;
        attempt.breaks_grammar(SchemeName::BASIC)
            || has_two_names && attempt.breaks_grammar(SchemeName::X_BASIC)
    }

    fn has_fixed_challenges(&self) -> bool {
        !self.hidden_from_scripts
    }
}

impl<V: VerifyPassword> Basic<V> {
    /// The credentials, under the name `Basic`, or under `xBasic` if scripts are offered that name.
    fn credentials<'r>(&self, attempt: &Attempt<'r>) -> Option<Credentials<'r>> {
        let other = || attempt.credentials(SchemeName::X_BASIC);
        let other = || self.hidden_from_scripts.then(other).flatten();
        attempt.credentials(SchemeName::BASIC).or_else(other)
    }

    fn verify(
        &self,
        decoded: Result<UserPass<'_>, UndecodableCredentials>,
        client: &UnresolvedClient<'_>,
    ) -> Result<VerifiedNowOrLater<V::Identity>, CredentialsFault> {
        let user_pass = decoded.map_err(CredentialsFault::Undecodable)?;
        self.check_lengths(&user_pass)?;
        let (user, password) = (user_pass.user(), user_pass.password());
        Ok(self.verifier.verify_for(user, password, client))
    }

    /// Refuses overlong names and passwords, and empty ones that are not allowed, before the verifier sees them.
    fn check_lengths(&self, user_pass: &UserPass<'_>) -> Result<(), CredentialsFault> {
        let (user, password) = (
            user_pass.user().len(),
            user_pass.password().expose_bytes().len(),
        );
        if user > self.max_length || password > self.max_length {
            return Err(CredentialsFault::TooLong);
        }
        let is_allowed = match (user, password) {
            (0, 0) => false,
            (0, _) => self.empty_user,
            (_, 0) => self.empty_password,
            _ => true,
        };
        match is_allowed {
            true => Ok(()),
            false => Err(CredentialsFault::Empty),
        }
    }
}

/// Whether the credentials have a name and a password. If one of them is empty, the other may be a token. A token names
/// no account before the verifier has found it.
fn names_an_account(user_pass: &UserPass<'_>) -> bool {
    !user_pass.user().is_empty() && !user_pass.password().expose_bytes().is_empty()
}

fn challenge(name: SchemeName<'_>, realm: &str) -> Result<Challenge, ConfigError> {
    let challenge = Challenge::builder(name).quoted("realm", realm);
    Ok(challenge.quoted("charset", "UTF-8").build()?)
}

#[inline]
fn verdict<I>(verified: Result<Verified<I>, Unavailable>) -> Result<Verdict<I>, Unavailable> {
    Ok(match verified? {
        Ok(identity) => Verdict::Admit(Admission::new(identity)),
        Err(failure) => Verdict::Refuse(Refusal::unverified(failure, reasons::WRONG)),
    })
}

/// The reason why Basic refuses credentials without asking the verifier.
#[derive(Clone, Copy)]
enum CredentialsFault {
    Undecodable(UndecodableCredentials),
    TooLong,
    Empty,
}

#[cold]
fn refusal(fault: CredentialsFault) -> Refusal {
    match fault {
        CredentialsFault::TooLong => Refusal::wrong_because(reasons::TOO_LONG),
        CredentialsFault::Empty => Refusal::wrong_because(reasons::EMPTY),
        CredentialsFault::Undecodable(UndecodableCredentials::Base64) => {
            Refusal::malformed_because(reasons::NOT_BASE64)
        }
        CredentialsFault::Undecodable(UndecodableCredentials::NoColon) => {
            Refusal::malformed_because(reasons::NO_COLON)
        }
        CredentialsFault::Undecodable(UndecodableCredentials::Control) => {
            Refusal::malformed_because(reasons::CONTROL_CHARACTER)
        }
        CredentialsFault::Undecodable(UndecodableCredentials::Charset) => {
            Refusal::wrong_because(reasons::NOT_UTF8)
        }
    }
}

shows! { impl[V] Basic[V] as self { challenge: self.challenge } }
