//! What becomes of the response of the inner service?

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;

use http::header::{
    ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED, RETRY_AFTER, TRAILER,
    TRANSFER_ENCODING, VARY,
};
use http::{Request, Response};

use super::Inner401;
use super::decision_future::EditResponse;
use super::identity::{AnonymousRequest, Authenticated};
use super::inner_401::PreparedChallenges;
use super::late_refusal::LateRefusal;
use super::outer_layer::OuterLayer;
use super::require_policy::PolicyRefusal;
use super::rules::LayerRules;
use super::shared::SharedLayer;
use crate::derives::shows;
use crate::header::scheme_of;
use crate::request_head::RequestHead;
use crate::respond::{self, Respond};
use crate::scheme::{Admission, Attempt, ReplyFields, Scheme};
use crate::server_role::ServerRole;

/// What is added to the response of the inner service.
pub(super) struct ResponseEdits<A: Scheme, R> {
    shared: Arc<SharedLayer<A, R>>,
    reply: ReplyFields,
    inner_401: Option<Box<PreparedChallenges>>,
    varies: VaryRule,
    /// Watches over a body that is verified while the inner service reads it.
    pub(super) late: Option<Box<LateRefusal>>,
}

/// When a response says that it depends on the credentials field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum VaryRule {
    Never,
    /// Where it may be stored for others: RFC 9111 section 3.5 keeps answers to credentials out of shared caches, unless
    /// the inner service says otherwise.
    IfShared,
    /// Where credentials are optional: one URL has several answers, and those without are anybody's to store.
    Always,
}

impl VaryRule {
    fn of_admitted<A: Scheme>(rules: &LayerRules<A>) -> Self {
        match rules.role {
            _ if rules.admits_strangers() => Self::Always,
            ServerRole::Origin => Self::IfShared,
            // Between a client and its proxy: no cache knows it.
            ServerRole::Proxy => Self::Never,
        }
    }

    fn of_unseen<A: Scheme>(rules: &LayerRules<A>) -> Self {
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

impl<A: Scheme, R> ResponseEdits<A, R> {
    /// Hands the identity over, and the credentials no further than need be.
    pub(super) fn admitted<B>(
        shared: &Arc<SharedLayer<A, R>>,
        request: &mut Request<B>,
        mut admission: Admission<A::Identity>,
    ) -> Self {
        let rules = &shared.rules;
        let inner_401 = prepare(rules, request);
        admission.amend(rules.role, request.headers_mut());
        let (identity, reply) = admission.into_parts();
        let removed = hide_credentials(rules, request);
        let around: Arc<dyn OuterLayer<A::Identity>> = Arc::<LayerRules<A>>::clone(rules);
        let extensions = request.extensions_mut();
        extensions.insert(Authenticated::new(identity, around, removed));
        Self {
            shared: Arc::clone(shared),
            reply,
            inner_401,
            varies: VaryRule::of_admitted(rules),
            late: None,
        }
    }

    /// Leaves the note that the layer was asked, and found nobody; and hides the credentials that it has not looked at.
    pub(super) fn passed<B>(shared: &Arc<SharedLayer<A, R>>, request: &mut Request<B>) -> Self {
        let rules = &shared.rules;
        let after = Self {
            shared: Arc::clone(shared),
            reply: ReplyFields::default(),
            inner_401: prepare(rules, request),
            varies: VaryRule::of_unseen(rules),
            late: None,
        };
        let removed = hide_credentials(rules, request);
        // Nobody has counted the lines on a public path.
        let field = rules.role.credentials_field();
        let others = request
            .headers_mut()
            .iter_mut()
            .filter(|(name, _)| **name == field);
        others.for_each(|(_, line)| line.set_sensitive(true));
        // Whom a layer around this one has found, for a proxy for instance, has not logged in here.
        let extensions = request.extensions_mut();
        extensions.remove::<Authenticated<A::Identity>>();
        let around: Arc<dyn OuterLayer<A::Identity>> = Arc::<LayerRules<A>>::clone(rules);
        extensions.insert(AnonymousRequest::new(around, removed));
        after
    }

    fn amend_plain<B>(&mut self, response: &mut Response<B>) {
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

    /// Whether a [`RequirePolicy`](super::RequirePolicy) has turned away a caller whom this layer let through.
    #[inline]
    fn is_refused<B>(&self, response: &Response<B>) -> bool {
        let refused = response.extensions().get::<PolicyRefusal<A::Identity>>();
        refused.is_some_and(|it| ptr::addr_eq(it.by(), Arc::as_ptr(&self.shared.rules)))
    }

    /// Renders such a refusal as every other of this layer. What layers between have added to it stays, unless something
    /// else is shown in its place: nothing may tell what is concealed.
    #[cold]
    fn render<B>(&self, response: &mut Response<B>)
    where
        R: Respond<B>,
    {
        let refused = response
            .extensions_mut()
            .remove::<PolicyRefusal<A::Identity>>();
        let Some((denial, head)) = refused.and_then(PolicyRefusal::into_plain) else {
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

impl<A, R, B, E> EditResponse<Response<B>, E> for ResponseEdits<A, R>
where
    A: Scheme,
    R: Respond<B>,
{
    /// Adds what there is to say to an answer, or puts a refusal in its place.
    fn amend(&mut self, answer: &mut Result<Response<B>, E>) {
        let late = self.late.take();
        // Whatever it is, it is an answer to a body that did not verify.
        if let Some(refusal) = late.and_then(|late| late.response(&self.shared)) {
            *answer = Ok(refusal);
            return;
        }
        match answer {
            Ok(response) if self.is_refused(response) => self.render(response),
            Ok(response) => self.amend_plain(response),
            Err(_) => {}
        }
    }
}

/// Says which scheme they were of, where nobody can look any more.
fn hide_credentials<A: Scheme, B>(
    rules: &LayerRules<A>,
    request: &mut Request<B>,
) -> Option<usize> {
    let field = rules.role.credentials_field();
    if rules.strip {
        let removed = request.headers_mut().remove(field)?;
        return rules.place_of(scheme_of(removed.as_bytes())?);
    }
    if let Some(line) = request.headers_mut().get_mut(field) {
        line.set_sensitive(true);
    }
    None
}

fn prepare<A: Scheme, B>(
    rules: &LayerRules<A>,
    request: &Request<B>,
) -> Option<Box<PreparedChallenges>> {
    let replace = match rules.inner_401 {
        Inner401::Pass => return None,
        Inner401::Append => false,
        Inner401::Replace => true,
    };
    let attempt = Attempt::read(RequestHead::of(request), rules.role);
    // A scheme that panics over its challenge has admitted all the same: then there is none to add.
    let challenges = AssertUnwindSafe(|| rules.offered_with(&attempt, None));
    let challenges = catch_unwind(challenges).ok()?;
    let prepared = PreparedChallenges::new(rules.role, replace, rules.joined, challenges);
    Some(Box::new(prepared))
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

shows! { impl[A: Scheme, R] ResponseEdits[A, R] as self {} }
