//! Asks an authorization server about a token (RFC 7662 section 2.1).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{Method, Request, StatusCode};

use super::circuit::QuestionPermit;
use super::client_credentials::ClientCredentials;
use super::form::QuestionForm;
use super::outage::Outage;
use crate::clock::Timer;
use crate::http_client::{AGENT, FetchFault, FetchedDocument, HttpClient, RemoteUrl, first};
use crate::secret::Secret;

/// The introspection endpoint of an authorization server, and how it is asked.
pub(super) struct IntrospectionEndpoint {
    pub(super) url: RemoteUrl,
    pub(super) credentials: ClientCredentials,
    pub(super) client: Arc<dyn HttpClient>,
    pub(super) clock: Arc<dyn Timer>,
    pub(super) timeout: Duration,
    pub(super) max_size: usize,
}

impl IntrospectionEndpoint {
    /// Asks about `token`, and tells `permit` whether the server works.
    ///
    /// # Errors
    ///
    /// There is no answer with the status 200.
    pub(super) async fn ask(
        &self,
        token: Secret<'_>,
        permit: &QuestionPermit,
    ) -> Result<FetchedDocument, Outage> {
        let request = self.request(token)?;
        let sent = self.client.send(request, self.max_size);
        let late = async {
            self.clock.sleep(self.timeout).await;
            let why = format!("took longer than {:?}", self.timeout);
            Err(FetchFault::new(why))
        };
        match first(sent, late).await {
            Ok(document) => {
                permit.succeeded();
                Ok(document)
            }
            Err(fault) => {
                if is_of_the_server(&fault) {
                    permit.failed(self.clock.monotonic());
                }
                let status = fault.status;
                let outage = self.outage(fault);
                Err(match status.is_some_and(is_about_the_token) {
                    true => outage.of_the_token(),
                    false => outage,
                })
            }
        }
    }

    /// Says that an answer cannot be used.
    pub(super) fn broken(&self, why: &str) -> Outage {
        self.outage(FetchFault::new(why))
    }

    fn outage(&self, fault: FetchFault) -> Outage {
        Outage::new(fault.at(&self.url).into_text())
    }

    fn request(&self, token: Secret<'_>) -> Result<Request<Bytes>, Outage> {
        let mut form = QuestionForm::default();
        form.add("token", token.expose());
        form.add("token_type_hint", "access_token");
        self.credentials.add_to(&mut form, self.clock.wall())?;
        let mut request = Request::new(Bytes::from(form.body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.uri().clone();
        *request.headers_mut() = form.fields;
        let fields = request.headers_mut();
        let form = "application/x-www-form-urlencoded";
        fields.insert(CONTENT_TYPE, HeaderValue::from_static(form));
        fields.insert(ACCEPT, HeaderValue::from_static("application/json"));
        // Some servers refuse requests without it.
        fields.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        Ok(request)
    }
}

/// Whether all tokens would meet this fault. Other faults may be those of one token: for example, one server answers 400
/// to every JWT. A 403 is not about the credentials of this server, for which RFC 7662 section 2.3 has 401: a firewall in
/// front of the server sends it for a token that looks like an attack.
fn is_of_the_server(fault: &FetchFault) -> bool {
    const OF_ALL: [StatusCode; 4] = [
        StatusCode::UNAUTHORIZED,
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
    ];
    fault.status.is_none_or(|status| OF_ALL.contains(&status))
}

/// Whether the same token would get this status again, while other tokens get an answer. The excepted statuses are about
/// the credentials of this server, the endpoint, a proxy, or the time.
fn is_about_the_token(status: StatusCode) -> bool {
    const OF_OTHERS: [StatusCode; 5] = [
        StatusCode::UNAUTHORIZED,
        StatusCode::NOT_FOUND,
        StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    status.is_client_error() && !OF_OTHERS.contains(&status)
}
