//! `reqwest` as the client.

use reqwest::ClientBuilder;

use super::builder::IntrospectionVerifierBuilder;
use crate::config_error::ConfigError;
use crate::http_client::reqwest_client;

impl<I: Clone + Send + Sync + 'static> IntrospectionVerifierBuilder<I> {
    /// Sends the questions with `reqwest`, for example with a client certificate that the application has configured
    /// there.
    ///
    /// It takes the builder and not a client, because it switches redirects off and limits the time of a connection to 5
    /// seconds. A client does not let these be changed.
    ///
    /// # Errors
    ///
    /// `reqwest` cannot build the client.
    pub fn reqwest(self, client: ClientBuilder) -> Result<Self, ConfigError> {
        Ok(self.with_client(reqwest_client(client)?))
    }
}
