//! The policy of the operations of a message.

use std::sync::Arc;

use super::McpScopes;
use super::message::McpOperations;
use crate::now_or_later::NowOrLater;
use crate::policy::{HasScopes, Policy, PolicyDecision, RequireScopes};
use crate::principal::Scopes;
use crate::request_head::RequestHead;
use crate::unavailable::Unavailable;

/// Requires the scopes of all operations that the layer has found in the body. It finds them in the extensions.
pub(super) struct OperationPolicy(pub(super) Arc<McpScopes>);

impl OperationPolicy {
    /// Returns the policies that the message needs, or `None` if one of its operations is forbidden. A batch needs those of
    /// all its messages.
    fn policies<'p>(&'p self, operations: &McpOperations) -> Option<Vec<&'p RequireScopes>> {
        let mut policies = vec![self.0.every_request()];
        for operation in &operations.0 {
            policies.extend(self.0.of_operation(operation)?);
        }
        Some(policies)
    }
}

impl<I: HasScopes> Policy<I> for OperationPolicy {
    fn decide(
        &self,
        caller: &I,
        request: &RequestHead<'_>,
    ) -> NowOrLater<Result<PolicyDecision, Unavailable>> {
        let Some(operations) = request.extensions().get() else {
            return NowOrLater::now(Err(Unavailable::new("no layer has read the message")));
        };
        let Some(policies) = self.policies(operations) else {
            return NowOrLater::now(Ok(PolicyDecision::Forbid));
        };
        let mut decisions = policies
            .into_iter()
            .map(|policy| policy.judge(caller.scopes()));
        let refusal = decisions.find(|decision| !matches!(decision, PolicyDecision::Allow));
        NowOrLater::now(Ok(refusal.unwrap_or(PolicyDecision::Allow)))
    }

    fn required_scopes(&self, request: &RequestHead<'_>) -> Scopes {
        let operations = request.extensions().get();
        let policies = operations.and_then(|operations| self.policies(operations));
        let all = policies.into_iter().flatten();
        let all = all.map(|policy| Policy::<I>::required_scopes(policy, request));
        all.fold(Scopes::default(), |all, scopes| all.union(&scopes))
    }
}
