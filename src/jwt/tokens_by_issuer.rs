//! Tokens of several issuers and of several kinds.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::accepted_tokens::AcceptedTokens;
use super::reasons;
use super::rules::Why;
use super::token_shape::TokenShape;
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::now_or_later::NowOrLater;
use crate::principal::Principal;
use crate::request_head::RequestHead;
use crate::scheme::bearer::{BoundNowOrLater, VerifyBoundToken, VerifyToken};
use crate::secret::Secret;
use crate::verified::{VerifiedNowOrLater, VerifyFailure};

/// Verifies the JWTs of several issuers, and opaque tokens beside them. `I` is the identity of all callers.
///
/// The form of a token decides which verifier gets it, and no other verifier is asked:
///
/// - A token is a JWT if it has three parts and the first one is the base64url of a JSON object. The verifier of the issuer
///   that it claims (`iss`) gets it. An attacker can write any issuer there, but that verifier then refuses the token: it
///   accepts its own issuer and its own keys alone. An issuer without a verifier is `401` with `invalid_token`.
/// - The verifier of [opaque](Self::opaque) tokens gets all others, for example an
///   `introspection::IntrospectionVerifier`. Without one, they are refused in the same way.
///
/// Two issuers can give the same `sub` to two callers. Therefore, compare names only together with the issuer: see
/// [several issuers](crate::jwt#several-issuers).
///
/// # Example
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use tower_challenge::jwt::{JwtVerifier, TokensByIssuer};
/// use tower_challenge::scheme::bearer::{StaticTokens, VerifyToken, VerifyTokenExt};
/// use tower_challenge::testing::TestIssuer;
/// use tower_challenge::{Principal, Secret};
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let (shop, staff) = (TestIssuer::new("https://shop.example")?, TestIssuer::new("https://staff.example")?);
/// let verifier = |issuer: &TestIssuer| {
///     JwtVerifier::builder(issuer.issuer(), issuer.keys()).audience("api").build()
/// };
/// let listed = StaticTokens::new()?.token("t0ken", Principal::new("ci"))?;
/// let tokens = TokensByIssuer::new()
///     .jwt(shop.issuer(), verifier(&shop)?)?
///     .jwt(staff.issuer(), verifier(&staff)?)?
///     .opaque(listed.never_bound())?;
///
/// let why = |token: &str| tokens.verify(Secret::new(token)).try_now().unwrap().unwrap().err()?.why();
/// assert_eq!(why(&shop.token("ada").audience("api").sign()), None);
/// assert_eq!(why("t0ken"), None);
///
/// let forged = shop.token("ada").audience("api").claim("iss", "https://staff.example").sign();
/// assert_eq!(why(&forged), Some("the signature is wrong"));
/// let other = TestIssuer::new("https://other.example")?.token("ada").audience("api").sign();
/// assert_eq!(why(&other), Some("no verifier is configured for the issuer that the token claims (iss)"));
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
pub struct TokensByIssuer<I = Principal>(Arc<TokenVerifiers<I>>);

struct TokenVerifiers<I> {
    by_issuer: BTreeMap<String, Arc<dyn TokenVerifier<I>>>,
    opaque: Option<Arc<dyn TokenVerifier<I>>>,
    accepted: AcceptedTokens<dyn TokenVerifier<I>>,
}

/// The longest token in bytes.
const LONGEST: usize = 16 * 1024;

