//! The layer that requires the scopes of each operation.

use std::marker::PhantomData;
use std::sync::Arc;

use tower_layer::Layer;

use super::McpScopes;
use super::operation_policy::OperationPolicy;
use super::service::RequireMcpScopesService;
use crate::body_limits::BodyLimits;
use crate::derives::{clones, shows};
use crate::policy::HasScopes;
use crate::principal::Principal;
use crate::require_auth::RequirePolicy;

/// Requires the scopes that the operations of a message need, inside a [`RequireAuth`](crate::RequireAuth) layer.
///
/// The layer reads the request body of an authenticated caller into memory, decides, and passes the same bytes on as a
/// [`McpBody`](super::McpBody). A body that is not empty must be a JSON-RPC message or an array of messages, with every
/// method of HTTP. A batch needs the scopes of all its messages.
///
/// | the client sends | status |
/// |---|---|
/// | a caller without a scope that the message needs | 403, with all scopes that the message needs |
/// | a call of a tool that [`McpScopes`] forbids | 403, without a challenge |
/// | a body that is not a message, or that two parsers could read differently: a member twice, or `Method` in place of `method` | 400 |
/// | an array of more than 128 messages | 400 |
/// | a body beyond the limits | 413 or 408 |
/// | no caller: the request is public or authentication is optional | 401 |
///
/// The `403` and the `401` are refusals of the layer around this one, which renders them and tells its audit. If there is
/// no such layer, the client gets `500`, as with [`RequirePolicy`](crate::RequirePolicy).
///
/// This layer makes the `400`, the `413` and the `408` itself: without a body, with `Cache-Control: no-store`, and without
/// an event of their own. The audit of the layer around this one has already recorded that the caller was admitted.
///
/// [`BodyLimits`] limits the length and the time. [`BodyLimits::new`] allows 1 MiB. While the client sends its message, the
/// request holds no place in the inner service.
#[must_use]
pub struct RequireMcpScopes<I = Principal> {
    scopes: Arc<McpScopes>,
    limits: BodyLimits,
    identity: PhantomData<fn(&I)>,
}

impl RequireMcpScopes {
    /// Requires `scopes` of callers that are a [`Principal`], and reads messages within `limits`.
    pub fn new(scopes: McpScopes, limits: BodyLimits) -> Self {
        Self::of_identity(scopes, limits)
    }
}

impl<I> RequireMcpScopes<I> {
    /// Requires `scopes` of callers with an identity type of the application, and reads messages within `limits`.
    pub fn of_identity(scopes: McpScopes, limits: BodyLimits) -> Self {
        Self {
            scopes: Arc::new(scopes.ready()),
            limits,
            identity: PhantomData,
        }
    }

    /// Returns the scopes that this layer requires, for [`bearer`](super::bearer).
    #[must_use]
    pub fn scopes(&self) -> &McpScopes {
        &self.scopes
    }
}

impl<I: HasScopes + 'static, S: Clone> Layer<S> for RequireMcpScopes<I> {
    type Service = RequireMcpScopesService<S, I>;

    fn layer(&self, inner: S) -> Self::Service {
        let policy = OperationPolicy(Arc::clone(&self.scopes));
        let inner = RequirePolicy::of_identity(policy).layer(inner);
        RequireMcpScopesService::new(inner, self.limits.clone())
    }
}

clones! { impl[I] RequireMcpScopes[I] { scopes, limits, identity } }

shows! { all impl[I] RequireMcpScopes[I] as self { scopes: self.scopes, limits: self.limits } }
