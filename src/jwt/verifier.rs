//! Verifies the tokens of one issuer.

use std::sync::Arc;

use super::cache::{RememberedToken, TokenCache, TokenIds};
use super::claims::RegisteredClaims;
use super::last_header::LastHeader;
use super::reasons;
use super::revocations::RevocationList;
use super::rules::{ClaimRules, Why, why};
use crate::clock::Clock;
use crate::derives::{clones, shows};
use crate::jose::{
    CompactJws, InvalidJws, JoseHeader, JsonFault, JsonObject, KeySet, KeySource,
    SignatureAlgorithm,
};
use crate::now_or_later::NowOrLater;
use crate::principal::Principal;
use crate::scheme::bearer::{BoundNowOrLater, VerifyBoundToken, VerifyToken};
use crate::secret::Secret;
use crate::set_cache::TextMac;
use crate::token_claims::{BindingCheck, BoundTokens, NumericDate, PlainTokens, ReadIdentity};
use crate::unavailable::Unavailable;
use crate::verified::{Verified, VerifiedNowOrLater, VerifyFailure};

/// Verifies the tokens of one issuer. See the [module](super) for what it verifies, and for an example.
///
/// [`builder`](Self::builder) makes one. `I` is the type of the caller's identity. A clone shares the keys and the cache.
///
/// A token that has verified is remembered until it expires, so that a request with it costs a hash and no signature. It
/// is refused from the moment on at which it expires, its key is withdrawn, or it is [revoked](RevocationList).
pub struct JwtVerifier<I = Principal>(Arc<VerifierParts<I>>);

pub(super) struct VerifierParts<I> {
    pub(super) rules: ClaimRules,
    pub(super) keys: Arc<dyn KeySource>,
    pub(super) algorithms: Option<Vec<SignatureAlgorithm>>,
    pub(super) revocations: Option<RevocationList>,
    pub(super) cache: TokenCache<I>,
    pub(super) last_header: LastHeader,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) read: ReadIdentity<I>,
}

/// The verdict on a token with one set of keys.
enum Judged<I> {
    Verified(Verified<I>),
    /// The set lacks the key of the token. A newer set may have it.
    UnknownKey,
    /// The token is good, but the list of revocations is not current.
    OutdatedList,
}

/// The longest token in bytes. It bounds the work that a token causes before it is verified.
const LONGEST: usize = 16 * 1024;

/// Refuses tokens that are bound to a key.
impl<I: Clone + Send + Sync + 'static> VerifyToken for JwtVerifier<I> {
    type Identity = I;

    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<I> {
        self.find::<PlainTokens>(token)
    }
}

/// Returns the key to which a token is bound, for a scheme that checks the proof.
impl<I: Clone + Send + Sync + 'static> VerifyBoundToken for JwtVerifier<I> {
    type Identity = I;

    fn verify_bound(&self, token: Secret<'_>) -> BoundNowOrLater<I> {
        self.find::<BoundTokens>(token)
    }
}

impl<I: Clone + Send + Sync + 'static> JwtVerifier<I> {
    fn find<C: BindingCheck<I>>(&self, token: Secret<'_>) -> VerifiedNowOrLater<C::Found> {
        let keys = self.0.keys.keys().try_now();
        let is_ready = matches!(keys, Ok(Ok(_)));
        if let Some(why) = (!is_ready).then(|| self.0.read_form(token).err()).flatten() {
            // Without keys, a text that no key can make good is refused at once: it does not wait, and it is no outage.
            return NowOrLater::now(Ok(Err(failure(why))));
        }
        match keys {
            Ok(Ok(keys)) => self.judge::<C>(token, keys),
            Ok(Err(unavailable)) => NowOrLater::now(Err(unavailable)),
            Err(later) => {
                let (verifier, token) = (self.clone(), token.to_owned());
                NowOrLater::later(async move {
                    let keys = later.await?;
                    verifier.judge::<C>(token.as_secret(), keys).await
                })
            }
        }
    }

    /// Judges a token, and asks for newer keys if `keys` lacks its key.
    fn judge<C: BindingCheck<I>>(
        &self,
        token: Secret<'_>,
        keys: KeySet,
    ) -> VerifiedNowOrLater<C::Found> {
        match self.0.judge::<C>(token, &keys) {
            Judged::Verified(verified) => NowOrLater::now(Ok(verified)),
            Judged::OutdatedList => NowOrLater::now(Err(outdated_list())),
            Judged::UnknownKey => {
                let before = keys.generation();
                let (verifier, token) = (self.clone(), token.to_owned());
                let newer = self.0.keys.newer_than(keys);
                newer.map(move |keys| verifier.judge_again::<C>(token.as_secret(), &keys, before))
            }
        }
    }

    fn judge_again<C: BindingCheck<I>>(
        &self,
        token: Secret<'_>,
        keys: &KeySet,
        before: u64,
    ) -> Result<Verified<C::Found>, Unavailable> {
        if keys.generation() == before {
            return Ok(Err(failure(reasons::UNKNOWN_KEY)));
        }
        match self.0.judge::<C>(token, keys) {
            Judged::Verified(verified) => Ok(verified),
            Judged::UnknownKey => Ok(Err(failure(reasons::UNKNOWN_KEY))),
            Judged::OutdatedList => Err(outdated_list()),
        }
    }
}

