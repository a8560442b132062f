//! Edits the request on its way to the inner service, and the response on its way back.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;

use http::header::{
    ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_TYPE, ETAG, HeaderMap, HeaderName, LAST_MODIFIED, RETRY_AFTER, TRAILER,
    TRANSFER_ENCODING,
};
use http::request::Parts;
use http::{Extensions, Request, Response, StatusCode};

use super::Inner401;
use super::caching::CacheRule;
use super::decision_future::EditResponse;
use super::identity::{AnonymousRequest, Authenticated};
use super::inner_401::PreparedChallenges;
use super::late_refusal::LateRefusal;
use super::outer_require_auth::{OuterRequireAuth, PassedCredentials, RemovedCredentials};
use super::require_policy::{PolicyRefusal, PolicyRendering};
use super::rules::LayerRules;
use super::shared::SharedLayer;
use crate::derives::shows;
use crate::header::{OPTIONAL_WWW_AUTHENTICATE, SchemeName, scheme_of};
use crate::request_head::RequestHead;
use crate::respond::{self, Denial, HintedResponse, LoginHints, Respond};
use crate::scheme::{Admission, ReplyFields, Scheme};

/// The changes that the layer makes to the response of the inner service.
pub(super) struct ResponseEdits<A: Scheme, R> {
    shared: Arc<SharedLayer<A, R>>,
    reply: ReplyFields,
    challenges: Option<Box<PreparedChallenges>>,
    /// Whether a scheme has admitted the caller.
    is_admitted: bool,
    /// Whether the admitted caller has sent a credentials field. It is `false` without a caller.
    sent_field: bool,
    /// The refusal of a body that is verified while the inner service reads it.
    pub(super) late: Option<Box<LateRefusal>>,
}

impl<A: Scheme, R> ResponseEdits<A, R> {
    /// Prepares the request of an admitted caller: inserts the identity, and hides or removes the credentials. `claimant`
    /// is the scheme that found them outside of the credentials field.
    pub(super) fn admitted<B>(
        shared: &Arc<SharedLayer<A, R>>,
        request: &mut Request<B>,
        admission: Admission<A::Identity>,
        claimant: Option<SchemeName<'static>>,
    ) -> Self {
        let rules = &shared.rules;
        // The challenges depend on the credentials field, so they are made before the field is hidden or removed.
        let challenges = prepare(rules, request, || false);
        admission.amend(rules.role, request.headers_mut());
        let (identity, reply) = admission.into_parts();
        rules.other_credentials.hide(rules.role, request);
        let (removed, has_field) = match hide_credentials(rules, request) {
            HiddenField::Absent => (removed_around(rules, request), false),
            HiddenField::Marked => (None, true),
            HiddenField::Removed(removed) => (Some(removed), false),
        };
        let outer_layer: Arc<dyn OuterRequireAuth<A::Identity>> =
            Arc::<LayerRules<A>>::clone(rules);
        let extensions = request.extensions_mut();
        extensions.insert(Authenticated::new(
            identity,
            outer_layer,
            PassedCredentials {
                removed,
                has_field,
                claimant,
            },
        ));
        Self {
            shared: Arc::clone(shared),
            reply,
            challenges,
            is_admitted: true,
            sent_field: removed.is_some() || has_field,
            late: None,
        }
    }

    /// Prepares a request that passes without a caller: marks it as anonymous, and hides or removes its credentials,
    /// which the layer has not looked at.
    pub(super) fn passed<B>(shared: &Arc<SharedLayer<A, R>>, request: &mut Request<B>) -> Self {
        let rules = &shared.rules;
        let edits = Self {
            shared: Arc::clone(shared),
            reply: ReplyFields::default(),
            challenges: prepare(rules, request, || rules.may_offer_login(request)),
            is_admitted: false,
            sent_field: false,
            late: None,
        };
        if rules.strip {
            rules.other_credentials.hide(rules.role, request);
        }
        rules.other_credentials.mark(request);
        let removed = hide_credentials(rules, request).removed();
        // Another layer around this one may have inserted a caller, for example a layer for a proxy. That caller has
        // not authenticated to this layer, so the inner service must not see them.
        let extensions = request.extensions_mut();
        extensions.remove::<Authenticated<A::Identity>>();
        let outer_layer: Arc<dyn OuterRequireAuth<A::Identity>> =
            Arc::<LayerRules<A>>::clone(rules);
        extensions.insert(AnonymousRequest::new(outer_layer, removed));
        edits
    }

    fn edit_response<B>(&mut self, response: &mut Response<B>) {
        if response.status() == StatusCode::INTERNAL_SERVER_ERROR {
            self.shared.rules.audit_missing_layer(response);
        }
        let rules = &self.shared.rules;
        // This condition names everything that `edit_for_login` does beside `edit_fields`.
        match self.challenges.is_some() || rules.exposed || rules.hints.is_some() {
            true => self.edit_for_login(response),
            false => self.edit_fields(response),
        }
    }

