//! Checks the parameters that a sender wants to write.

use std::fmt;

use http::HeaderValue;

use super::grammar::ByteClass;
use super::rendered::RenderedField;
use super::{MAX_PARAMS, Param, ParamValue, Params};
use crate::error_params::{self, InvalidParamValue};

/// A list of parameters that checks each one before it writes it, and remembers the first that it refused.
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

    pub(super) fn quoted(&mut self, name: &str, bytes: &[u8]) {
        // `false`: `bytes` is plain text, so that a backslash in it does not escape the next byte.
        let value = ParamValue::from_quoted(bytes, false);
        self.add(name, value, check_quoted(bytes));
    }

    pub(super) fn token(&mut self, name: &str, token: &str) {
        let value = ParamValue::from_token(token.as_bytes());
        self.add(name, value, check_token(name, token.as_bytes()));
    }

    /// Adds `param` as a token or a quoted-string, as it was read. A realm is always quoted.
    pub(super) fn param(&mut self, param: Param<'_>) {
        let (name, value) = (param.name(), param.value());
        let bytes = value.to_bytes();
        match std::str::from_utf8(&bytes) {
            Ok(token) if !value.is_quoted() && !is_realm(name) => self.token(name, token),
            _ => self.quoted(name, &bytes),
        }
    }

    /// Records that `part` was refused, unless an earlier part was.
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
        return Err(InvalidParamReason::RepeatedName);
    }
    match params.nth(MAX_PARAMS - 1) {
        Some(_) => Err(InvalidParamReason::TooManyParams),
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

/// Refuses every control character except HTAB. Other control characters end the field, or an intermediary rejects or
/// replaces them (RFC 9110 section 5.5).
fn check_quoted(bytes: &[u8]) -> Result<(), InvalidParamReason> {
    let is_not_allowed = |byte: &u8| !ByteClass::QUOTED_PAIR.holds(*byte);
    match bytes.iter().position(is_not_allowed) {
        Some(position) => Err(InvalidParamValue::Byte(position).into()),
        None => Ok(()),
    }
}

fn is_realm(name: &str) -> bool {
    name.eq_ignore_ascii_case("realm")
}

/// The part that was refused, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InvalidParam {
    part: ParamPart,
    reason: InvalidParamReason,
}

impl InvalidParam {
    /// The error of [`CheckedParams::into_value`] if the value is not a valid field value. It never occurs, because
    /// every byte has been checked before.
    const VALUE: Self = Self {
        part: ParamPart::Value,
        reason: InvalidParamReason::Value(InvalidParamValue::Byte(0)),
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
    RepeatedName,
    TooManyParams,
    NotAToken,
    RealmIsQuoted,
    Value(InvalidParamValue),
    SecondToken68,
    NotToken68,
    Token68AndParams,
    NoParam,
    Colon,
}

impl fmt::Display for InvalidParamReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAName => f.write_str("the name is not a token"),
            Self::RepeatedName => f.write_str("the name occurs twice"),
            Self::TooManyParams => write!(f, "too many parameters, the limit is {MAX_PARAMS}"),
            Self::NotAToken => f.write_str("the value is not a token"),
            Self::RealmIsQuoted => {
                f.write_str("a realm must be a quoted string (RFC 9110 section 11.5)")
            }
            Self::Value(fault) => fault.fmt(f),
            Self::SecondToken68 => f.write_str("a challenge has at most one token68"),
            Self::NotToken68 => f.write_str("the value is not a token68"),
            Self::Token68AndParams => {
                f.write_str("a challenge cannot have both a token68 and parameters")
            }
            Self::NoParam => f.write_str("an entry has at least one parameter"),
            Self::Colon => f.write_str("Basic and Digest have no user names with a colon"),
        }
    }
}

impl From<InvalidParamValue> for InvalidParamReason {
    fn from(fault: InvalidParamValue) -> Self {
        Self::Value(fault)
    }
}
