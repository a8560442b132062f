//! An entry of `Authentication-Control`: the advice for one scheme and one realm.

use std::borrow::Cow;
use std::time::Duration;

use http::HeaderValue;

use super::rendered::RenderedField;
use super::{Challenge, ParamValue, Params, SchemeName, ext_value};
use crate::derives::writes;
use crate::text::decimal::shortest_number;

/// An entry of [`AuthenticationControl`](super::AuthenticationControl): advice to clients that use one scheme for one
/// realm ([RFC 8053 section 4](https://www.rfc-editor.org/rfc/rfc8053#section-4)).
///
/// [`builder`](Self::builder) makes an entry. The methods below read one. Each of them returns `None` for a value that the
/// RFC does not define, because a client may ignore such a value.
///
/// | parameter | read by | counts in a response |
/// |---|---|---|
/// | `auth-style` | [`auth_style`](Self::auth_style) | that asks for a login |
/// | `location-when-unauthenticated` | [`location_when_unauthenticated`](Self::location_when_unauthenticated) | that asks for a login |
/// | `no-auth` | [`forbids_login`](Self::forbids_login) | that asks for a login |
/// | `username` | [`username`](Self::username) | that asks for a login |
/// | `location-when-logout` | [`location_when_logout`](Self::location_when_logout) | to a login that succeeded |
/// | `logout-timeout` | [`logout_timeout`](Self::logout_timeout) | to a login that succeeded |
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use tower_challenge::header::{ControlEntry, SchemeName};
///
/// let entry = ControlEntry::builder(SchemeName::BASIC)
///     .realm("notes")
///     .logout_timeout(Duration::from_secs(600))
///     .username("René")
///     .build()?;
/// assert_eq!(entry.as_value(), r#"Basic realm="notes", logout-timeout=600, username*=UTF-8''Ren%C3%A9"#);
/// assert_eq!(entry.username().as_deref(), Some("René"));
///
/// // Basic has no user names with a colon.
/// assert!(ControlEntry::builder(SchemeName::BASIC).realm("notes").username("a:b").build().is_err());
/// # Ok::<(), tower_challenge::header::InvalidControlEntry>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlEntry {
    /// A scheme name with parameters has the form of a challenge, and is compared as one.
    entry: Challenge,
}

/// How a client asks its user for credentials: the parameter `auth-style`
/// ([RFC 8053 section 4.2](https://www.rfc-editor.org/rfc/rfc8053#section-4.2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthStyle {
    /// `modal`: the client asks before it shows the content of the response, as browsers do for a `401`.
    Modal,
    /// `non-modal`: the client shows the content of the response, and lets its user log in beside it.
    NonModal,
}

impl AuthStyle {
    /// Returns the value of the parameter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Modal => "modal",
            Self::NonModal => "non-modal",
        }
    }
}

impl ControlEntry {
    /// Wraps a challenge with at least one parameter.
    pub(super) const fn of_checked(entry: Challenge) -> Self {
        Self { entry }
    }

    /// Returns the name of the scheme as it is spelled in the entry.
    #[must_use]
    pub fn scheme(&self) -> SchemeName<'_> {
        self.entry.scheme()
    }

    /// Returns all parameters, also those that the RFC does not define.
    #[must_use]
    pub fn params(&self) -> Params<'_> {
        self.entry.params()
    }

    /// Returns the value of the parameter `name`. The case of the name does not matter.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<ParamValue<'_>> {
        self.entry.param(name)
    }

    /// Returns whether the entry is for the scheme and the realm of `challenge`.
    #[must_use]
    pub fn is_for(&self, challenge: &Challenge) -> bool {
        self.entry.shares_space(challenge)
    }

    /// Returns how the client asks for credentials. In a response with
    /// [`OptionalWwwAuthenticate`](super::OptionalWwwAuthenticate) a client ignores it, and takes
    /// [`AuthStyle::NonModal`].
    #[must_use]
    pub fn auth_style(&self) -> Option<AuthStyle> {
        let value = self.param("auth-style")?;
        let mut styles = [AuthStyle::Modal, AuthStyle::NonModal].into_iter();
        styles.find(|style| value.eq_ignore_ascii_case(style.as_str()))
    }

    /// Returns the location that a client shows in place of a response that asks for a login. It may be relative to the
    /// URL of the request.
    #[must_use]
    pub fn location_when_unauthenticated(&self) -> Option<Cow<'_, str>> {
        self.text(
            "location-when-unauthenticated",
            "location-when-unauthenticated*",
        )
    }

    /// Returns whether the client shows the response that asks for a login, and does not ask its user to log in here
    /// (`no-auth=true`).
    #[must_use]
    pub fn forbids_login(&self) -> bool {
        let value = self.param("no-auth");
        value.is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Returns the location that a client shows after its user has logged out. It may be relative to the URL of the
    /// request.
    #[must_use]
    pub fn location_when_logout(&self) -> Option<Cow<'_, str>> {
        self.text("location-when-logout", "location-when-logout*")
    }

    /// Returns the time after which the client forgets the credentials, counted from this response. Zero means at once.
    ///
    /// A number of seconds that is too large for a `u64` counts as the largest `u64`.
    #[must_use]
    pub fn logout_timeout(&self) -> Option<Duration> {
        let value = self.param("logout-timeout")?;
        shortest_number(&value.to_str()?).map(Duration::from_secs)
    }

    /// Returns the only user name that the server accepts.
    #[must_use]
    pub fn username(&self) -> Option<Cow<'_, str>> {
        self.text("username", "username*")
    }

    /// Returns the field value.
    #[must_use]
    pub const fn as_value(&self) -> &HeaderValue {
        self.entry.as_value()
    }

    /// Returns the value of a parameter that may be an ext-value under the name `extended`.
    ///
    /// A sender must not send both (section 4.1). The result is then `None`, because recipients could disagree about which
    /// one counts.
    fn text(&self, plain: &str, extended: &str) -> Option<Cow<'_, str>> {
        match (self.param(plain), self.param(extended)) {
            (Some(value), None) => value.to_str(),
            (None, Some(value)) => ext_value::decode(&value.to_str()?).ok().map(Cow::Owned),
            (Some(_), Some(_)) | (None, None) => None,
        }
    }

    /// Returns the entry with its realm and those of its other parameters whose names `is_kept` accepts. Returns `None` if
    /// it keeps none of them.
    pub(crate) fn retain(&self, is_kept: impl Fn(&str) -> bool) -> Option<Self> {
        let is_realm = |name: &str| name.eq_ignore_ascii_case("realm");
        let mut kept = RenderedField::challenge(self.scheme().as_str().as_bytes());
        let mut is_empty = true;
        for param in self.params() {
            if is_realm(param.name()) || is_kept(param.name()) {
                is_empty &= is_realm(param.name());
                kept.param(param);
            }
        }
        let value = kept.into_value().ok().filter(|_| !is_empty)?;
        Some(Self::of_checked(Challenge::from_rendered(value)))
    }
}

writes! { impl[] ControlEntry[] as self => &self.entry.to_string() }
