//! Stands for the default client where the feature `jwks` is not enabled.

use std::sync::Arc;

use super::client::HttpClient;
use crate::config_error::ConfigError;

pub(crate) fn default_client(_idle: usize) -> Result<Arc<dyn HttpClient>, ConfigError> {
    Err(ConfigError::new(
        "there is no HTTP client: call `client`, or enable the feature `jwks`",
    ))
}
