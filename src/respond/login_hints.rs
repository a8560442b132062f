//! Which parameters of `Authentication-Control` belong to which response?

use http::header::{HeaderMap, HeaderValue};

use super::exposed::expose_field;
use crate::header::{AUTHENTICATION_CONTROL, AuthenticationControl, ControlEntry};
use crate::reason::RefusalReason;

/// The values of `Authentication-Control` for the responses of a layer, made once.
///
/// A client ignores a parameter that does not belong to the kind of the response (RFC 8053 section 4), so the layer does
/// not send it there.
#[derive(Debug)]
pub(crate) struct LoginHints {
    asking: Option<HeaderValue>,
    offering: Option<HeaderValue>,
    admitted: Option<HeaderValue>,
}

/// The kinds of responses that RFC 8053 section 2.1 tells apart, as far as a hint can count in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HintedResponse {
    /// A `401` that asks for credentials, or for others.
    Asking,
    /// A response that offers a login with `Optional-WWW-Authenticate`.
    Offering,
    /// A response to a caller whom a scheme has admitted.
    Admitted,
}

/// The parameters for a client that has logged in (sections 4.5 and 4.6).
const AFTER_LOGIN: [&str; 2] = ["location-when-logout", "logout-timeout"];

/// The parameters for a client that has to log in. A response that offers a login is shown as it is: a client disregards
/// `auth-style` there, and the two others are not recommended (sections 4.2 to 4.4).
const BEFORE_LOGIN: [&str; 3] = ["auth-style", "location-when-unauthenticated", "no-auth"];

/// The user name is for a client that has to log in, or is offered to (section 4.7).
const USERNAME: [&str; 1] = ["username"];

impl LoginHints {
    pub(crate) fn new(control: &AuthenticationControl) -> Self {
        let without = |left_out: &[&[&str]]| {
            let entries = control.iter().filter_map(|entry| keep(entry, left_out));
            AuthenticationControl::from(entries.collect::<Vec<_>>()).join()
        };
        Self {
            asking: without(&[&AFTER_LOGIN]),
            offering: without(&[&AFTER_LOGIN, &BEFORE_LOGIN]),
            admitted: without(&[&BEFORE_LOGIN, &USERNAME]),
        }
    }

    /// Adds the field to a response, unless it has one: the application knows better what to say.
    pub(crate) fn add(&self, response: HintedResponse, exposed: bool, headers: &mut HeaderMap) {
        let value = match response {
            HintedResponse::Asking => &self.asking,
            HintedResponse::Offering => &self.offering,
            HintedResponse::Admitted => &self.admitted,
        };
        let Some(value) = value else { return };
        headers
            .entry(AUTHENTICATION_CONTROL)
            .or_insert_with(|| value.clone());
        if exposed {
            expose_field(headers, AUTHENTICATION_CONTROL);
        }
    }
}

impl HintedResponse {
    /// Returns the kind of a refusal. A `401` in the middle of an exchange is none: a client ignores the hints there.
    pub(super) const fn of_refusal(
        reason: RefusalReason,
        is_unauthenticated: bool,
    ) -> Option<Self> {
        match reason {
            RefusalReason::ContinueExchange => None,
            RefusalReason::Forbidden => Some(Self::Admitted),
            _ if is_unauthenticated => Some(Self::Asking),
            _ => None,
        }
    }
}

/// Returns the entry without the parameters of the lists `left_out`, each also in the form `name*`.
fn keep(entry: &ControlEntry, left_out: &[&[&str]]) -> Option<ControlEntry> {
    entry.retain(|name| {
        let name = name.strip_suffix('*').unwrap_or(name);
        let mut left_out = left_out.iter().copied().flatten();
        !left_out.any(|other| name.eq_ignore_ascii_case(other))
    })
}
