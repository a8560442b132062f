//! The scheme of an MCP server.

use super::McpScopes;
use crate::config_error::ConfigError;
use crate::resource_metadata::ResourceMetadata;
use crate::scheme::bearer::{Bearer, VerifyToken};

/// Makes the scheme of an MCP server. Each challenge names the URL of `metadata`. Each `401` names the scopes that every
/// request needs, also for a token that has expired: a client without them would ask for all scopes that it can find.
///
/// The realm is the identifier of the resource. `verifier` must accept only tokens that were issued for this resource.
///
/// # Errors
///
/// Fails if `metadata` has no authorization server, because clients could not log in (MCP requires at least one), or if
/// the verifier accepts no token.
pub fn bearer<V: VerifyToken>(
    metadata: &ResourceMetadata,
    verifier: V,
    scopes: &McpScopes,
) -> Result<Bearer<V>, ConfigError> {
    if metadata.authorization_servers().next().is_none() {
        return Err(ConfigError::new(
            "the metadata has no authorization server: name one with `authorization_server`",
        ));
    }
    let bearer = Bearer::new(metadata.resource(), verifier)?;
    let bearer = bearer.scope(&scopes.of_every_request().to_string())?;
    bearer.resource_metadata_of(metadata)
}
