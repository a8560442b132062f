//! Which parameters a sender may write.

use std::fmt;

use http::HeaderValue;

use super::grammar::ByteClass;
use super::rendered::RenderedField;
use super::{MAX_PARAMS, Param, ParamValue, Params};
use crate::error_params::{self, InvalidParamValue};

/// Parameters that were checked before they were written, and the first that was refused.
#[derive(Clone, Debug)]
pub(super) struct CheckedParams {
    rendered: RenderedField,
    refused: Option<InvalidParam>,
}

impl CheckedParams {
    pub(super) const fn new(rendered: RenderedField) -> Self {
        Self {
            rendered,
            refused: None,
        }
    }

    pub(super) fn quoted(&mut self, name: &str, octets: &[u8]) {
        // Not one of the octets is an escape yet: that is what `false` says.
        let value = ParamValue::from_quoted(octets, false);
        self.add(name, value, check_quoted(octets));
    }

    pub(super) fn token(&mut self, name: &str, token: &str) {
        let value = ParamValue::from_token(token.as_bytes());
        self.add(name, value, check_token(name, token.as_bytes()));
    }

    /// Adds `param` in its form, except that a realm is quoted.
    pub(super) fn param(&mut self, param: Param<'_>) {
        let (name, value) = (param.name(), param.value());
        let octets = value.to_bytes();
        match std::str::from_utf8(&octets) {
            Ok(token) if !value.is_quoted() && !is_realm(name) => self.token(name, token),
            _ => self.quoted(name, &octets),
        }
    }

    /// Remembers that `part` was refused, unless another was before.
    pub(super) fn refuse(&mut self, part: ParamPart, reason: InvalidParamReason) {
        self.refused.get_or_insert(InvalidParam { part, reason });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rendered.written_params().is_empty()
    }

    pub(super) const fn rendered(&mut self) -> &mut RenderedField {
        &mut self.rendered
    }

    pub(super) fn into_value(self) -> Result<HeaderValue, InvalidParam> {
        match self.refused {
            Some(refused) => Err(refused),
            None => self.rendered.into_value().map_err(|_| InvalidParam::VALUE),
        }
    }

    fn add(&mut self, name: &str, value: ParamValue<'_>, form: Result<(), InvalidParamReason>) {
        let params = self.rendered.written_params();
        let checked = check_name(name, params).and(form);
        match checked.and_then(|()| Ok(error_params::check(name, value.raw())?)) {
            Ok(()) => self.rendered.param(Param::new(name.as_bytes(), value)),
            Err(reason) => self.refuse(ParamPart::Param(name.into()), reason),
        }
    }
}

fn check_name(name: &str, mut params: Params<'_>) -> Result<(), InvalidParamReason> {
    if !ByteClass::TCHAR.spells(name.as_bytes()) {
        return Err(InvalidParamReason::NotAName);
    }
    if params.get(name).is_some() {
        return Err(InvalidParamReason::Second);
    }
    match params.nth(MAX_PARAMS - 1) {
        Some(_) => Err(InvalidParamReason::TooMany),
        None => Ok(()),
    }
}

fn check_token(name: &str, token: &[u8]) -> Result<(), InvalidParamReason> {
    match ByteClass::TCHAR.spells(token) {
        _ if is_realm(name) => Err(InvalidParamReason::RealmIsQuoted),
        true => Ok(()),
        false => Err(InvalidParamReason::NotAToken),
    }
}

/// No control character but HTAB: the others would end the field, or be cut or replaced on the
/// way (RFC 9110 section 5.5).
fn check_quoted(octets: &[u8]) -> Result<(), InvalidParamReason> {
    let is_foreign = |octet: &u8| !ByteClass::QUOTED_PAIR.holds(*octet);
    match octets.iter().position(is_foreign) {
        Some(place) => Err(InvalidParamValue::Octet(place).into()),
        None => Ok(()),
    }
}

fn is_realm(name: &str) -> bool {
    name.eq_ignore_ascii_case("realm")
}

/// What was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InvalidParam {
    part: ParamPart,
    reason: InvalidParamReason,
}

impl InvalidParam {
    /// Every octet has been checked by then, so that this is not met.
    const VALUE: Self = Self {
        part: ParamPart::Value,
        reason: InvalidParamReason::Value(InvalidParamValue::Octet(0)),
    };
}

impl fmt::Display for InvalidParam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.part, self.reason)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ParamPart {
    Param(Box<str>),
    Token68,
    Value,
}

impl fmt::Display for ParamPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Param(name) => write!(f, "parameter {name:?}"),
            Self::Token68 => f.write_str("token68"),
            Self::Value => f.write_str("field value"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum InvalidParamReason {
    NotAName,
    Second,
    TooMany,
    NotAToken,
    RealmIsQuoted,
    Value(InvalidParamValue),
    SecondToken68,
    NotToken68,
    Token68AndParams,
}

impl fmt::Display for InvalidParamReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAName => f.write_str("the name is not a token"),
            Self::Second => f.write_str("the name came before"),
            Self::TooMany => write!(f, "there are {MAX_PARAMS} before it, and no more may be"),
            Self::NotAToken => f.write_str("the value is not a token"),
            Self::RealmIsQuoted => f.write_str("a realm is always quoted"),
            Self::Value(fault) => fault.fmt(f),
            Self::SecondToken68 => f.write_str("it was set before"),
            Self::NotToken68 => f.write_str("the value is not a token68"),
            Self::Token68AndParams => f.write_str("a token68 and parameters exclude each other"),
        }
    }
}

impl From<InvalidParamValue> for InvalidParamReason {
    fn from(fault: InvalidParamValue) -> Self {
        Self::Value(fault)
    }
}
