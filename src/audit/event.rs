//! One decision.

use std::any::Any;
use std::time::{Duration, SystemTime};

use http::StatusCode;

use super::{AuditOutcome, EscapedText, RefusalReason};
use crate::client::Client;
use crate::derives::shows;
use crate::principal::ClaimedAccount;
use crate::request_head::RequestHead;
use crate::unavailable::Unavailable;

/// One decision. It holds no password and no token.
///
/// What it cannot know: a secret in a path, or a password that somebody has typed where the name belongs. Both are shown as
/// what they stand for.
///
/// `Debug`, [`line`](Self::line) and the sinks of this crate show the path of the request and never its query, where a
/// token may be; and what others have written only as [`EscapedText`] shows it.
#[non_exhaustive]
pub struct AuditEvent<'a> {
    /// The request, without its body. Its credentials field is as the client sent it: do not log the field.
    pub request: RequestHead<'a>,
    /// Who sent it, as far as the layer was told whom to believe.
    pub client: Client,
    /// What was decided.
    pub outcome: AuditOutcome,
    /// Why, in words that the source code fixes.
    pub text: &'static str,
    /// Why the request was refused, if it was: [`RefusalReason::code`] is stable, where `text` is for people.
    pub reason: Option<RefusalReason>,
    /// The scheme that the client named, if it is one that the layer offers.
    pub scheme: Option<&'a str>,
    /// Whose account the credentials claim, unverified: anything at all.
    pub account: Option<&'a ClaimedAccount<'a>>,
    /// Who was authenticated: the identity of the scheme, for [`downcast_ref`](Any).
    pub identity: Option<&'a (dyn Any + Send + Sync)>,
    /// What the identity is called, if it is a [`Principal`](crate::Principal), or the layer was told
    /// [how to name it](crate::RequireAuth::name_identity).
    pub principal: Option<&'a str>,
    /// The status of the refusal, if it is one.
    pub status: Option<StatusCode>,
    /// Why nobody could tell, if nobody could.
    pub cause: Option<&'a Unavailable>,
    /// When it was decided, by the wall clock.
    pub time: SystemTime,
    /// How long that took since the request arrived, by the monotonic clock. What the inner service takes is not in it, and
    /// a [`RequirePolicy`](crate::RequirePolicy), which decides once more, measures nothing: zero.
    pub latency: Duration,
}

impl<'a> AuditEvent<'a> {
    /// The path of the request as the client sent it, without the query.
    #[must_use]
    pub fn path(&self) -> EscapedText<'a> {
        EscapedText(self.request.target().path())
    }

    /// The method. A client may invent one.
    #[must_use]
    pub fn method(&self) -> EscapedText<'a> {
        EscapedText(self.request.method().as_str())
    }

    /// Whose account the credentials claim, fit for a log.
    #[must_use]
    pub fn account_name(&self) -> Option<EscapedText<'a>> {
        self.account.map(|account| EscapedText(account.name()))
    }

    /// What the identity is called, fit for a log.
    #[must_use]
    pub fn principal_name(&self) -> Option<EscapedText<'a>> {
        self.principal.map(EscapedText)
    }
}

shows! { impl[] AuditEvent['_] as self {
    method: self.method(),
    path: self.path(),
    client: self.client.address(),
    outcome: self.outcome,
    text: self.text,
    reason: self.reason,
    scheme: self.scheme,
    account: self.account_name(),
    principal: self.principal_name(),
    status: self.status,
    cause: self.cause.map(ToString::to_string).as_deref().map(EscapedText),
    latency: self.latency,
} }
