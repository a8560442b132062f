//! Reads the two messages of a client (RFC 8120 section 4).
//!
//! ```text
//! req-KEX-C1  version, algorithm, validation, auth-scope, realm, user, kc1      the client names its user
//! req-VFY-C   version, algorithm, validation, auth-scope, realm, sid, nc, vkc   the client proves the password
//! ```
//!
//! A value may be a token or a quoted-string. Unknown parameters are ignored.

use std::borrow::Cow;

use super::algorithm::MutualAlgorithm;
use super::encoding::{from_hex, read};
use super::host_validation::HostValidation;
use super::reasons;
use super::space::MutualSpace;
use crate::header::{Param, ParamValue, ext_value};
use crate::reason::ReasonText;
use crate::text::decimal::shortest_number;

/// The longest name of a user, in bytes. A `sid` holds the name.
const MAX_USER: usize = 255;

/// Whether a message can name this user.
pub(super) fn is_user(name: &str) -> bool {
    (1..=MAX_USER).contains(&name.len()) && !name.contains(char::is_control)
}

/// A message of a client. Its values are not verified yet.
pub(super) enum ClientMessage {
    KeyExchange(KeyExchange),
    Verification(Verification),
}

/// `req-KEX-C1`.
pub(super) struct KeyExchange {
    pub(super) user: String,
    /// An element of the group.
    pub(super) k_c1: Vec<u8>,
}

/// `req-VFY-C`.
pub(super) struct Verification {
    pub(super) sid: Vec<u8>,
    /// A number that is too large for the type is its largest value, which is above every `nc-max`.
    pub(super) nc: u64,
    pub(super) vkc: Vec<u8>,
}

/// Why a message is refused before any secret is used.
pub(super) enum MessageFault {
    /// The message is for another protection space, so the client may begin again.
    Elsewhere(ReasonText),
    /// The message is wrong.
    Invalid(ReasonText),
}

/// The parameters of a message.
#[derive(Clone, Copy)]
pub(super) struct MessageParams<'a>(pub(super) &'a [Param<'a>]);

impl<'a> MessageParams<'a> {
    pub(super) fn get(self, name: &str) -> Option<ParamValue<'a>> {
        let mut params = self.0.iter();
        params.find(|param| param.is(name)).map(Param::value)
    }

    /// Whether the parameter is the token, in any case.
    pub(super) fn is(self, name: &str, token: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value.eq_ignore_ascii_case(token))
    }

    /// Whether the parameter is this text.
    pub(super) fn has(self, name: &str, text: &str) -> bool {
        self.bytes(name)
            .is_some_and(|value| *value == *text.as_bytes())
    }

    pub(super) fn bytes(self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.get(name).map(|value| value.to_bytes())
    }

    /// The name of the user: `user`, or `user*` if it is not ASCII, and not both.
    pub(super) fn user(self) -> Option<String> {
        let user = match (self.get("user"), self.get("user*")) {
            (Some(user), None) => user.to_str()?.into_owned(),
            (None, Some(user)) => ext_value::decode(&user.to_str()?).ok()?,
            _ => return None,
        };
        is_user(&user).then_some(user)
    }

    pub(super) fn sid(self) -> Option<Vec<u8>> {
        let sid = from_hex(&self.bytes("sid")?)?;
        (!sid.is_empty()).then_some(sid)
    }

    /// A number without leading zeros. A number that is too large for the type is its largest value.
    pub(super) fn number(self, name: &str) -> Option<u64> {
        shortest_number(&self.get(name)?.to_str()?)
    }

    pub(super) fn fixed(
        self,
        name: &str,
        algorithm: MutualAlgorithm,
        len: usize,
    ) -> Option<Vec<u8>> {
        read(algorithm, &self.bytes(name)?, len)
    }

    /// Whether the message is for this protection space and this server.
    fn check_space(self, space: &MutualSpace, host: &HostValidation) -> Result<(), MessageFault> {
        let required = ["algorithm", "validation", "auth-scope", "realm"];
        if required.iter().any(|name| self.get(name).is_none()) {
            return Err(MessageFault::Invalid(reasons::MISSING_PARAMETER));
        }
        let elsewhere = match () {
            () if !self.is("algorithm", space.algorithm().name()) => reasons::ALGORITHM_MISMATCH,
            () if !self.is("validation", host.name()) => reasons::VALIDATION_MISMATCH,
            () if !self.has("auth-scope", space.auth_scope()) => reasons::SCOPE_MISMATCH,
            () if !self.has("realm", space.realm()) => reasons::REALM_MISMATCH,
            () => return Ok(()),
        };
        Err(MessageFault::Elsewhere(elsewhere))
    }
}

/// Reads a message for this protection space and this server.
pub(super) fn read_message(
    params: MessageParams<'_>,
    space: &MutualSpace,
    host: &HostValidation,
) -> Result<ClientMessage, MessageFault> {
    if !params.is("version", "1") {
        return Err(MessageFault::Invalid(reasons::VERSION));
    }
    params.check_space(space, host)?;
    let has = |name| params.get(name).is_some();
    let is_of_server = has("ks1") || has("vks");
    let message = match (has("kc1"), has("vkc")) {
        (true, false) if !is_of_server => key_exchange(params, space.algorithm()),
        (false, true) if !is_of_server => verification(params, space.algorithm()),
        _ => Err(reasons::NEITHER_MESSAGE),
    };
    message.map_err(MessageFault::Invalid)
}

fn key_exchange(
    params: MessageParams<'_>,
    algorithm: MutualAlgorithm,
) -> Result<ClientMessage, ReasonText> {
    let user = params.user().ok_or(reasons::INVALID_USER)?;
    let k_c1 = params.fixed("kc1", algorithm, algorithm.element_len());
    let k_c1 = k_c1.filter(|k_c1| algorithm.group().is_element(k_c1));
    let k_c1 = k_c1.ok_or(reasons::INVALID_KC1)?;
    Ok(ClientMessage::KeyExchange(KeyExchange { user, k_c1 }))
}

fn verification(
    params: MessageParams<'_>,
    algorithm: MutualAlgorithm,
) -> Result<ClientMessage, ReasonText> {
    let nc = params.number("nc").filter(|nc| *nc > 0);
    Ok(ClientMessage::Verification(Verification {
        sid: params.sid().ok_or(reasons::INVALID_SID)?,
        nc: nc.ok_or(reasons::INVALID_NC)?,
        vkc: params
            .fixed("vkc", algorithm, algorithm.hash_len())
            .ok_or(reasons::INVALID_VKC)?,
    }))
}