    /// Adds challenges, advice for a login, and the list of fields that scripts may read. Edits the fields, too.
    #[inline(never)]
    fn edit_for_login<B>(&mut self, response: &mut Response<B>) {
        let prepared = self.challenges.take();
        let hinted = prepared.and_then(|prepared| prepared.apply(response));
        let (role, status) = (self.shared.rules.role, response.status());
        let exposed = self.shared.rules.exposed;
        let exposed = exposed.then(|| self.reply.names(role, status));
        self.edit_fields(response);
        if let Some(names) = exposed {
            respond::expose(response.headers_mut(), names.iter());
            if hinted == Some(HintedResponse::Offering) {
                respond::expose_field(response.headers_mut(), OPTIONAL_WWW_AUTHENTICATE);
            }
        }
        if let Some(hints) = self.shared.rules.hints_of_origin() {
            self.add_hints(hints, hinted, response);
        }
    }

    /// Adds the fields of the scheme, and those for caches.
    #[inline]
    fn edit_fields<B>(&mut self, response: &mut Response<B>) {
        let (rules, status) = (&self.shared.rules, response.status());
        let headers = response.headers_mut();
        if !self.reply.is_empty() {
            mem::take(&mut self.reply).apply(rules.role, status, headers);
        }
        // After the fields of the scheme, which could otherwise make a private response public.
        let caching = match self.is_admitted {
            true => CacheRule::of_admitted(rules, self.sent_field),
            false => CacheRule::of_passed(rules),
        };
        caching.apply(rules, headers);
    }

    /// Advises the client. `hinted` is the kind of the response, if the layer has added challenges to it.
    #[cold]
    fn add_hints<B>(
        &self,
        hints: &LoginHints,
        hinted: Option<HintedResponse>,
        response: &mut Response<B>,
    ) {
        let is_admitted = self.is_admitted && response.status() != StatusCode::UNAUTHORIZED;
        let hinted = hinted.or_else(|| is_admitted.then_some(HintedResponse::Admitted));
        let exposed = self.shared.rules.exposed;
        if let Some(hinted) = hinted {
            hints.add(hinted, exposed, response.headers_mut());
        }
    }

    /// Whether a response with these extensions is the refusal of a [`RequirePolicy`](super::RequirePolicy) for a request
    /// that this layer let through. It compares addresses, because another layer with the same identity type may be around
    /// or inside this one.
    #[inline(never)]
    fn is_policy_refusal(&self, extensions: &Extensions) -> bool {
        let refused = extensions.get::<PolicyRefusal<A::Identity>>();
        refused.is_some_and(|refusal| {
            ptr::addr_eq(refusal.outer_layer(), Arc::as_ptr(&self.shared.rules))
        })
    }

    /// Renders the refusal of a [`RequirePolicy`](super::RequirePolicy) like every other refusal of this layer.
    ///
    /// Fields that layers between the two have added stay. They are dropped if the renderer shows something else in
    /// place of the refusal, such as `NotFound`, because they could reveal the route that it conceals.
    #[cold]
    fn render_policy_refusal<B>(&mut self, response: &mut Response<B>)
    where
        R: Respond<B>,
    {
        let refused = response
            .extensions_mut()
            .remove::<PolicyRefusal<A::Identity>>();
        let stands_alone = refused.is_some_and(|refusal| match refusal.into_rendering() {
            PolicyRendering::Done { stands_alone } => stands_alone,
            PolicyRendering::ByLayer(refusal) => {
                let (denial, head) = *refusal;
                self.render(response, &denial, &head)
            }
        });
        let reply = mem::take(&mut self.reply);
        if !stands_alone {
            let fields = reply.into_fields(self.shared.rules.role, response.status());
            respond::complete(response.headers_mut(), &fields);
        }
    }

    /// Renders a refusal in place of `response`. Returns whether the renderer shows something else.
    fn render<B>(&self, response: &mut Response<B>, denial: &Denial, head: &Parts) -> bool
    where
        R: Respond<B>,
    {
        let head = RequestHead::of_parts(head);
        let rendered = self.shared.respond.respond(denial, &head);
        let stands_alone = rendered.stands_alone();
        let unrendered = mem::replace(response, rendered.stamped(denial));
        if !stands_alone {
            let field = self.shared.rules.role.challenge_field();
            keep_fields(response, unrendered, &field);
        }
        stands_alone
    }
}

