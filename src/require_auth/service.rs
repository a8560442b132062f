//! The service.

use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::after::{After, Varies};
use super::around::Around;
use super::flow::{Flow, Step};
use super::future::{Carried, Held, ResponseFuture};
use super::identity::{Anonymous, Authenticated};
use super::inner_401::Prepared;
use super::rules::Rules;
use super::{BodyFor, Inner401};
use crate::header::scheme_of;
use crate::request_head::RequestHead;
use crate::respond::{Denial, Empty, Respond};
use crate::scheme::{Admission, Attempt, ReadsFrom, ReplyFields, Scheme};

/// Lets through whom a scheme admits. Made by [`RequireAuth`](super::RequireAuth).
#[must_use]
pub struct RequireAuthService<S, A: Scheme, R = Empty> {
    inner: S,
    shared: Arc<Shared<A, R>>,
}

/// What all clones of a service share.
pub(super) struct Shared<A: Scheme, R> {
    /// Shared with the callers that were let through, for a [`Permit`](super::Permit) to ask.
    pub(super) rules: Arc<Rules<A>>,
    pub(super) respond: R,
}

impl<S, A: Scheme, R> RequireAuthService<S, A, R> {
    pub(super) fn new(inner: S, rules: Rules<A>, respond: R) -> Self {
        let rules = Arc::new(rules);
        Self {
            inner,
            shared: Arc::new(Shared { rules, respond }),
        }
    }
}

impl<S, A, R, B, ResBody> Service<Request<B>> for RequireAuthService<S, A, R>
where
    S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>> + Clone,
    A: Scheme,
    A::Reads: ReadsFrom<B>,
    R: Respond<ResBody>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, A, R, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut flow = Flow::new();
        let step = flow.poll(&self.shared.rules, RequestHead::of(&request), None);
        match step {
            Poll::Ready(Step::Admit(admission)) => {
                let (request, after) = self.shared.admit(request, admission);
                ResponseFuture::serving(self.inner.call(request.map(A::Reads::untouched)), after)
            }
            Poll::Ready(Step::Pass) => {
                let (request, after) = self.shared.pass(request);
                ResponseFuture::serving(self.inner.call(request.map(A::Reads::untouched)), after)
            }
            Poll::Ready(Step::Deny(denial)) => {
                // Whatever the service reserved when it was polled ready must not wait for the next request.
                self.take_ready();
                let response = self.shared.render(denial, RequestHead::of(&request));
                ResponseFuture::answered(response)
            }
            Poll::Ready(step @ Step::Read(_)) => {
                ResponseFuture::following(self.hold(flow, request), step)
            }
            Poll::Pending => ResponseFuture::deciding(self.hold(flow, request)),
        }
    }
}

impl<S: Clone, A: Scheme, R> RequireAuthService<S, A, R> {
    fn hold<B>(&mut self, flow: Flow<A>, request: Request<B>) -> Box<Held<S, A, R, B>>
    where
        A::Reads: ReadsFrom<B>,
    {
        let (head, body) = request.into_parts();
        Box::new(Held {
            inner: self.take_ready(),
            ready: true,
            shared: Arc::clone(&self.shared),
            flow,
            deadline: self.shared.rules.sleep(),
            head: Request::from_parts(head, ()),
            body: Carried::Untouched(body),
        })
    }

    /// The service that was polled ready. The clone in its place was not.
    fn take_ready(&mut self) -> S {
        let clone = self.inner.clone();
        mem::replace(&mut self.inner, clone)
    }
}

impl<A: Scheme, R> Shared<A, R> {
    /// Hands the identity over, and the credentials no further than need be.
    pub(super) fn admit<B>(
        self: &Arc<Self>,
        mut request: Request<B>,
        mut admission: Admission<A::Identity>,
    ) -> (Request<B>, After<A, R>) {
        let inner_401 = self.prepare(&request);
        admission.amend(self.rules.role, request.headers_mut());
        let (identity, reply) = admission.into_parts();
        let removed = self.hide_credentials(&mut request);
        let around: Arc<dyn Around<A::Identity>> = Arc::<Rules<A>>::clone(&self.rules);
        let extensions = request.extensions_mut();
        extensions.insert(Authenticated::new(identity, around, removed));
        let after = After {
            shared: Arc::clone(self),
            reply,
            inner_401,
            varies: Varies::of_admitted(&self.rules),
        };
        (request, after)
    }

    /// Says which scheme they were of, where nobody can look any more.
    fn hide_credentials<B>(&self, request: &mut Request<B>) -> Option<usize> {
        let field = self.rules.role.credentials_field();
        if self.rules.strip {
            let removed = request.headers_mut().remove(field)?;
            return self.rules.place_of(scheme_of(removed.as_bytes())?);
        }
        if let Some(line) = request.headers_mut().get_mut(field) {
            line.set_sensitive(true);
        }
        None
    }

    /// Leaves the note that the layer was asked, and found nobody; and hides the credentials that it has not looked at.
    pub(super) fn pass<B>(self: &Arc<Self>, mut request: Request<B>) -> (Request<B>, After<A, R>) {
        let after = After {
            shared: Arc::clone(self),
            reply: ReplyFields::default(),
            inner_401: self.prepare(&request),
            varies: Varies::of_unseen(&self.rules),
        };
        self.hide_credentials(&mut request);
        // Nobody has counted the lines on a public path.
        let field = self.rules.role.credentials_field();
        let others = request
            .headers_mut()
            .iter_mut()
            .filter(|(name, _)| **name == field);
        others.for_each(|(_, line)| line.set_sensitive(true));
        // Whom a layer around this one has found, for a proxy for instance, has not logged in here.
        let extensions = request.extensions_mut();
        extensions.remove::<Authenticated<A::Identity>>();
        let around: Arc<dyn Around<A::Identity>> = Arc::<Rules<A>>::clone(&self.rules);
        extensions.insert(Anonymous::new(around));
        (request, after)
    }

    fn prepare<B>(&self, request: &Request<B>) -> Option<Box<Prepared>> {
        let replace = match self.rules.inner_401 {
            Inner401::Pass => return None,
            Inner401::Append => false,
            Inner401::Replace => true,
        };
        let role = self.rules.role;
        let attempt = Attempt::read(RequestHead::of(request), role);
        // A scheme that panics over its challenge has admitted all the same: then there is none to add.
        let challenges = AssertUnwindSafe(|| self.rules.challenges(&attempt, &[]));
        let challenges = catch_unwind(challenges).ok()?;
        let prepared = Prepared::new(role, replace, self.rules.joined, challenges);
        Some(Box::new(prepared))
    }

    pub(super) fn render<B>(&self, denial: Denial, head: RequestHead<'_>) -> Response<B>
    where
        R: Respond<B>,
    {
        let shown = self.respond.respond(&denial, &head);
        shown.stamped(denial)
    }
}

impl<S: Clone, A: Scheme, R> Clone for RequireAuthService<S, A, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<S: fmt::Debug, A: Scheme, R> fmt::Debug for RequireAuthService<S, A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequireAuthService")
            .field("inner", &self.inner)
            .field("rules", &self.shared.rules)
            .finish_non_exhaustive()
    }
}
