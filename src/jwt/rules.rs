//! Judges the claims of a token whose signature is right.

use std::time::Duration;

use super::claims::RegisteredClaims;
use super::profile::TokenProfile;
use super::reasons;
use crate::jose::{JsonFault, JsonObject};
use crate::reason::ReasonText;
use crate::scheme::bearer::{TokenConfirmation, UnknownBinding};
use crate::token_claims::{NotValidNow, ValidTime};

/// The settings that decide whether the claims of a token are good.
#[derive(Clone, Debug)]
pub(super) struct ClaimRules {
    pub(super) issuers: Vec<String>,
    pub(super) audiences: Vec<String>,
    pub(super) leeway: Duration,
    pub(super) profile: TokenProfile,
}

/// The longest leeway that a verifier can have.
pub(super) const MOST_LEEWAY: Duration = Duration::from_secs(60);

/// Why a token is refused. The text and the code are for the audit.
pub(super) type Why = ReasonText;

impl ClaimRules {
    /// Judges the claims, and returns when the token is valid and to what it is bound. Whether that time is now, and whether
    /// the client has proved the binding, is for the caller to ask.
    ///
    /// # Errors
    ///
    /// A claim is missing, has a value of the wrong type, or does not say what it must.
    pub(super) fn judge(
        &self,
        claims: &JsonObject<'_>,
        registered: &RegisteredClaims<'_>,
    ) -> Result<(ValidTime, Option<TokenConfirmation>), Why> {
        // RFC 9068 section 4: "The issuer identifier for the authorization server [..] MUST exactly match the value of
        // the "iss" claim."
        let issuer = registered
            .issuer
            .as_deref()
            .ok_or(reasons::ISSUER_MISSING)?;
        if !self.issuers.iter().any(|known| known == issuer) {
            return Err(reasons::ANOTHER_ISSUER);
        }
        self.judge_audience(registered)?;
        let expires = registered.expires.ok_or(reasons::NEVER_EXPIRES)?;
        let confirmation = TokenConfirmation::read(claims);
        let confirmation = confirmation.map_err(|UnknownBinding| reasons::UNKNOWN_BINDING)?;
        for required in &self.profile.required {
            if !required
                .is_met(claims)
                .map_err(|JsonFault| reasons::CLAIM_TYPE)?
            {
                return Err(reasons::REQUIRED_CLAIM);
            }
        }
        let from = [registered.not_before, registered.issued]
            .into_iter()
            .flatten();
        let from = from.reduce(|one, other| if one < other { other } else { one });
        let valid = ValidTime {
            from: from.map(|from| from.minus(self.leeway)),
            until: Some(expires.plus(self.leeway)),
        };
        Ok((valid, confirmation))
    }

    /// RFC 9068 section 4: "The resource server MUST validate that the "aud" claim contains a resource indicator value
    /// corresponding to an identifier the resource server expects for itself."
    fn judge_audience(&self, registered: &RegisteredClaims<'_>) -> Result<(), Why> {
        if self.audiences.is_empty() {
            return Ok(());
        }
        let named = registered.audiences.as_deref();
        let named = named.ok_or(reasons::AUDIENCE_MISSING)?;
        let is_ours = |audience: &str| self.audiences.iter().any(|known| known == audience);
        let fits = named.iter().any(|audience| is_ours(audience));
        fits.then_some(()).ok_or(reasons::ANOTHER_AUDIENCE)
    }
}

/// Why a token that is not valid now is refused.
pub(super) const fn why(fault: NotValidNow) -> Why {
    match fault {
        NotValidNow::Expired => reasons::EXPIRED,
        NotValidNow::NotYet => reasons::NOT_YET_VALID,
    }
}
