//! `reqwest` as the client.

use reqwest::ClientBuilder;

use super::builder::RemoteKeysBuilder;
use crate::config_error::ConfigError;
use crate::http_client::reqwest_client;

impl RemoteKeysBuilder {
    /// Sends the requests with `reqwest`, for example through a proxy that the application has configured there.
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
