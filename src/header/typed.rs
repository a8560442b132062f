//! Implements the trait `Header` of the crate `headers` for the fields of this room.
//!
//! The impls call the same public functions that an application without that crate calls itself.

use headers::{Error, Header};
use http::{HeaderName, HeaderValue};

use super::{
    AUTHENTICATION_CONTROL, AuthenticationControl, AuthenticationInfo, Challenge, ControlEntry,
    OPTIONAL_WWW_AUTHENTICATE, OptionalWwwAuthenticate, ProxyAuthenticate, ProxyAuthenticationInfo,
    WwwAuthenticate,
};
use crate::server_role::ServerRole;

/// Implements `Header`. The arguments are the type, the name of its field, and the field lines that it writes.
macro_rules! header {
    ($header:ident = $name:expr, $this:ident => $lines:expr) => {
        impl Header for $header {
            fn name() -> &'static HeaderName {
                static NAME: HeaderName = $name;
                &NAME
            }

            fn decode<'i, I>(values: &mut I) -> Result<Self, Error>
            where
                I: Iterator<Item = &'i HeaderValue>,
            {
                let read = Self::parse(values.map(HeaderValue::as_bytes));
                read.map_err(|_| Error::invalid())
            }

            fn encode<E: Extend<HeaderValue>>(&self, values: &mut E) {
                let $this = self;
                values.extend($lines);
            }
        }
    };
}

/// Implements `Header` for a list of challenges. It writes one field line for each challenge.
macro_rules! challenges {
    ($header:ident = $name:expr) => {
        header! { $header = $name, list => list.iter().map(Challenge::as_value).cloned() }
    };
}

/// Implements `Header` for a list of parameters. It writes one field line, or no line if there are no parameters.
macro_rules! params {
    ($header:ident = $name:expr) => {
        header! {
            $header = $name,
            info => Some(info.as_value()).filter(|value| !value.is_empty()).cloned()
        }
    };
}

challenges! { WwwAuthenticate = ServerRole::Origin.challenge_field() }
challenges! { ProxyAuthenticate = ServerRole::Proxy.challenge_field() }
challenges! { OptionalWwwAuthenticate = OPTIONAL_WWW_AUTHENTICATE }
header! {
    AuthenticationControl = AUTHENTICATION_CONTROL,
    list => list.iter().map(ControlEntry::as_value).cloned()
}
params! { AuthenticationInfo = ServerRole::Origin.info_field() }
params! { ProxyAuthenticationInfo = ServerRole::Proxy.info_field() }
