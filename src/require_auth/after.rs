//! What becomes of the response of the inner service.

use std::fmt;
use std::mem;
use std::ptr;
use std::sync::Arc;

use http::Response;
use http::header::{
    ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED, RETRY_AFTER, TRAILER,
    TRANSFER_ENCODING, VARY,
};

use super::inner_401::Prepared;
use super::late::Late;
use super::permit::Refused;
use super::rules::Rules;
use super::service::Shared;
use crate::request_head::RequestHead;
use crate::respond::{self, Respond};
use crate::scheme::{ReplyFields, Role, Scheme};

/// What is added to the response of the inner service.
pub(super) struct After<A: Scheme, R> {
    pub(super) shared: Arc<Shared<A, R>>,
    pub(super) reply: ReplyFields,
    pub(super) inner_401: Option<Box<Prepared>>,
    pub(super) varies: Varies,
    /// Watches over a body that is verified while the inner service reads it.
    pub(super) late: Option<Box<Late<A, R>>>,
}

/// When a response says that it depends on the credentials field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Varies {
    Never,
    /// Where it may be stored for others: RFC 9111 section 3.5 keeps answers to credentials out of shared caches, unless
    /// the inner service says otherwise.
    IfShared,
    /// Where credentials are optional: one URL has several answers, and those without are anybody's to store.
    Always,
}

impl Varies {
    pub(super) fn of_admitted<A: Scheme>(rules: &Rules<A>) -> Self {
        match rules.role {
            _ if rules.admits_strangers() => Self::Always,
            Role::Origin => Self::IfShared,
            // Between a client and its proxy: no cache knows it.
            Role::Proxy => Self::Never,
        }
    }

    pub(super) fn of_unseen<A: Scheme>(rules: &Rules<A>) -> Self {
        if rules.admits_strangers() {
            Self::Always
        } else {
            Self::Never
        }
    }

    fn applies_to(self, headers: &HeaderMap) -> bool {
        self == Self::Always || self == Self::IfShared && may_be_shared(headers)
    }
}

impl<A: Scheme, R> After<A, R> {
    /// Adds what there is to say to an answer, or puts a refusal in its place.
    pub(super) fn apply<B, E>(&mut self, answer: &mut Result<Response<B>, E>)
    where
        R: Respond<B>,
    {
        // Whatever it is, it is an answer to a body that did not verify.
        if let Some(refusal) = self.late.take().and_then(|late| late.response()) {
            *answer = Ok(refusal);
            return;
        }
        match answer {
            Ok(response) if self.is_refused(response) => self.render(response),
            Ok(response) => self.amend(response),
            Err(_) => {}
        }
    }

    fn amend<B>(&mut self, response: &mut Response<B>) {
        if let Some(prepared) = self.inner_401.take() {
            prepared.apply(response);
        }
        if self.varies.applies_to(response.headers()) {
            let field = self.shared.rules.role.credentials_field();
            response.headers_mut().append(VARY, field.into());
        }
        if self.shared.rules.exposed {
            respond::expose(response.headers_mut());
        }
        if self.reply.is_empty() {
            return;
        }
        let role = self.shared.rules.role;
        let ours = self.reply.drain().filter(|(name, _)| !role.hands_on(name));
        for (name, value) in ours {
            // One of each: what the inner service says of an authentication that it did not do is not true.
            response.headers_mut().insert(name, value);
        }
    }

    /// Whether a [`Permit`](super::Permit) has turned away a caller whom this layer let through.
    #[inline]
    fn is_refused<B>(&self, response: &Response<B>) -> bool {
        let refused = response.extensions().get::<Refused<A::Identity>>();
        refused.is_some_and(|it| ptr::addr_eq(it.by(), Arc::as_ptr(&self.shared.rules)))
    }

    /// Renders such a refusal as every other of this layer. What layers between have added to it stays, unless something
    /// else is shown in its place: nothing may tell what is concealed.
    #[cold]
    fn render<B>(&self, response: &mut Response<B>)
    where
        R: Respond<B>,
    {
        let refused = response.extensions_mut().remove::<Refused<A::Identity>>();
        let Some((denial, head)) = refused.and_then(Refused::into_plain) else {
            return;
        };
        let head = RequestHead::of_parts(&head);
        let shown = self.shared.respond.respond(&denial, &head);
        let stands_alone = shown.stands_alone();
        let plain = mem::replace(response, shown.stamped(denial));
        if !stands_alone {
            let field = self.shared.rules.role.challenge_field();
            keep_fields(response, plain, &field);
        }
    }
}

/// The directives that let a shared cache store an answer to credentials (RFC 9111 section 3.5).
const SHARED: [&[u8]; 3] = [b"public", b"s-maxage", b"must-revalidate"];

/// A response has few fields: looking through them is quicker than hashing a name.
fn may_be_shared(headers: &HeaderMap) -> bool {
    let mut fields = headers.iter();
    fields.any(|(name, line)| *name == CACHE_CONTROL && lets_others_store(line))
}

fn lets_others_store(line: &HeaderValue) -> bool {
    let mut directives = line.as_bytes().split(|octet| b",=".contains(octet));
    directives.any(|it| {
        SHARED
            .iter()
            .any(|name| it.trim_ascii().eq_ignore_ascii_case(name))
    })
}

/// Fields that a refusal has of its own, or that speak of a body that is no longer there.
const REPLACED: [HeaderName; 11] = [
    ACCESS_CONTROL_EXPOSE_HEADERS,
    CACHE_CONTROL,
    CONNECTION,
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    ETAG,
    LAST_MODIFIED,
    RETRY_AFTER,
    TRAILER,
    TRANSFER_ENCODING,
];

fn keep_fields<B>(rendered: &mut Response<B>, plain: Response<B>, challenge_field: &HeaderName) {
    let (plain, _) = plain.into_parts();
    let mut kept: HeaderMap = plain.headers;
    for name in REPLACED.iter().chain([challenge_field]) {
        kept.remove(name);
    }
    for name in rendered.headers().keys() {
        kept.remove(name);
    }
    rendered.headers_mut().extend(kept);
    rendered.extensions_mut().extend(plain.extensions);
}

impl<A: Scheme, R> fmt::Debug for After<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("After").finish_non_exhaustive()
    }
}