impl<A, R, B, E> EditResponse<Response<B>, E> for ResponseEdits<A, R>
where
    A: Scheme,
    R: Respond<B>,
{
    /// Edits the response of the inner service, or replaces it with a refusal.
    #[inline]
    fn edit(&mut self, answer: &mut Result<Response<B>, E>) {
        // The inner service has read a body that failed verification. Its answer must not go out, whether it is a
        // response or an error.
        let late = self.late.as_ref();
        if let Some(refusal) = late.and_then(|late| late.response(&self.shared)) {
            *answer = Ok(refusal);
            return;
        }
        match answer {
            Ok(response)
                if !response.extensions().is_empty()
                    && self.is_policy_refusal(response.extensions()) =>
            {
                self.render_policy_refusal(response);
            }
            Ok(response) => self.edit_response(response),
            Err(_) => {}
        }
    }
}

/// The credentials field after the layer has hidden it from later code.
enum HiddenField {
    /// The request has no such field.
    Absent,
    /// The field is marked sensitive.
    Marked,
    Removed(RemovedCredentials),
}

impl HiddenField {
    const fn removed(&self) -> Option<RemovedCredentials> {
        match self {
            Self::Removed(removed) => Some(*removed),
            Self::Absent | Self::Marked => None,
        }
    }
}

/// Marks the credentials field sensitive, or removes it. If it removes the field, the result says what the field named,
/// because later code cannot read that from the request any more.
#[inline]
fn hide_credentials<A: Scheme, B>(rules: &LayerRules<A>, request: &mut Request<B>) -> HiddenField {
    let field = rules.role.credentials_field();
    if rules.strip {
        let Some(removed) = request.headers_mut().remove(field) else {
            return HiddenField::Absent;
        };
        let scheme = scheme_of(removed.as_bytes());
        let scheme = scheme.and_then(|scheme| rules.index_of(scheme));
        return HiddenField::Removed(RemovedCredentials { scheme });
    }
    // A public request may have several credentials fields, because the layer has not rejected them.
    let lines = request.headers_mut().iter_mut();
    let lines = lines.filter(|(name, _)| **name == field);
    lines.fold(HiddenField::Absent, |_, (_, line)| {
        line.set_sensitive(true);
        HiddenField::Marked
    })
}

/// Makes the challenges for a response of the inner service, if the layer is to add some: to a `401`, or as an offer.
#[inline]
fn prepare<A: Scheme, B>(
    rules: &LayerRules<A>,
    request: &Request<B>,
    offers: impl FnOnce() -> bool,
) -> Option<Box<PreparedChallenges>> {
    match rules.inner_401 == Inner401::Pass && !rules.offers_login {
        true => None,
        false => prepare_challenges(rules, RequestHead::of(request), offers),
    }
}

#[inline(never)]
fn prepare_challenges<A: Scheme>(
    rules: &LayerRules<A>,
    head: RequestHead<'_>,
    offers: impl FnOnce() -> bool,
) -> Option<Box<PreparedChallenges>> {
    // The decision to admit is made and audited. If the scheme now panics while it makes challenges, the request
    // proceeds, and the layer adds no challenges.
    let make = || {
        let offers = offers();
        let is_needed = offers || rules.inner_401 != Inner401::Pass;
        let attempt = rules.read_attempt(head);
        is_needed.then(|| (offers, rules.all_challenges(&attempt, None)))
    };
    let (offers, challenges) = catch_unwind(AssertUnwindSafe(make)).ok().flatten()?;
    let (role, joined) = (rules.role, rules.joined);
    let prepared = PreparedChallenges::new(role, rules.inner_401, offers, joined, challenges);
    Some(Box::new(prepared))
}

/// Returns the credentials that a clone of this layer, around it, has removed.
#[inline(never)]
fn removed_around<A: Scheme, B>(
    rules: &LayerRules<A>,
    request: &Request<B>,
) -> Option<RemovedCredentials> {
    let caller_around = rules.admitted_around(&RequestHead::of(request));
    caller_around.and_then(|caller| caller.passed().removed)
}

/// The fields that a rendered refusal sets itself, or that describe the replaced body.
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

/// Copies to the rendered refusal the fields and extensions that layers between have added to the unrendered one.
fn keep_fields<B>(
    rendered: &mut Response<B>,
    unrendered: Response<B>,
    challenge_field: &HeaderName,
) {
    let (unrendered, _) = unrendered.into_parts();
    let mut kept: HeaderMap = unrendered.headers;
    for name in REPLACED.iter().chain([challenge_field]) {
        kept.remove(name);
    }
    for name in rendered.headers().keys() {
        kept.remove(name);
    }
    rendered.headers_mut().extend(kept);
    rendered.extensions_mut().extend(unrendered.extensions);
}

shows! { impl[A: Scheme, R] ResponseEdits[A, R] as self {} }
