//! What happened, for whoever keeps the log.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use http::StatusCode;

use crate::client::Client;
use crate::principal::Account;
use crate::request_head::RequestHead;
use crate::unavailable::Unavailable;

/// Is told of every decision. Infallible and immediate: a log decides nothing.
///
/// A request whose head has verified, and whose body then does not, is two decisions: it was admitted, and is refused.
pub trait Audit: Send + Sync + 'static {
    /// Takes note of `event`.
    fn record(&self, event: &Event<'_>);
}

impl<F> Audit for F
where
    F: Fn(&Event<'_>) + Send + Sync + 'static,
{
    fn record(&self, event: &Event<'_>) {
        self(event);
    }
}

/// One that several share, and that may be any: `Arc<dyn Audit>`.
impl<A: Audit + ?Sized> Audit for Arc<A> {
    fn record(&self, event: &Event<'_>) {
        (**self).record(event);
    }
}

/// One decision. It holds no password and no token.
#[non_exhaustive]
pub struct Event<'a> {
    /// The request, without its body. Its credentials field is as the client sent it: do not log the field.
    pub request: RequestHead<'a>,
    /// Who sent it, as far as the layer was told whom to believe.
    pub client: Client,
    /// What was decided.
    pub outcome: Outcome,
    /// Why, in words that the source code fixes.
    pub reason: &'static str,
    /// The scheme that the client named, if it is one that the layer offers.
    pub scheme: Option<&'a str>,
    /// Whose account the credentials claim, unverified: anything at all.
    pub account: Option<&'a Account<'a>>,
    /// Who was authenticated: the identity of the scheme, for [`downcast_ref`](Any).
    pub identity: Option<&'a (dyn Any + Send + Sync)>,
    /// The status of the refusal, if it is one.
    pub status: Option<StatusCode>,
    /// Why nobody could tell, if nobody could.
    pub cause: Option<&'a Unavailable>,
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("method", self.request.method())
            .field("path", &self.request.target().path())
            .field("client", &self.client.address())
            .field("outcome", &self.outcome)
            .field("reason", &self.reason)
            .field("scheme", &self.scheme)
            .field("account", &self.account)
            .field("status", &self.status)
            .field("cause", &self.cause)
            .finish_non_exhaustive()
    }
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The path is public, or the request is a preflight.
    Passed,
    /// Authentication is optional, and there were no credentials.
    Anonymous,
    /// The caller is known, and may.
    Admitted,
    /// There were no credentials that any scheme claims.
    Challenged,
    /// The exchange takes another leg.
    Continued,
    /// The credentials are bad.
    Refused,
    /// The credentials are right and out of date.
    Stale,
    /// The credentials, or the body they cover, cannot be read.
    Malformed,
    /// The body that the credentials cover came too slowly.
    TooSlow,
    /// The caller is known, and may not.
    Forbidden,
    /// The request did not come through TLS.
    Insecure,
    /// Too many have failed before.
    Throttled,
    /// Nobody can tell.
    Unavailable,
}
