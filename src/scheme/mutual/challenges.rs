//! The challenges of the server (RFC 8120 section 4).

use std::time::Duration;

use super::encoding::{hex, written};
use super::host_validation::HostValidation;
use super::space::MutualSpace;
use crate::header::{Challenge, ChallengeBuilder, InvalidChallenge, SchemeName};

/// The challenges that do not change, and the beginning of those that do.
pub(super) struct MutualChallenges {
    space: MutualSpace,
    beginning: ChallengeBuilder,
    /// The client has not tried to authenticate, or not for this protection space.
    pub(super) initial: Challenge,
    /// The session is unknown or over: the client begins another one, without asking its user.
    pub(super) stale: Challenge,
    /// The name or the password is wrong.
    pub(super) failed: Challenge,
    /// The message is wrong.
    pub(super) invalid: Challenge,
}

impl MutualChallenges {
    pub(super) fn new(
        space: &MutualSpace,
        host: &HostValidation,
    ) -> Result<Self, InvalidChallenge> {
        let beginning = beginning(space, host);
        let because = |reason| beginning.clone().token("reason", reason).build();
        Ok(Self {
            initial: because("initial")?,
            stale: because("stale-session")?,
            failed: because("auth-failed")?,
            invalid: because("invalid-parameters")?,
            space: space.clone(),
            beginning,
        })
    }

    /// `401-KEX-S1`. All counts are in the window: the server tells each of them from the others.
    pub(super) fn key_exchange(
        &self,
        sid: &[u8],
        k_s1: &[u8],
        nc_max: u32,
        time: Duration,
    ) -> Result<Challenge, InvalidChallenge> {
        let nc_max = nc_max.to_string();
        let algorithm = self.space.algorithm();
        let challenge = self.beginning.clone().token("sid", hex(sid));
        fixed(
            challenge,
            "ks1",
            &written(algorithm, k_s1),
            algorithm.writes_hex(),
        )
        .token("nc-max", &nc_max)
        .token("nc-window", &nc_max)
        .token("time", time.as_secs().to_string())
        .build()
    }
}

/// The parameters with which the messages of both sides begin.
pub(super) fn beginning(space: &MutualSpace, host: &HostValidation) -> ChallengeBuilder {
    Challenge::builder(SchemeName::MUTUAL)
        .token("version", "1")
        .token("algorithm", space.algorithm().name())
        .token("validation", host.name())
        .quoted("auth-scope", space.auth_scope())
        .quoted("realm", space.realm())
}

/// Adds a number of fixed length: hexadecimal as a token, base64 in quotes.
pub(super) fn fixed(
    message: ChallengeBuilder,
    name: &str,
    value: &str,
    is_hex: bool,
) -> ChallengeBuilder {
    match is_hex {
        true => message.token(name, value),
        false => message.quoted(name, value),
    }
}
