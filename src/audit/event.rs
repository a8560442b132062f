//! Describes one decision of the layer for the audit.

use std::any::Any;
use std::time::{Duration, SystemTime};

use http::StatusCode;

use super::{AuditOutcome, EscapedText, RefusalReason};
use crate::client::Client;
use crate::derives::shows;
use crate::principal::ClaimedAccount;
use crate::request_head::RequestHead;
use crate::unavailable::Unavailable;

/// Describes one decision of the layer. The fields that this crate logs hold no password and no token.
///
/// The layer cannot recognize every secret. For example, an application may put a secret in a path, and a user may type
/// the password into the field for the name. The event then shows that secret as a path or as a name.
///
/// `Debug`, [`line`](Self::line) and the sinks of this crate show the path of the request and never its query, because
/// a query may hold a token. They show text from outside the server only as [`EscapedText`] shows it.
#[non_exhaustive]
pub struct AuditEvent<'a> {
    /// The request, without its body. Its credentials field is as the client sent it: do not log the field.
    pub request: RequestHead<'a>,
    /// The client that sent the request, as the layer's [`ClientResolver`](crate::client::ClientResolver) found it.
    pub client: Client,
    /// The decision in one word.
    pub outcome: AuditOutcome,
    /// The reason of the decision, for people. The text is a constant of the source code, so it holds no client data.
    /// It may change between versions.
    pub text: &'static str,
    /// The stable code of the reason, for example `jwt_expired`. [`guide::why_refused`](crate::guide::why_refused) lists
    /// all codes, each with its cause and its fix. No response holds a code.
    ///
    /// It is `None` if the request was not refused, or if a scheme or a verifier outside of this crate refused it.
    pub code: Option<&'static str>,
    /// The reason of the refusal, for programs: [`RefusalReason::code`] is stable, and coarser than `code`. `None` if the request was not
    /// refused.
    pub reason: Option<RefusalReason>,
    /// The scheme that the client named, or that has found credentials outside of the credentials field, such as an API
    /// key. It is `None` if there is no such scheme, or if the layer does not offer it.
    pub scheme: Option<&'a str>,
    /// The account that the credentials claim. It is not verified, so a client can write any text there.
    pub account: Option<&'a ClaimedAccount<'a>>,
    /// The authenticated identity of the scheme. Read it with [`downcast_ref`](Any).
    pub identity: Option<&'a (dyn Any + Send + Sync)>,
    /// The name of the identity. `None` unless the identity is a [`Principal`](crate::Principal), or the layer was told
    /// [how to name it](crate::RequireAuth::name_identity).
    pub principal: Option<&'a str>,
    /// The status of the refusal. `None` if the request was not refused.
    pub status: Option<StatusCode>,
    /// Why the layer could not decide, for example because a database is down. `None` if it could decide.
    pub cause: Option<&'a Unavailable>,
    /// The time of the decision, by the wall clock.
    pub time: SystemTime,
    /// The time from the arrival of the request to the decision, by the monotonic clock. It does not include the time
    /// of the inner service. It is zero for a [`RequirePolicy`](crate::RequirePolicy), which decides a second time
    /// about the same request and measures nothing.
    pub latency: Duration,
}

impl<'a> AuditEvent<'a> {
    /// The path of the request as the client sent it, without the query, escaped for a log.
    #[must_use]
    pub fn path(&self) -> EscapedText<'a> {
        EscapedText(self.request.target().path())
    }

    /// The method, escaped for a log, because a client may invent a method.
    #[must_use]
    pub fn method(&self) -> EscapedText<'a> {
        EscapedText(self.request.method().as_str())
    }

    /// The name of the account that the credentials claim, escaped for a log. It is not verified.
    #[must_use]
    pub fn account_name(&self) -> Option<EscapedText<'a>> {
        self.account.map(|account| EscapedText(account.name()))
    }

    /// The name of the authenticated identity, escaped for a log.
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
    code: self.code,
    reason: self.reason,
    scheme: self.scheme,
    account: self.account_name(),
    principal: self.principal_name(),
    status: self.status,
    cause: self.cause.map(ToString::to_string).as_deref().map(EscapedText),
    latency: self.latency,
} }
