//! Which parameters a sender may write.

use std::fmt;

use http::HeaderValue;

use super::grammar::Class;
use super::rendered::Rendered;
use super::uri_reference::is_uri_reference;
use super::{MAX_PARAMS, Param, Params, Value};

/// Parameters that were checked before they were written, and the first that was refused.
#[derive(Clone, Debug)]
pub(super) struct CheckedParams {
    rendered: Rendered,
    refused: Option<Refused>,
}

impl CheckedParams {
    pub(super) const fn new(rendered: Rendered) -> Self {
        Self {
            rendered,
            refused: None,
        }
    }

    pub(super) fn quoted(&mut self, name: &str, octets: &[u8]) {
        // Not one of the octets is an escape yet: that is what `false` says.
        let value = Value::from_quoted(octets, false);
        self.add(name, value, check_quoted(octets));
    }

    pub(super) fn token(&mut self, name: &str, token: &str) {
        let value = Value::from_token(token.as_bytes());
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
    pub(super) fn refuse(&mut self, part: Part, reason: Reason) {
        self.refused.get_or_insert(Refused { part, reason });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rendered.written_params().is_empty()
    }

    pub(super) const fn rendered(&mut self) -> &mut Rendered {
        &mut self.rendered
    }

    pub(super) fn into_value(self) -> Result<HeaderValue, Refused> {
        match self.refused {
            Some(refused) => Err(refused),
            None => self.rendered.into_value().map_err(|_| Refused::VALUE),
        }
    }

    fn add(&mut self, name: &str, value: Value<'_>, form: Result<(), Reason>) {
        let params = self.rendered.written_params();
        let checked = check_name(name, params).and(form);
        match checked.and_then(|()| check_rfc6750(name, value.raw())) {
            Ok(()) => self.rendered.param(Param::new(name.as_bytes(), value)),
            Err(reason) => self.refuse(Part::Param(name.into()), reason),
        }
    }
}

fn check_name(name: &str, mut params: Params<'_>) -> Result<(), Reason> {
    if !Class::TCHAR.spells(name.as_bytes()) {
        return Err(Reason::NotAName);
    }
    if params.get(name).is_some() {
        return Err(Reason::Second);
    }
    match params.nth(MAX_PARAMS - 1) {
        Some(_) => Err(Reason::TooMany),
        None => Ok(()),
    }
}

fn check_token(name: &str, token: &[u8]) -> Result<(), Reason> {
    match Class::TCHAR.spells(token) {
        _ if is_realm(name) => Err(Reason::RealmIsQuoted),
        true => Ok(()),
        false => Err(Reason::NotAToken),
    }
}

/// No control character but HTAB: the others would end the field, or be cut or replaced on the
/// way (RFC 9110 section 5.5).
fn check_quoted(octets: &[u8]) -> Result<(), Reason> {
    all(octets, |octet| Class::QUOTED_PAIR.holds(octet))
}

/// The alphabets of RFC 6750 section 3, narrower than a quoted-string, and the syntax of an
/// `error_uri`. Parameters of these names mean the same in every scheme that has them (RFC 9449
/// section 7.1), so the scheme is not asked.
fn check_rfc6750(name: &str, octets: &[u8]) -> Result<(), Reason> {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    if is("error_uri") {
        all(octets, |octet| Class::SCOPE_CHAR.holds(octet))?;
        let conforms = is_uri_reference(octets).then_some(());
        return conforms.ok_or(Reason::NotAUriReference);
    }
    if is("error") || is("error_description") || is("scope") {
        all(octets, |octet| {
            octet == b' ' || Class::SCOPE_CHAR.holds(octet)
        })?;
    }
    // scope = scope-token *( SP scope-token )
    match octets
        .split(|&octet| octet == b' ')
        .all(|scope| !scope.is_empty())
    {
        false if is("scope") => Err(Reason::ScopeGap),
        _ => Ok(()),
    }
}

fn all(octets: &[u8], allowed: impl Fn(u8) -> bool) -> Result<(), Reason> {
    match octets.iter().position(|&octet| !allowed(octet)) {
        Some(position) => Err(Reason::Octet(position)),
        None => Ok(()),
    }
}

fn is_realm(name: &str) -> bool {
    name.eq_ignore_ascii_case("realm")
}

/// What was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {reason}")]
pub(super) struct Refused {
    part: Part,
    reason: Reason,
}

impl Refused {
    /// Every octet has been checked by then, so that this is not met.
    const VALUE: Self = Self {
        part: Part::Value,
        reason: Reason::Octet(0),
    };
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Param(Box<str>),
    Token68,
    Value,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Param(name) => write!(f, "parameter {name:?}"),
            Self::Token68 => f.write_str("token68"),
            Self::Value => f.write_str("field value"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Reason {
    #[error("the name is not a token")]
    NotAName,
    #[error("the name came before")]
    Second,
    #[error("there are {MAX_PARAMS} before it, and no more may be")]
    TooMany,
    #[error("the value is not a token")]
    NotAToken,
    #[error("a realm is always quoted")]
    RealmIsQuoted,
    #[error("octet {0} is not allowed in it")]
    Octet(usize),
    #[error("one space goes between scopes, and none around them")]
    ScopeGap,
    #[error("it is no URI reference (RFC 3986 section 4.1)")]
    NotAUriReference,
    #[error("it was set before")]
    SecondToken68,
    #[error("the value is not a token68")]
    NotToken68,
    #[error("a token68 and parameters exclude each other")]
    Token68AndParams,
}
