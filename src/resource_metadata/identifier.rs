//! The identifier of a resource, and the URL of its metadata (RFC 9728 sections 1.2 and 3.1).

use crate::config_error::ConfigError;
use crate::text::secure_url::is_secure_url;

/// The well-known URI string (RFC 9728 section 3).
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// An identifier, and where the metadata URL made from it is split.
#[derive(Clone, Debug)]
pub(super) struct ResourceIdentifier {
    identifier: Box<str>,
    metadata_url: Box<str>,
    /// The length of the scheme and the authority, which the identifier and the URL have in common.
    origin: usize,
}

impl ResourceIdentifier {
    pub(super) fn new(identifier: &str) -> Result<Self, ConfigError> {
        let invalid = |problem: &str| {
            let text = format!("{identifier:?} cannot identify a resource: {problem}");
            Err(ConfigError::new(text))
        };
        if !is_secure_url(identifier) {
            return invalid(
                "use an https URL without a fragment and without a user (http is accepted for this machine alone)",
            );
        }
        let authority = identifier
            .find("://")
            .map_or(0, |scheme| scheme + "://".len());
        let rest = identifier.get(authority..).unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, suffix) = rest.split_at_checked(end).unwrap_or_default();
        // Clients compare the identifier with the URL that they call, and their URLs are in lower case.
        if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return invalid("write the host in lower case, as clients do");
        }
        let path = suffix.split('?').next().unwrap_or_default();
        if path.split('/').any(|segment| matches!(segment, "." | "..")) {
            return invalid("remove the dot segments, as clients do");
        }
        // RFC 9728 section 3.1: a terminating slash after the host is removed. A slash behind a path stays.
        let suffix = suffix
            .strip_prefix('/')
            .map_or(suffix, |after| match after {
                "" => "",
                query if query.starts_with('?') => query,
                _ => suffix,
            });
        let origin = authority + host.len();
        let start = identifier.get(..origin).unwrap_or_default();
        Ok(Self {
            identifier: identifier.into(),
            metadata_url: format!("{start}{WELL_KNOWN}{suffix}").into(),
            origin,
        })
    }

    pub(super) const fn as_str(&self) -> &str {
        &self.identifier
    }

    pub(super) const fn metadata_url(&self) -> &str {
        &self.metadata_url
    }

    /// Returns the path of the metadata URL, with the query if it has one.
    pub(super) fn metadata_target(&self) -> &str {
        self.metadata_url.get(self.origin..).unwrap_or_default()
    }
}
