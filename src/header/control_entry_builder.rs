//! Builds an entry of `Authentication-Control` and checks each part.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::checked_params::{CheckedParams, InvalidParam, InvalidParamReason, ParamPart};
use super::rendered::RenderedField;
use super::{AuthStyle, Challenge, ControlEntry, SchemeName, ext_value};
use crate::config_error::ConfigError;
use crate::error_params::{InvalidParamValue, is_uri_reference};

impl ControlEntry {
    /// Starts a builder for an entry of `scheme`.
    pub fn builder(scheme: SchemeName<'_>) -> ControlEntryBuilder {
        let rendered = RenderedField::challenge(scheme.as_str().as_bytes());
        let without_colon = [SchemeName::BASIC, SchemeName::X_BASIC, SchemeName::DIGEST];
        ControlEntryBuilder {
            params: CheckedParams::new(rendered),
            allows_colon: !without_colon.contains(&scheme),
        }
    }
}

/// Builds a [`ControlEntry`].
///
/// The methods that add parameters check them and never fail. [`build`](Self::build) reports the first parameter that
/// was refused.
///
/// # Example
///
/// ```
/// use tower_challenge::header::{AuthStyle, ControlEntry, SchemeName};
///
/// let entry = ControlEntry::builder(SchemeName::DIGEST)
///     .realm("notes")
///     .auth_style(AuthStyle::NonModal)
///     .location_when_logout("/bye")
///     .build()?;
/// assert_eq!(entry.as_value(), r#"Digest realm="notes", auth-style=non-modal, location-when-logout="/bye""#);
///
/// let error = ControlEntry::builder(SchemeName::DIGEST).location_when_logout("a b").build().unwrap_err();
/// let text = r#"parameter "location-when-logout": the value is not a URI reference (RFC 3986 section 4.1)"#;
/// assert_eq!(error.to_string(), text);
/// # Ok::<(), tower_challenge::header::InvalidControlEntry>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ControlEntryBuilder {
    params: CheckedParams,
    /// Whether the scheme has user names with a colon.
    allows_colon: bool,
}

impl ControlEntryBuilder {
    /// Sets the realm. RFC 8053 section 4 requires it if the scheme has realms, and forbids it otherwise.
    pub fn realm(mut self, realm: &str) -> Self {
        self.params.quoted("realm", realm.as_bytes());
        self
    }

    /// Tells the client how to ask its user for credentials.
    pub fn auth_style(mut self, style: AuthStyle) -> Self {
        self.params.token("auth-style", style.as_str());
        self
    }

    /// Tells a client that would have to ask its user for credentials to show `location` instead. For example, that is a
    /// page that explains who can log in.
    ///
    /// It refuses a value that is not a URI reference.
    pub fn location_when_unauthenticated(self, location: &str) -> Self {
        self.location("location-when-unauthenticated", location)
    }

    /// Tells the client to show the response, and not to ask its user for credentials here (`no-auth=true`).
    pub fn no_auth(mut self) -> Self {
        self.params.token("no-auth", "true");
        self
    }

    /// Tells the client which page to show after its user has logged out.
    ///
    /// It refuses a value that is not a URI reference.
    pub fn location_when_logout(self, location: &str) -> Self {
        self.location("location-when-logout", location)
    }

    /// Tells the client to forget the credentials `time` after the response. Zero tells it to log out at once.
    ///
    /// The time is rounded up to whole seconds. Each response with this parameter starts the time anew.
    pub fn logout_timeout(mut self, time: Duration) -> Self {
        let part = u64::from(time.subsec_nanos() > 0);
        let seconds = time.as_secs().saturating_add(part);
        self.params.token("logout-timeout", &seconds.to_string());
        self
    }

    /// Tells the client the only user name that the server accepts. For example, the server is a router with the one
    /// account `admin`.
    ///
    /// Every client sees the name. A name beyond ASCII becomes `username*` (section 4.1). It refuses control characters,
    /// and a colon in a name for Basic or Digest.
    pub fn username(mut self, name: &str) -> Self {
        let reason = match name.find(char::is_control) {
            Some(position) => Some(InvalidParamValue::Byte(position).into()),
            None if name.contains(':') && !self.allows_colon => Some(InvalidParamReason::Colon),
            None if self.has_username() => Some(InvalidParamReason::RepeatedName),
            None => None,
        };
        match reason {
            Some(reason) => {
                let part = ParamPart::Param("username".into());
                self.params.refuse(part, reason);
            }
            None if name.is_ascii() => self.params.quoted("username", name.as_bytes()),
            None => self.params.token("username*", &ext_value::encode(name)),
        }
        self
    }

    /// Builds the entry.
    ///
    /// # Errors
    ///
    /// The error names the first parameter that was refused, and the reason. An entry without a parameter is an error.
    pub fn build(mut self) -> Result<ControlEntry, InvalidControlEntry> {
        if self.params.is_empty() {
            let reason = InvalidParamReason::NoParam;
            self.params.refuse(ParamPart::Value, reason);
        }
        let value = self.params.into_value().map_err(InvalidControlEntry)?;
        Ok(ControlEntry::of_checked(Challenge::from_rendered(value)))
    }

    /// Whether there is a user name, in one form or the other.
    fn has_username(&mut self) -> bool {
        let params = self.params.rendered().written_params();
        params.get("username").or(params.get("username*")).is_some()
    }

    fn location(mut self, name: &str, location: &str) -> Self {
        match is_uri_reference(location.as_bytes()) {
            true => self.params.quoted(name, location.as_bytes()),
            false => {
                let reason = InvalidParamValue::NotAUriReference.into();
                self.params.refuse(ParamPart::Param(name.into()), reason);
            }
        }
        self
    }
}

/// Reports that a [`ControlEntryBuilder`] refused a parameter: which one, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidControlEntry(InvalidParam);

impl fmt::Display for InvalidControlEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for InvalidControlEntry {}

impl From<InvalidControlEntry> for ConfigError {
    fn from(error: InvalidControlEntry) -> Self {
        Self::new(error.to_string())
    }
}
