//! The protection space: an algorithm, an auth-scope and a realm.

use std::sync::Arc;

use super::algorithm::MutualAlgorithm;
use super::origin::MutualOrigin;
use crate::config_error::ConfigError;
use crate::derives::shows;

/// The protection space of an account (RFC 8120 section 5): the algorithm, the auth-scope and the realm. A clone shares it.
///
/// What the server keeps of a password is bound to the space and to the name of the user. It is useless in another space,
/// for example after the realm is renamed.
///
/// The auth-scope says which servers have the same accounts:
///
/// | auth-scope | servers |
/// |---|---|
/// | `https://example.com`, `https://example.com:8443` | this origin; a default port is left out |
/// | `example.com` | all ports and schemes of this host |
/// | `*.example.com` | all hosts below this domain |
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::mutual::{MutualAlgorithm, MutualSpace};
///
/// let space = MutualSpace::new(MutualAlgorithm::P256, "https://example.com", "notes")?;
/// assert_eq!(space.realm(), "notes");
/// assert!(MutualSpace::new(MutualAlgorithm::P256, "https://example.com:443", "notes").is_err(), "a default port");
/// assert!(MutualSpace::new(MutualAlgorithm::P256, "https://Example.com", "notes").is_err(), "an upper-case letter");
/// # Ok::<(), tower_challenge::ConfigError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct MutualSpace(Arc<SpaceParts>);

#[derive(PartialEq, Eq)]
struct SpaceParts {
    algorithm: MutualAlgorithm,
    auth_scope: String,
    realm: String,
}

impl MutualSpace {
    /// Makes a protection space.
    ///
    /// # Errors
    ///
    /// The auth-scope has none of the three forms, or the realm is empty or contains a control character.
    pub fn new(
        algorithm: MutualAlgorithm,
        auth_scope: &str,
        realm: &str,
    ) -> Result<Self, ConfigError> {
        if !is_auth_scope(auth_scope) {
            return Err(ConfigError::new(format!(
                "{auth_scope:?} is not an auth-scope: write it in lower case as `https://example.com`, `example.com` or `*.example.com`"
            )));
        }
        if realm.is_empty() || realm.contains(char::is_control) {
            return Err(ConfigError::new(
                "the realm of Mutual is empty or contains a control character",
            ));
        }
        Ok(Self(Arc::new(SpaceParts {
            algorithm,
            auth_scope: auth_scope.to_owned(),
            realm: realm.to_owned(),
        })))
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> MutualAlgorithm {
        self.0.algorithm
    }

    /// The auth-scope.
    #[must_use]
    pub fn auth_scope(&self) -> &str {
        &self.0.auth_scope
    }

    /// The realm.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.0.realm
    }
}

shows! { all impl[] MutualSpace[] as self {
    algorithm: self.0.algorithm,
    auth_scope: self.0.auth_scope,
    realm: self.0.realm,
} }

fn is_auth_scope(text: &str) -> bool {
    if text.contains("://") {
        return MutualOrigin::read(text).is_some_and(|origin| origin.as_scope() == text);
    }
    let host = text.strip_prefix("*.").unwrap_or(text);
    // The host of an origin, without a port.
    let origin = MutualOrigin::read(&format!("http://{host}"));
    origin.is_some_and(|origin| origin.is_in(host) && origin.as_scope() == format!("http://{host}"))
}
