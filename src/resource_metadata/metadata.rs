//! The metadata of a resource.

use std::sync::Arc;

use super::document::{DocumentMembers, MemberValue};
use super::identifier::ResourceIdentifier;
use crate::derives::shows;

/// The metadata of a protected resource
/// ([RFC 9728](https://www.rfc-editor.org/rfc/rfc9728)): a JSON document that tells clients which authorization servers
/// issue tokens for the resource, and which scopes and proofs it knows.
///
/// A [builder](Self::builder) makes it and checks every member. A clone is cheap.
///
/// # Example
///
/// ```
/// use tower_challenge::resource_metadata::ResourceMetadata;
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let metadata = ResourceMetadata::builder("https://api.example/mcp")
///     .authorization_server("https://login.example")
///     .scopes_supported("mcp:read")
///     .build()?;
/// assert_eq!(metadata.url(), "https://api.example/.well-known/oauth-protected-resource/mcp");
/// assert_eq!(
///     metadata.as_json(),
///     r#"{"resource":"https://api.example/mcp","authorization_servers":["https://login.example"],"scopes_supported":["mcp:read"]}"#,
/// );
/// assert!(ResourceMetadata::builder("http://api.example/mcp").build().is_err(), "https is required");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ResourceMetadata(Arc<MetadataParts>);

struct MetadataParts {
    identifier: ResourceIdentifier,
    authorization_servers: Vec<Box<str>>,
    json: Box<str>,
}

impl ResourceMetadata {
    /// Makes the metadata. `members` are the members of the document behind the first two.
    pub(super) fn new(
        identifier: ResourceIdentifier,
        authorization_servers: Vec<Box<str>>,
        members: &DocumentMembers,
    ) -> Self {
        let mut all = DocumentMembers::default();
        all.set("resource", MemberValue::text(identifier.as_str()));
        let servers = MemberValue::texts(&authorization_servers);
        all.set("authorization_servers", servers);
        let json = all.followed_by(members).to_json().into();
        Self(Arc::new(MetadataParts {
            identifier,
            authorization_servers,
            json,
        }))
    }

    /// Returns the identifier of the resource, as the builder got it. Tokens for this resource have it as their audience
    /// (RFC 8707).
    #[must_use]
    pub fn resource(&self) -> &str {
        self.0.identifier.as_str()
    }

    /// Iterates over the issuer identifiers of the authorization servers.
    pub fn authorization_servers(&self) -> impl Iterator<Item = &str> {
        self.0.authorization_servers.iter().map(AsRef::as_ref)
    }

    /// Returns the URL of the document: `/.well-known/oauth-protected-resource`, inserted between the host and the path of
    /// the identifier (RFC 9728 section 3.1).
    #[must_use]
    pub fn url(&self) -> &str {
        self.0.identifier.metadata_url()
    }

    /// Returns the path of the document, for a route. For example, it is `/.well-known/oauth-protected-resource/mcp`.
    ///
    /// It has no query. If the identifier has one, the service and the layer compare it as well.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target().split('?').next().unwrap_or_default()
    }

    /// Returns the path of the document, and the query if it has one.
    pub(super) fn target(&self) -> &str {
        self.0.identifier.metadata_target()
    }

    /// Returns the document. Members without a value are left out (RFC 9728 section 3.2).
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0.json
    }
}

shows! { impl[] ResourceMetadata[] as self { resource: self.resource(), url: self.url() } }
