//! A scheme beside certificates: may the caller of the credentials use the connection of this certificate?

use std::fmt;

use super::reasons;
use super::server::{CertificateLogin, has_certificate};
use super::verify_certificate::VerifyCertificate;
use crate::derives::{clones, shows};
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::now_or_later::NowOrLater;
use crate::principal::{ClaimedAccount, Principal};
use crate::scheme::{
    Attempt, BodyUnread, CredentialsField, PlainScheme, Refusal, Scheme, Verdict, VerdictNowOrLater,
};
use crate::unavailable::Unavailable;
use crate::verified::{Verified, VerifiedNowOrLater};

/// A scheme and a [`CertificateLogin`], in one layer. [`CertificateLogin::beside`] makes it.
///
/// | the request has | the caller is |
/// |---|---|
/// | credentials alone | the caller of the credentials |
/// | a certificate alone | its holder |
/// | both, of the same caller | the caller of the credentials, with their scopes and roles |
/// | both, of different callers | refused: `401` |
/// | credentials, and a certificate of no known caller | refused: `401` |
///
/// The credentials are verified in all cases, and the refusal of two callers is that of wrong credentials. For a token of
/// Bearer or `DPoP` it has `error="invalid_token"`. A throttle counts it as a failure, so that a client cannot try passwords
/// of other people over its own connection and learn from the count which one was right.
///
/// # Example
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use http::{Request, Response, header::AUTHORIZATION};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
/// use tower_challenge::client::ClientCertificate;
/// use tower_challenge::scheme::Bearer;
/// use tower_challenge::scheme::client_certificate::{CertificateLogin, KnownCertificates};
/// use tower_challenge::{Authenticated, Principal, RequireAuth};
///
/// let of_ada = ClientCertificate::from_der([0x30, 0x03, 0x02, 0x01, 0x01]);
/// let known = KnownCertificates::new([(of_ada.thumbprint().to_string(), Principal::new("ada"))])?;
/// let tokens = Bearer::new("files", [("ada", "t0ken"), ("grace", "0ther")])?;
/// let auth = RequireAuth::new(CertificateLogin::new(known)?.beside(tokens))?;
/// let service = ServiceBuilder::new().layer(auth).service(service_fn(async |request: Request<String>| {
///     let caller = request.extensions().get::<Authenticated<Principal>>();
///     Ok::<_, std::convert::Infallible>(Response::new(caller.map_or("", |caller| caller.name()).to_owned()))
/// }));
/// let ask = async |token: Option<&str>, certificate: Option<&ClientCertificate>| {
///     let mut request = Request::new(String::new());
///     if let Some(token) = token {
///         request.headers_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
///     }
///     if let Some(certificate) = certificate {
///         request.extensions_mut().insert(certificate.clone());
///     }
///     service.clone().oneshot(request).await.unwrap()
/// };
/// assert_eq!(ask(Some("0ther"), None).await.body(), "grace");
/// assert_eq!(ask(None, Some(&of_ada)).await.body(), "ada");
/// assert_eq!(ask(Some("t0ken"), Some(&of_ada)).await.body(), "ada");
/// assert_eq!(ask(Some("0ther"), Some(&of_ada)).await.status(), 401, "the token of grace on the connection of ada");
/// assert_eq!(ask(None, None).await.status(), 401);
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
/// ```
pub struct WithCertificate<S, V: VerifyCertificate> {
    scheme: S,
    login: CertificateLogin<V>,
    is_same: fn(&V::Identity, &V::Identity) -> bool,
}

impl<V: VerifyCertificate> CertificateLogin<V> {
    /// Joins this scheme and `scheme`. A request with a certificate and with credentials is admitted only if both belong to
    /// the caller with the same name. See [`WithCertificate`].
    pub fn beside<S>(self, scheme: S) -> WithCertificate<S, V>
    where
        V: VerifyCertificate<Identity = Principal>,
        S: PlainScheme,
    {
        self.beside_if(scheme, |holder, caller| holder.name() == caller.name())
    }

    /// Joins this scheme and `scheme` as [`beside`](Self::beside) does. `is_same` says whether the holder of the certificate,
    /// its first argument, is the caller of the credentials.
    pub fn beside_if<S>(
        self,
        scheme: S,
        is_same: fn(&V::Identity, &V::Identity) -> bool,
    ) -> WithCertificate<S, V>
    where
        S: PlainScheme<V::Identity>,
    {
        WithCertificate {
            scheme,
            login: self,
            is_same,
        }
    }
}

