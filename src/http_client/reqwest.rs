//! `reqwest` as the client.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use reqwest::redirect::Policy;
use reqwest::{Body, Client, ClientBuilder, Error};
use tower_service::Service;

use super::client::{HttpClient, service_client};
use super::connect_limit::CONNECT_TIMEOUT;
use crate::config_error::ConfigError;

/// Makes a client of `reqwest`. It switches redirects off and limits the time of a connection. A finished client does not
/// let these be changed, so this takes the builder.
///
/// # Errors
///
/// `reqwest` cannot build the client.
pub(crate) fn reqwest_client(client: ClientBuilder) -> Result<Arc<dyn HttpClient>, ConfigError> {
    let client = client.redirect(Policy::none());
    let client = client.connect_timeout(CONNECT_TIMEOUT).build();
    let client = client.map_err(|error| ConfigError::new(format!("reqwest: {error}")))?;
    Ok(service_client(ReqwestService(client), Body::from))
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
