//! Reads what an authorization server says about a token (RFC 7662 section 2.2).

use std::slice;
use std::time::Duration;

use super::reasons;
use crate::config_error::ConfigError;
use crate::http_client::FetchedDocument;
use crate::jose::{JsonFault, JsonObject};
use crate::principal::Principal;
use crate::reason::ReasonText;
use crate::scheme::bearer::{TokenConfirmation, UnknownBinding};
use crate::token_claims::{
    ClaimPath, NotValidNow, NumericDate, OwnerPaths, RequiredClaim, ValidTime,
};

/// The settings that decide whether an active token is good for this server.
#[derive(Clone, Debug)]
pub(super) struct AnswerRules {
    pub(super) issuers: ExpectedNames,
    pub(super) audiences: ExpectedNames,
    pub(super) required: Vec<RequiredClaim>,
    pub(super) names: Vec<ClaimPath>,
    pub(super) nameless: Option<String>,
    pub(super) scopes: Vec<ClaimPath>,
    pub(super) roles: Vec<ClaimPath>,
}

/// The values that a member of the answer may have. An empty list allows every value.
#[derive(Clone, Debug, Default)]
pub(super) struct ExpectedNames {
    pub(super) names: Vec<String>,
    pub(super) may_be_missing: bool,
}

/// A token that is good.
pub(super) struct ActiveToken {
    pub(super) owner: Principal,
    pub(super) valid: ValidTime,
    pub(super) confirmation: Option<TokenConfirmation>,
}

/// Why a token is refused. The text and the code are for the audit.
pub(super) type Why = ReasonText;

/// Says that an answer is not what RFC 7662 prescribes. The text is for the operator.
pub(super) type BrokenAnswer = &'static str;

/// By how much the clocks of both servers may differ where a token is not valid yet.
const LEEWAY: Duration = Duration::from_secs(30);

impl AnswerRules {
    /// Judges an answer. The inner result says whether the token is good.
    ///
    /// # Errors
    ///
    /// The answer is not what RFC 7662 prescribes. Then it says nothing about the token.
    pub(super) fn judge(
        &self,
        document: &FetchedDocument,
        now: NumericDate,
    ) -> Result<Result<ActiveToken, Why>, BrokenAnswer> {
        if !is_json(document) {
            return Err("the answer is not of the type application/json");
        }
        let answer = JsonObject::parse(&document.body);
        let answer = answer.map_err(
            |JsonFault| "the answer is not a JSON object in which each name occurs once",
        )?;
        match answer.raw("active") {
            Some("true") => self
                .judge_active(&answer, now)
                .map_err(|JsonFault| "a member of the answer has a value of the wrong type"),
            Some("false") => Ok(Err(reasons::INACTIVE)),
            _ => Err("the answer does not say whether the token is active"),
        }
    }

    /// # Errors
    ///
    /// A setting is empty, or is of no use.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.audiences.check("an expected audience is empty")?;
        self.issuers.check("an expected issuer is empty")?;
        let required = self.required.iter();
        let paths = required.map(|claim| &claim.path).chain(&self.names);
        let mut paths = paths.chain(&self.scopes).chain(&self.roles);
        if paths.any(Vec::is_empty) {
            return Err(ConfigError::new(
                "the path of a member is empty: name at least one",
            ));
        }
        let mut values = self.required.iter().filter_map(|one| one.values.as_ref());
        if values.any(Vec::is_empty) || self.nameless.as_ref().is_some_and(String::is_empty) {
            return Err(ConfigError::new(
                "a required member has no permitted value, or callers without a name get an empty one",
            ));
        }
        Ok(())
    }

    fn judge_active(
        &self,
        answer: &JsonObject<'_>,
        now: NumericDate,
    ) -> Result<Result<ActiveToken, Why>, JsonFault> {
        let valid = valid_time(answer)?;
        let names = self.judge_names(answer)?;
        let binding = binding(answer)?;
        let required = self.judge_required(answer)?;
        let owner = self.owner(answer)?;
        let judged = valid.check(now).map_err(why).and(names).and(binding);
        Ok(judged.and_then(|confirmation| {
            required?;
            Ok(ActiveToken {
                owner: owner.ok_or(reasons::OWNER_MISSING)?,
                valid,
                confirmation,
            })
        }))
    }

    fn judge_names(&self, answer: &JsonObject<'_>) -> Result<Result<(), Why>, JsonFault> {
        let audiences = answer.strings("aud")?;
        let issuer = answer.string("iss")?;
        let audience = self.audiences.judge(
            audiences.as_deref(),
            reasons::AUDIENCE_MISSING,
            reasons::ANOTHER_AUDIENCE,
        );
        Ok(audience.and(self.issuers.judge(
            issuer.as_ref().map(slice::from_ref),
            reasons::ISSUER_MISSING,
            reasons::ANOTHER_ISSUER,
        )))
    }

    fn judge_required(&self, answer: &JsonObject<'_>) -> Result<Result<(), Why>, JsonFault> {
        for required in &self.required {
            if !required.is_met(answer)? {
                return Ok(Err(reasons::REQUIRED_MEMBER));
            }
        }
        Ok(Ok(()))
    }

    fn owner(&self, answer: &JsonObject<'_>) -> Result<Option<Principal>, JsonFault> {
        let paths = OwnerPaths {
            names: &self.names,
            scopes: &self.scopes,
            roles: &self.roles,
        };
        match (paths.owner(answer)?, &self.nameless) {
            (None, Some(name)) => paths.with_rights(Principal::new(name), answer).map(Some),
            (owner, _) => Ok(owner),
        }
    }
}

