//! The session of a Mutual client: the proofs that it sends, and those of the server that it checks.

use std::time::Duration;

use http::HeaderValue;

use super::challenges::{beginning, fixed};
use super::client_error::MutualClientError;
use super::encoding::{from_hex, hex, read, written};
use super::host_validation::HostValidation;
use super::proof::{Proof, SessionSecret};
use super::sensitive::sensitive;
use super::space::MutualSpace;
use crate::derives::shows;
use crate::header::{AuthenticationInfo, Challenge, Params, SchemeName};
use crate::text::decimal;

/// A session of a client. It makes credentials for one request after the other.
pub struct MutualSession {
    space: MutualSpace,
    host: HostValidation,
    secret: SessionSecret,
    sid: Vec<u8>,
    /// The count of the last request.
    nc: u64,
    nc_max: u64,
    time: Duration,
}

/// The credentials of one request, with the proof of the client.
pub struct MutualProof {
    space: MutualSpace,
    sid: Vec<u8>,
    expected: Proof,
    credentials: HeaderValue,
}

impl MutualSession {
    /// Reads the sid and the limits of a session.
    pub(super) fn new(
        space: MutualSpace,
        host: HostValidation,
        secret: SessionSecret,
        challenge: &Challenge,
    ) -> Result<Self, MutualClientError> {
        let number = |name| {
            let value = challenge.param(name)?;
            decimal::number::<u64>(&value.to_str()?)
        };
        let sid = challenge.param("sid");
        let sid = sid.and_then(|sid| from_hex(&sid.to_bytes()));
        let limits = (number("nc-max"), number("nc-window"), number("time"));
        match (sid, limits) {
            (Some(sid), (Some(nc_max), Some(_), Some(time))) if !sid.is_empty() => Ok(Self {
                space,
                host,
                secret,
                sid,
                nc: 0,
                nc_max,
                time: Duration::from_secs(time),
            }),
            _ => Err(MutualClientError::new(
                "the challenge has no sid or no limits of the session",
            )),
        }
    }

    /// Makes the credentials of the next request. It takes microseconds.
    ///
    /// # Errors
    ///
    /// The session has had all its requests: begin another one.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator could not end with an error"
    )]
    pub fn next(&mut self) -> Result<MutualProof, MutualClientError> {
        if self.nc >= self.nc_max {
            return Err(MutualClientError::new("the session has no requests left"));
        }
        self.nc += 1;
        let (nc, vh, algorithm) = (self.nc, self.host.value(), self.space.algorithm());
        let vkc = self.secret.client_proof(nc, vh);
        let credentials = beginning(&self.space, &self.host)
            .token("sid", hex(&self.sid))
            .token("nc", nc.to_string());
        let vkc = written(algorithm, vkc.as_bytes());
        let credentials = fixed(credentials, "vkc", &vkc, algorithm.writes_hex());
        Ok(MutualProof {
            space: self.space.clone(),
            sid: self.sid.clone(),
            expected: self.secret.server_proof(nc, vh),
            credentials: sensitive(credentials.build().ok())?,
        })
    }

    /// How long the server keeps the session, counted from its answer to the key exchange.
    #[must_use]
    pub const fn time(&self) -> Duration {
        self.time
    }

    /// How many requests the session has left.
    #[must_use]
    pub const fn requests_left(&self) -> u64 {
        self.nc_max - self.nc
    }
}

impl MutualProof {
    /// The value of `Authorization`.
    #[must_use]
    pub const fn credentials(&self) -> &HeaderValue {
        &self.credentials
    }

    /// Checks the proof of the server in `Authentication-Info`. The value may begin with the word `Mutual`: a figure of RFC
    /// 8120 shows it so, although the text says otherwise.
    ///
    /// # Errors
    ///
    /// The value has no proof for this request, or a wrong one, so the server does not know the password.
    pub fn verify(&self, authentication_info: &HeaderValue) -> Result<(), MutualClientError> {
        let grammar =
            MutualClientError::new("the response breaks the grammar of Authentication-Info");
        let field = authentication_info.as_bytes();
        // A list of parameters always has an `=` behind its first word, and a challenge has a space there.
        match Challenge::parse(field) {
            Ok(named) if named.scheme() == SchemeName::MUTUAL => self.check(named.params()),
            _ => {
                let info = AuthenticationInfo::parse([field]).map_err(|_| grammar)?;
                self.check(info.params())
            }
        }
    }

    fn check(&self, params: Params<'_>) -> Result<(), MutualClientError> {
        let is_known = params
            .get("version")
            .is_some_and(|version| version.eq_ignore_ascii_case("1"));
        let sid = params.get("sid").and_then(|sid| from_hex(&sid.to_bytes()));
        if !is_known || sid.is_none_or(|sid| sid != self.sid) {
            return Err(MutualClientError::new(
                "the proof of the server is for another session",
            ));
        }
        let algorithm = self.space.algorithm();
        let vks = params
            .get("vks")
            .and_then(|vks| read(algorithm, &vks.to_bytes(), algorithm.hash_len()));
        match vks {
            Some(vks) if self.expected.matches(&vks) => Ok(()),
            Some(_) => Err(MutualClientError::new("the proof of the server is wrong")),
            None => Err(MutualClientError::new(
                "the response has no proof of the server",
            )),
        }
    }
}

shows! { impl[] MutualSession[] as self { space: self.space, nc: self.nc, nc_max: self.nc_max } }
shows! { impl[] MutualProof[] as self { space: self.space } }
