//! The callers, as one type for all three ways to log in.

use std::borrow::Cow;

use axum::http::Method;
use tower_challenge::{Principal, RequestHead};

/// A caller, and how they logged in.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// With a session cookie.
    Person(Principal),
    /// With a Bearer token.
    Program(Principal),
    /// With an API key.
    Key(Principal),
}

impl Caller {
    pub(crate) fn name(&self) -> Cow<'_, str> {
        let (Self::Person(principal) | Self::Program(principal) | Self::Key(principal)) = self;
        principal.name().into()
    }
}

/// The policy for API keys. It lists the methods that read, so that a method which it does not know is forbidden.
pub(crate) fn keys_only_read(caller: &Caller, request: &RequestHead<'_>) -> bool {
    !matches!(caller, Caller::Key(_)) || [Method::GET, Method::HEAD].contains(request.method())
}
