//! Says that a route asks for a caller whom no layer around it authenticates.

use std::any::type_name;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use http::request::Parts;
use http::{Extensions, Response};

use super::decision_context::DecisionContext;
use super::identity::Authenticated;
#[cfg(feature = "tracing")]
use super::operator_log;
#[cfg(not(feature = "tracing"))]
use super::operator_log_absent as operator_log;
use super::rules::LayerRules;
use crate::reason::RefusalReason;
use crate::request_head::RequestHead;
use crate::scheme::Scheme;
use crate::unavailable::Unavailable;

/// Marks the `500` of a [`RequirePolicy`](crate::RequirePolicy), or of the axum extractor
/// [`Authenticated`](crate::Authenticated), that is not inside a [`RequireAuth`](crate::RequireAuth) with its identity.
///
/// It is in the extensions of the response. No layer has authenticated such a caller there, so the route refuses every
/// request. It names both types: the identity that the route requires, and the identity of the layer around it. The
/// client sees neither.
///
/// - If there is a layer around the route, its audit receives an event with this text as its
///   [cause](crate::audit::AuditEvent::cause).
/// - With the feature `tracing`, the route emits an event at the level `ERROR`. A layer that has no audit emits another,
///   which names its own identity, too.
/// - An outer layer of the application can log it, as in this example.
///
/// # Example
///
/// ```
/// use http::Response;
/// use tower_challenge::require_auth::MissingLayer;
///
/// fn log(response: &Response<()>) -> Option<String> {
///     response.extensions().get::<MissingLayer>().map(ToString::to_string)
/// }
/// assert_eq!(log(&Response::new(())), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingLayer {
    required: &'static str,
    found: Option<&'static str>,
}

impl MissingLayer {
    /// Returns the type of the identity that the route requires, as [`type_name`] writes it.
    #[must_use]
    pub const fn required_identity(&self) -> &'static str {
        self.required
    }

    /// Returns the type of the identity of the layer around the route, as [`type_name`] writes it. `None` if there is
    /// no layer around it, or if the response has not reached that layer yet.
    #[must_use]
    pub const fn found_identity(&self) -> Option<&'static str> {
        self.found
    }

    /// Reports that a route requires a caller of type `I`, and marks its response. `head` is the request.
    pub(super) fn report<I>(head: Parts, response: &mut Extensions) {
        let missing = Self {
            required: type_name::<I>(),
            found: None,
        };
        operator_log::error(&missing);
        response.insert(missing);
        response.insert(UnauditedRequest(head));
    }

    /// Adds the identity of the layer around the route, and returns the request. `None` if the response is not marked,
    /// or if a layer has added its identity before.
    pub(super) fn complete<I>(response: &mut Extensions) -> Option<(Self, Parts)> {
        let UnauditedRequest(head) = response.remove()?;
        let missing: &mut Self = response.get_mut()?;
        missing.found = Some(type_name::<I>());
        Some((*missing, head))
    }
}

impl<A: Scheme> LayerRules<A> {
    /// Tells the audit if `response` comes from a route that requires a caller of another type than this layer has.
    #[cold]
    pub(super) fn audit_missing_layer<B>(&self, response: &mut Response<B>) {
        let extensions = response.extensions_mut();
        let Some((missing, head)) = MissingLayer::complete::<A::Identity>(extensions) else {
            return;
        };
        if self.audit.is_none() {
            operator_log::error(&missing);
            return;
        }
        let head = RequestHead::of_parts(&head);
        let attempt = self.read_attempt(head);
        let caller = head.extensions().get::<Authenticated<A::Identity>>();
        let denial = self.denial(RefusalReason::MissingLayer);
        let denial = denial.because(Unavailable::new(missing));
        let context = DecisionContext::of(self, &attempt, None);
        // The resolver of the client may be code of the application. The response is made, so its panic changes nothing.
        let tell = || context.tell_refusal(&denial, caller.map(|caller| &**caller as _));
        let _ = catch_unwind(AssertUnwindSafe(tell));
    }
}

/// The request to a route without a layer of its identity, for the audit of another layer around it.
#[derive(Clone)]
struct UnauditedRequest(Parts);

/// The advice stands before the names of the types, because a log may cut off the end of a long text.
impl fmt::Display for MissingLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let required = self.required;
        match self.found {
            None => write!(
                f,
                "add the `RequireAuth` after the route and its `RequirePolicy`, because the layer that is added last is \
                 the outermost: no layer around this route has authenticated a caller of type `{required}`"
            ),
            Some(found) if found == required => write!(
                f,
                "pass the extensions of the request on: a service between the `RequireAuth` and the route, which \
                 requires a caller of type `{required}`, has dropped them"
            ),
            Some(found) => write!(
                f,
                "use the identity of the layer in `Authenticated<..>` or `RequirePolicy::<..>::of_identity(..)`, or \
                 convert it with `SchemeExt::map_identity`: this route requires a caller of type `{required}`, and the \
                 callers of the `RequireAuth` around it are `{found}`"
            ),
        }
    }
}

impl Error for MissingLayer {}
