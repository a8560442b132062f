//! The DPoP scheme of a server.

use std::sync::Arc;

use super::builder::DpopBuilder;
use super::core::DpopCore;
use super::reasons;
use crate::derives::{clones, shows};
use crate::error_params::ErrorParams;
use crate::header::{Challenge, SchemeName};
use crate::principal::ClaimedAccount;
use crate::scheme::bearer::VerifyBoundToken;
use crate::scheme::{Attempt, BodyUnread, Refusal, Scheme, VerdictNowOrLater};
use crate::secret::Secret;

/// Admits clients that send a token which is bound to a key, and a proof that they have the key (RFC 9449). A
/// [`VerifyBoundToken`] verifies the token, for example a `JwtVerifier`. A clone shares the nonces and the memory of used
/// proofs.
///
/// A request may pass through a DPoP layer only once: the first layer uses up the proof.
///
/// # What a refused client gets
///
/// | the request | status | `error` in the challenge |
/// |---|---|---|
/// | has no credentials | `401` | none |
/// | has no proof, several proofs, or a proof that is not good or was used before | `401` | `invalid_dpop_proof` |
/// | has a token that is not valid, is bound to no key or to another key | `401` | `invalid_token` |
/// | has a token that is also bound to a certificate, which the connection does not have | `401` | `invalid_token` |
/// | needs a nonce and has none, or an old one | `401` | `use_dpop_nonce`, and the field `DPoP-Nonce` |
/// | has two `Authorization` fields | `400` | `invalid_request` |
/// | has a token that lacks a scope which a [policy](crate::policy) requires | `403` | `insufficient_scope` |
///
/// A token is bound to a certificate, too, if its `cnf` has `x5t#S256`. The feature `client-certificate` tells the server which
/// certificate the connection has. Without the feature, the server refuses each such token.
///
/// # What a throttle counts
///
/// A token names no account before it has verified, so a [throttle](crate::throttle) counts bad proofs and tokens for the
/// client. A missing or old nonce, a proof that is out of time and a proof that was used before count nothing.
///
/// # Example
///
/// ```
/// # #[cfg(all(feature = "testing", any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto")))] {
/// use http::{Request, header::AUTHORIZATION};
/// use tower_challenge::RequestHead;
/// use tower_challenge::jwt::JwtVerifier;
/// use tower_challenge::scheme::{Attempt, Dpop, Scheme, ServerRole, Verdict};
/// use tower_challenge::testing::{DpopKey, TestIssuer};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = TestIssuer::new("https://as.example")?;
/// let tokens = JwtVerifier::builder("https://as.example", issuer.clone()).audience("api").build()?;
/// let dpop = Dpop::builder("api", tokens).external_origin("https://api.example").build()?;
///
/// let key = DpopKey::generate()?;
/// let token = issuer.token("ada").audience("api").bound_to(&key).sign();
/// let admits = |proof: String| {
///     let request = Request::get("/notes").header(AUTHORIZATION, format!("DPoP {token}"));
///     let request = request.header("DPoP", proof).body(()).unwrap();
///     let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
///     let verdict = dpop.authenticate(&attempt)?.try_now().ok()?;
///     Some(matches!(verdict, Ok(Verdict::Admit(_))))
/// };
/// let proof = key.proof("GET", "https://api.example/notes").token(&token).sign();
/// assert_eq!(admits(proof.clone()), Some(true));
/// assert_eq!(admits(proof), Some(false), "a proof is good once");
/// let other = key.proof("POST", "https://api.example/notes").token(&token).sign();
/// assert_eq!(admits(other), Some(false), "the proof is for another method");
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
pub struct Dpop<V>(pub(super) Arc<DpopCore<V>>);

impl<V: VerifyBoundToken> Dpop<V> {
    /// Starts a builder for the realm `realm`. `verifier` verifies tokens. The
    /// [external origin](DpopBuilder::external_origin) is required, too.
    pub fn builder(realm: &str, verifier: V) -> DpopBuilder<V> {
        DpopBuilder::new(realm, verifier)
    }
}

impl<V> Dpop<V> {
    pub(super) fn from_core(core: DpopCore<V>) -> Self {
        Self(Arc::new(core))
    }
}

impl<V: VerifyBoundToken> Scheme for Dpop<V> {
    type Identity = V::Identity;
    type BodyAccess = BodyUnread;

    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        error: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    ) {
        let known = &self.0.challenges;
        let error = error.filter(|_| attempt.concerns(SchemeName::DPOP));
        let explained = error.and_then(|error| known.with(error));
        challenges.push(explained.unwrap_or_else(|| known.plain.clone()));
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        attempt.names(SchemeName::DPOP)
    }

    /// A token names no account before the verifier has found it.
    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<V::Identity>> {
        let credentials = attempt.credentials(SchemeName::DPOP)?;
        Some(match credentials.token68() {
            Some(token) => self.0.judge(Secret::new(token), attempt.head()),
            None => {
                let malformed = Refusal::malformed_because(reasons::NOT_TOKEN68);
                let challenge = self.0.challenges.invalid_request.clone();
                malformed.with_challenge(challenge).at_once()
            }
        })
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        match attempt.credentials(SchemeName::DPOP) {
            Some(credentials) => credentials.token68().is_none(),
            None => attempt.breaks_grammar(SchemeName::DPOP),
        }
    }
}

clones! {
    /// A clone of the scheme, with the same nonces and the same memory of used proofs.
    impl[V] Dpop[V] { 0 }
}

shows! { impl[V] Dpop[V] as self {
    challenge: self.0.challenges.plain,
    origin: self.0.origin,
    requires_nonce: self.0.requires_nonce,
} }