/// A verifier of plain and of bound tokens, whose type is erased.
trait TokenVerifier<I>: Send + Sync {
    fn plain(&self, token: Secret<'_>) -> VerifiedNowOrLater<I>;
    fn plain_for(&self, token: Secret<'_>, head: RequestHead<'_>) -> VerifiedNowOrLater<I>;
    fn bound(&self, token: Secret<'_>) -> BoundNowOrLater<I>;
}

impl<I, V> TokenVerifier<I> for V
where
    V: VerifyToken<Identity = I> + VerifyBoundToken<Identity = I>,
{
    fn plain(&self, token: Secret<'_>) -> VerifiedNowOrLater<I> {
        self.verify(token)
    }

    fn plain_for(&self, token: Secret<'_>, head: RequestHead<'_>) -> VerifiedNowOrLater<I> {
        self.verify_for(token, head)
    }

    fn bound(&self, token: Secret<'_>) -> BoundNowOrLater<I> {
        self.verify_bound(token)
    }
}

impl<I: Clone + Send + Sync + 'static> TokensByIssuer<I> {
    /// Begins without a verifier. [`Bearer::new`](crate::scheme::Bearer::new) refuses a value that still has none.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(TokenVerifiers {
            by_issuer: BTreeMap::new(),
            opaque: None,
            accepted: AcceptedTokens::new(),
        }))
    }

    /// Verifies the JWTs of `issuer` with `verifier`. The tokens name the issuer in `iss`, in exactly this spelling.
    ///
    /// The verifier is a [`JwtVerifier`](super::JwtVerifier) of this issuer, or one that asks the issuer
    /// (`introspection::IntrospectionVerifier`). If the identities of two verifiers differ, convert them with
    /// [`map_identity`](crate::scheme::bearer::VerifyTokenExt::map_identity).
    ///
    /// # Errors
    ///
    /// The issuer is empty or longer than 2,048 bytes, or it has a verifier already.
    pub fn jwt<V>(self, issuer: &str, verifier: V) -> Result<Self, ConfigError>
    where
        V: VerifyToken<Identity = I> + VerifyBoundToken<Identity = I>,
    {
        if !(1..=TokenShape::LONGEST_ISSUER).contains(&issuer.len()) {
            return Err(ConfigError::new(
                "the issuer of JWTs is empty or longer than 2,048 bytes",
            ));
        }
        let mut verifiers = self.into_verifiers();
        let before = verifiers
            .by_issuer
            .insert(issuer.to_owned(), Arc::new(verifier));
        match before {
            Some(_) => Err(ConfigError::new(
                "an issuer has two verifiers: add each issuer once",
            )),
            None => Ok(Self(Arc::new(verifiers))),
        }
    }

    /// Verifies all other tokens with `verifier`.
    ///
    /// # Errors
    ///
    /// There is a verifier of opaque tokens already.
    pub fn opaque<V>(self, verifier: V) -> Result<Self, ConfigError>
    where
        V: VerifyToken<Identity = I> + VerifyBoundToken<Identity = I>,
    {
        let mut verifiers = self.into_verifiers();
        match verifiers.opaque.replace(Arc::new(verifier)) {
            Some(_) => Err(ConfigError::new(
                "opaque tokens have two verifiers: nothing in a token says which one it is for",
            )),
            None => Ok(Self(Arc::new(verifiers))),
        }
    }

    fn into_verifiers(self) -> TokenVerifiers<I> {
        Arc::try_unwrap(self.0).unwrap_or_else(|shared| TokenVerifiers {
            by_issuer: shared.by_issuer.clone(),
            opaque: shared.opaque.clone(),
            accepted: AcceptedTokens::new(),
        })
    }

    /// Lets the verifier of a token judge it.
    fn judge<T: 'static>(
        &self,
        token: Secret<'_>,
        judge: impl FnOnce(&dyn TokenVerifier<I>) -> VerifiedNowOrLater<T>,
    ) -> VerifiedNowOrLater<T> {
        if token.expose_bytes().len() > LONGEST {
            return refused(reasons::TOO_LONG);
        }
        let mark = self.0.accepted.mark(token);
        if let Some(verifier) = self.0.accepted.verifier_of(mark) {
            return judge(&*verifier);
        }
        let verifier = match self.choose(token) {
            Ok(verifier) => Arc::clone(verifier),
            Err(why) => return refused(why),
        };
        let judged = judge(&*verifier);
        let this = self.clone();
        judged.map(move |judged| {
            if matches!(judged, Ok(Ok(_))) {
                this.0.accepted.keep(mark, verifier);
            }
            judged
        })
    }

    /// Chooses the verifier of a token by its form.
    fn choose(&self, token: Secret<'_>) -> Result<&Arc<dyn TokenVerifier<I>>, Why> {
        let (verifier, why) = match TokenShape::of(token.expose())? {
            TokenShape::Jwt { issuer } => {
                let verifier = self.0.by_issuer.get(&issuer);
                (verifier, reasons::UNKNOWN_ISSUER)
            }
            TokenShape::Opaque => (self.0.opaque.as_ref(), reasons::NO_OPAQUE_TOKENS),
        };
        verifier.ok_or(why)
    }

    fn has_none(&self) -> bool {
        self.0.by_issuer.is_empty() && self.0.opaque.is_none()
    }
}

impl<I: Clone + Send + Sync + 'static> VerifyToken for TokensByIssuer<I> {
    type Identity = I;

    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<I> {
        self.judge(token, |verifier| verifier.plain(token))
    }

    fn verify_for(&self, token: Secret<'_>, head: RequestHead<'_>) -> VerifiedNowOrLater<I> {
        self.judge(token, |verifier| verifier.plain_for(token, head))
    }

    fn is_empty(&self) -> bool {
        self.has_none()
    }
}

impl<I: Clone + Send + Sync + 'static> VerifyBoundToken for TokensByIssuer<I> {
    type Identity = I;

    fn verify_bound(&self, token: Secret<'_>) -> BoundNowOrLater<I> {
        self.judge(token, |verifier| verifier.bound(token))
    }

    fn is_empty(&self) -> bool {
        self.has_none()
    }
}

fn refused<T>(why: Why) -> VerifiedNowOrLater<T> {
    NowOrLater::now(Ok(Err(VerifyFailure::for_reason(why))))
}

impl<I: Clone + Send + Sync + 'static> Default for TokensByIssuer<I> {
    fn default() -> Self {
        Self::new()
    }
}

clones! { impl[I] TokensByIssuer[I] { 0 } }

shows! {
    impl[I] TokensByIssuer[I] as self {
        issuers: self.0.by_issuer.keys().collect::<Vec<_>>(),
        has_opaque: self.0.opaque.is_some(),
    }
}
