//! `reqwest` as the client.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use reqwest::redirect::Policy;
use reqwest::{Body, Client, ClientBuilder, Error};
use tower_service::Service;

use super::builder::RemoteKeysBuilder;
use super::client::ServiceClient;
use super::connect_limit::CONNECT_TIMEOUT;
use crate::config_error::ConfigError;

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
        let client = client.redirect(Policy::none());
        let client = client.connect_timeout(CONNECT_TIMEOUT).build();
        let client = client.map_err(|error| ConfigError::new(format!("reqwest: {error}")))?;
        let client = ServiceClient::new(ReqwestService(client));
        Ok(self.with_client(Arc::new(client)))
    }
}

/// A service for requests of the crate `http`.
#[derive(Clone)]
struct ReqwestService(Client);

impl Service<Request<Body>> for ReqwestService {
    type Response = Response<Body>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let client = self.0.clone();
        Box::pin(async move {
            let response = client.execute(request.try_into()?).await;
            // The text of the error would repeat the URL with its query, which may contain a secret.
            response.map(Response::from).map_err(Error::without_url)
        })
    }
}
