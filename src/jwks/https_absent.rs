//! Stands for the default client where the feature `jwks` is not enabled.

use std::sync::Arc;

use super::client::GetClient;
use crate::config_error::ConfigError;

pub(super) fn default_client() -> Result<Arc<dyn GetClient>, ConfigError> {
    Err(ConfigError::new(
        "there is no HTTP client: call `client`, or enable the feature `jwks`",
    ))
}