impl<I: Clone> VerifierParts<I> {
    fn judge<C: BindingCheck<I>>(&self, token: Secret<'_>, keys: &KeySet) -> Judged<C::Found> {
        if token.expose_bytes().len() > LONGEST {
            return Judged::Verified(Err(failure(reasons::TOO_LONG)));
        }
        let now = NumericDate::of(self.clock.wall());
        let mac = self.cache.mac(token);
        let revocations = self.revocations.as_ref();
        let known = mac.and_then(|mac| self.cache.find::<C>(&mac, now, keys, revocations));
        let judged = match known {
            Some(found) => Judged::Verified(found.map_err(failure)),
            None => self.judge_new::<C>(token.expose(), keys, now, mac),
        };
        // Only a good token depends on the list. So a client without one learns nothing about an outage.
        let needs_list = matches!(judged, Judged::Verified(Ok(_)));
        match revocations.filter(|list| needs_list && list.is_outdated()) {
            Some(_) => Judged::OutdatedList,
            None => judged,
        }
    }

    /// Reads what a token shows without a key: its length, its three parts and its header.
    fn read_form(&self, token: Secret<'_>) -> Result<(), Why> {
        let token = token.expose();
        if token.len() > LONGEST {
            return Err(reasons::TOO_LONG);
        }
        let parts = CompactJws::split(token).map_err(InvalidJws::reason_text)?;
        let header = parts.header().map_err(InvalidJws::reason_text)?;
        self.read_header(&header).map(drop)
    }

    /// Judges a token that is not remembered, and remembers it if it is good.
    #[inline(never)]
    fn judge_new<C: BindingCheck<I>>(
        &self,
        token: &str,
        keys: &KeySet,
        now: NumericDate,
        mac: Option<TextMac>,
    ) -> Judged<C::Found> {
        let verified = self.verify_signature(token, keys);
        let verified = verified.map(|signed| signed.map(|signed| self.read(&signed, keys, now)));
        match verified {
            Err(why) => Judged::Verified(Err(failure(why))),
            Ok(None) => Judged::UnknownKey,
            Ok(Some(Err(why))) => Judged::Verified(Err(failure(why))),
            Ok(Some(Ok(token))) => {
                let found = token.found::<C>();
                if let Some(mac) = mac.filter(|_| found.is_ok()) {
                    self.cache.keep(mac, token);
                }
                Judged::Verified(found.map_err(failure))
            }
        }
    }

    /// Verifies the signature. Returns `None` if no key fits.
    ///
    /// Most tokens of an issuer have the same header, so a header that equals that of the last verified token is not read
    /// again.
    fn verify_signature(&self, token: &str, keys: &KeySet) -> Result<Option<SignedClaims>, Why> {
        let parts = CompactJws::split(token).map_err(InvalidJws::reason_text)?;
        let encoded = parts.encoded_header();
        if let Some(known) = self.last_header.find(encoded) {
            return self.signed_by(keys, &parts, &known.header);
        }
        let header = parts.header().map_err(InvalidJws::reason_text)?;
        let header = self.read_header(&header)?;
        let signed = self.signed_by(keys, &parts, &header)?;
        if signed.is_some() {
            self.last_header.keep(encoded, header);
        }
        Ok(signed)
    }