impl<S, V> Scheme for WithCertificate<S, V>
where
    V: VerifyCertificate,
    S: PlainScheme<V::Identity>,
{
    type Identity = V::Identity;
    type BodyAccess = BodyUnread;

    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        error: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    ) {
        self.scheme.challenge(attempt, error, challenges);
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        self.scheme.may_claim(attempt) || self.login.may_claim(attempt)
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        self.scheme.account(attempt)
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<V::Identity>> {
        if !self.scheme.may_claim(attempt) {
            return self.login.authenticate(attempt);
        }
        if !has_certificate(&attempt.head()) {
            return self.scheme.authenticate(attempt);
        }
        let verdict = self.scheme.authenticate(attempt)?;
        Some(match self.login.judge(&attempt.head())? {
            Err(refusal) => refusal.at_once(),
            Ok(holder) => self.join(attempt, verdict, holder),
        })
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        self.scheme.is_malformed(attempt)
    }

    /// A certificate is in no field that the inner service may not see.
    fn credentials_fields(&self, fields: &mut Vec<CredentialsField>) {
        self.scheme.credentials_fields(fields);
    }

    fn has_fixed_challenges(&self) -> bool {
        self.scheme.has_fixed_challenges()
    }
}

impl<S, V> WithCertificate<S, V>
where
    V: VerifyCertificate,
    S: PlainScheme<V::Identity>,
{
    /// Joins the two answers. Where both are ready, the challenges of a refusal are made only if there is one.
    fn join(
        &self,
        attempt: &Attempt<'_>,
        verdict: VerdictNowOrLater<V::Identity>,
        holder: VerifiedNowOrLater<V::Identity>,
    ) -> VerdictNowOrLater<V::Identity> {
        let is_same = self.is_same;
        let (verdict, holder) = match (verdict.try_now(), holder.try_now()) {
            (Ok(verdict), Ok(holder)) => {
                let challenges = || self.invalid_token(attempt);
                return NowOrLater::now(joined(verdict, holder, is_same, challenges));
            }
            (verdict, holder) => (
                verdict.map_or_else(|later| later, NowOrLater::now),
                holder.map_or_else(|later| later, NowOrLater::now),
            ),
        };
        let challenges = self.invalid_token(attempt);
        verdict.and_then(move |verdict| {
            holder.map(move |holder| joined(verdict, holder, is_same, || challenges))
        })
    }

    /// The challenges for credentials of another caller. RFC 6750 section 3.1: a token that is "invalid for other reasons"
    /// is `invalid_token`. A scheme without tokens has no such parameter and leaves it out.
    fn invalid_token(&self, attempt: &Attempt<'_>) -> Vec<Challenge> {
        let mut challenges = Vec::new();
        let error = ErrorParams::invalid_token();
        self.scheme
            .challenge(attempt, Some(&error), &mut challenges);
        challenges
    }
}

/// Joins the verdict about the credentials and what is known of the certificate. What the scheme refuses stays refused for
/// its own reason.
fn joined<I>(
    verdict: Result<Verdict<I>, Unavailable>,
    holder: Result<Verified<I>, Unavailable>,
    is_same: fn(&I, &I) -> bool,
    challenges: impl FnOnce() -> Vec<Challenge>,
) -> Result<Verdict<I>, Unavailable> {
    let admission = match verdict? {
        Verdict::Admit(admission) => admission,
        other => return Ok(other),
    };
    let refused = match holder? {
        Ok(holder) if is_same(&holder, admission.identity()) => {
            return Ok(Verdict::Admit(admission));
        }
        Ok(_) => Refusal::wrong_because(reasons::ANOTHER_CALLER),
        Err(failure) => Refusal::unverified(failure, reasons::UNKNOWN),
    };
    let refusal = challenges()
        .into_iter()
        .fold(refused, Refusal::with_challenge);
    Ok(Verdict::Refuse(refusal))
}

clones! { impl[S: Clone, V: VerifyCertificate + Clone] WithCertificate[S, V] { scheme, login, is_same } }

shows! { impl[S: fmt::Debug, V: VerifyCertificate] WithCertificate[S, V] as self { scheme: self.scheme } }