impl ExpectedNames {
    fn check(&self, empty: &'static str) -> Result<(), ConfigError> {
        if self.names.iter().any(String::is_empty) {
            return Err(ConfigError::new(empty));
        }
        if self.may_be_missing && self.names.is_empty() {
            return Err(ConfigError::new(
                "an answer may lack a member that is compared with nothing: name the expected value",
            ));
        }
        Ok(())
    }

    fn judge<N: AsRef<str>>(
        &self,
        named: Option<&[N]>,
        missing: Why,
        another: Why,
    ) -> Result<(), Why> {
        let Some(named) = named else {
            let is_fine = self.names.is_empty() || self.may_be_missing;
            return is_fine.then_some(()).ok_or(missing);
        };
        let is_ours = |name: &N| self.names.iter().any(|known| known == name.as_ref());
        let is_fine = self.names.is_empty() || named.iter().any(is_ours);
        is_fine.then_some(()).ok_or(another)
    }
}

/// Whether the type of the content is JSON. Parameters such as `charset` are ignored (RFC 8259 section 11).
fn is_json(document: &FetchedDocument) -> bool {
    let mut types = document.fields.get_all(http::header::CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else {
        return false;
    };
    let essence = only.to_str().unwrap_or_default().split(';').next();
    essence.is_some_and(|one| one.trim_ascii().eq_ignore_ascii_case("application/json"))
}

/// The leeway is for `nbf` alone: a token must not be good after its `exp`.
fn valid_time(answer: &JsonObject<'_>) -> Result<ValidTime, JsonFault> {
    let date = |name| Ok(answer.number(name)?.map(NumericDate::of_seconds));
    Ok(ValidTime {
        from: date("nbf")?.map(|from: NumericDate| from.minus(LEEWAY)),
        until: date("exp")?,
    })
}

/// RFC 7662 section 2.2: `token_type` is that of RFC 6749 section 5.1. RFC 9449 section 6.2: for a token that is bound to a
/// key, it is `DPoP`.
fn binding(answer: &JsonObject<'_>) -> Result<Result<Option<TokenConfirmation>, Why>, JsonFault> {
    let kind = answer.string("token_type")?;
    let confirmation = TokenConfirmation::read(answer);
    Ok(match (kind.as_deref(), confirmation) {
        (_, Err(UnknownBinding)) => Err(reasons::UNKNOWN_BINDING),
        (None, Ok(confirmation)) => Ok(confirmation),
        (Some(kind), Ok(confirmation)) if kind.eq_ignore_ascii_case("Bearer") => Ok(confirmation),
        (Some(kind), Ok(confirmation)) if kind.eq_ignore_ascii_case("DPoP") => {
            let names_key = confirmation.is_some_and(|one| one.key_thumbprint().is_some());
            names_key
                .then_some(confirmation)
                .ok_or(reasons::UNKNOWN_BINDING)
        }
        (Some(_), Ok(_)) => Err(reasons::ANOTHER_TYPE),
    })
}

const fn why(fault: NotValidNow) -> Why {
    match fault {
        NotValidNow::Expired => reasons::EXPIRED,
        NotValidNow::NotYet => reasons::NOT_YET_VALID,
    }
}