    fn read_header<'h>(&self, header: &'h [u8]) -> Result<JoseHeader<'h>, Why> {
        let profile = &self.rules.profile;
        let header = JoseHeader::parse(header, |media_type| profile.accepts_type(media_type));
        let header = header.map_err(InvalidJws::reason_text)?;
        let allowed = self.algorithms.as_deref();
        if !allowed.is_none_or(|allowed| allowed.contains(&header.algorithm)) {
            return Err(reasons::ALGORITHM_NOT_ALLOWED);
        }
        Ok(header)
    }

    fn signed_by(
        &self,
        keys: &KeySet,
        parts: &CompactJws<'_>,
        header: &JoseHeader<'_>,
    ) -> Result<Option<SignedClaims>, Why> {
        let verified = keys
            .verify(parts, header)
            .map_err(InvalidJws::reason_text)?;
        Ok(verified.map(|(claims, key)| SignedClaims {
            claims,
            key: key.thumbprint(),
            algorithm: header.algorithm,
        }))
    }

    fn read(
        &self,
        signed: &SignedClaims,
        keys: &KeySet,
        now: NumericDate,
    ) -> Result<RememberedToken<I>, Why> {
        let claims = JsonObject::parse(&signed.claims);
        let claims = claims.map_err(|JsonFault| reasons::CLAIMS_NOT_JSON)?;
        let registered = RegisteredClaims::of(&claims).map_err(|JsonFault| reasons::CLAIM_TYPE)?;
        let (valid, confirmation) = self.rules.judge(&claims, &registered)?;
        valid.check(now).map_err(why)?;
        let epoch = self.revocations.as_ref().map_or(0, RevocationList::epoch);
        let ids = self.ids(&registered);
        if self
            .revocations
            .as_ref()
            .is_some_and(|list| ids.are_revoked(list))
        {
            return Err(reasons::REVOKED);
        }
        let owner = self.rules.profile.owner_paths().owner(&claims);
        let owner = owner.map_err(|JsonFault| reasons::CLAIM_TYPE)?;
        let owner = owner.ok_or_else(|| self.rules.profile.why_nameless())?;
        let identity = (self.read)(owner, &signed.claims);
        Ok(RememberedToken {
            identity: identity.ok_or(reasons::CLAIMS_DO_NOT_FIT)?,
            valid,
            confirmation: confirmation.map(Box::new),
            generation: keys.generation(),
            key: signed.key,
            algorithm: signed.algorithm,
            epoch,
            ids,
        })
    }

    /// The claims by which the list of revocations finds the token. Without a list, nothing is copied.
    fn ids(&self, registered: &RegisteredClaims<'_>) -> TokenIds {
        if self.revocations.is_none() {
            return TokenIds::default();
        }
        TokenIds {
            token: registered.token_id.as_deref().map(Into::into),
            subject: registered.subject.as_deref().map(Into::into),
            issued: registered.issued,
        }
    }
}

/// The claims of a token whose signature is right, and the key that verified it.
struct SignedClaims {
    claims: Vec<u8>,
    key: [u8; 32],
    algorithm: SignatureAlgorithm,
}

#[cold]
fn outdated_list() -> Unavailable {
    Unavailable::new("the copy of the shared list of revocations is not current")
}

/// Refuses a token. A token of another time is no guess: its signature is right.
fn failure(why: Why) -> VerifyFailure {
    let failure = VerifyFailure::for_reason(why);
    match [reasons::EXPIRED, reasons::NOT_YET_VALID].contains(&why) {
        true => failure.uncounted(),
        false => failure,
    }
}

impl<I> JwtVerifier<I> {
    pub(super) fn of(parts: VerifierParts<I>) -> Self {
        Self(Arc::new(parts))
    }
}

clones! { impl[I] JwtVerifier[I] { 0 } }

shows! { impl[I] JwtVerifier[I] as self { rules: self.0.rules, algorithms: self.0.algorithms } }
