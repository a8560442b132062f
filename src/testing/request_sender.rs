//! Sends the requests of a survey to the application.

use std::future::poll_fn;
use std::marker::PhantomData;

use http::header::{
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, HeaderName,
    HeaderValue, ORIGIN,
};
use http::{Method, Request, Response, StatusCode, Uri};
use tower_service::Service;

use super::login::{AnswerChallenge, ReceivedChallenges};
use super::{AppAnswer, CredentialsSent, TestLogin};
use crate::header::Challenge;
use crate::scheme::ServerRole;

/// Sends requests to a service. `B` is the type of their bodies.
pub(super) struct RequestSender<'a, S, B> {
    service: &'a S,
    role: ServerRole,
    login: &'a TestLogin,
    prepare: &'a [Box<PrepareRequest>],
    body: PhantomData<fn() -> B>,
}

/// A function that changes every request before it is signed.
pub(super) type PrepareRequest = dyn Fn(&mut Request<()>) + Send + Sync;

impl<'a, S, B, R> RequestSender<'a, S, B>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: Default,
{
    pub(super) const fn new(
        service: &'a S,
        role: ServerRole,
        login: &'a TestLogin,
        prepare: &'a [Box<PrepareRequest>],
    ) -> Self {
        Self {
            service,
            role,
            login,
            prepare,
            body: PhantomData,
        }
    }

    /// Returns the status for a request without right credentials.
    pub(super) const fn unauthenticated(&self) -> StatusCode {
        self.role.unauthenticated()
    }

    /// Sends a request with the credentials that `sent` names. `challenges` are those that the same request without
    /// credentials got. If the login is an exchange of two requests, the answer is that to the second one.
    pub(super) async fn ask(
        &self,
        method: &Method,
        target: &Uri,
        sent: CredentialsSent,
        challenges: &[Challenge],
    ) -> AppAnswer {
        let mut request = self.request(method, target);
        let second = self.sign(&mut request, sent, &ReceivedChallenges { challenges });
        let answer = self.send(request).await;
        let second = second.and_then(|step| self.second_request(method, target, step, &answer));
        match second {
            Some(request) => self.send(request).await,
            None => answer,
        }
    }

    /// The second request of an exchange, if `answer` has a challenge that goes on with it.
    fn second_request(
        &self,
        method: &Method,
        target: &Uri,
        step: AnswerChallenge,
        answer: &AppAnswer,
    ) -> Option<Request<()>> {
        let challenges = answer.challenges()?;
        let mut request = self.request(method, target);
        request.headers_mut().remove(AUTHORIZATION);
        step(&mut request, &ReceivedChallenges { challenges });
        request.headers().get(AUTHORIZATION)?;
        self.move_credentials(&mut request);
        (answer.status() == Some(self.unauthenticated())).then_some(request)
    }

    /// Sends a request without credentials and with spoofed `fields`.
    pub(super) async fn ask_with(
        &self,
        method: &Method,
        target: &Uri,
        fields: &[(HeaderName, HeaderValue)],
    ) -> AppAnswer {
        let mut request = self.request(method, target);
        request.headers_mut().extend(fields.iter().cloned());
        self.send(request).await
    }

    /// Sends a CORS preflight: a browser asks so whether a page of another origin may use `method` with credentials
    /// (the Fetch standard).
    pub(super) async fn ask_preflight(&self, method: &Method, target: &Uri) -> AppAnswer {
        let mut request = self.request(&Method::OPTIONS, target);
        let headers = request.headers_mut();
        let origin = HeaderValue::from_static("https://tower-challenge.example");
        headers.entry(ORIGIN).or_insert(origin);
        if let Ok(method) = HeaderValue::from_str(method.as_str()) {
            headers.insert(ACCESS_CONTROL_REQUEST_METHOD, method);
        }
        let wanted = HeaderValue::from_static("authorization");
        headers.insert(ACCESS_CONTROL_REQUEST_HEADERS, wanted);
        self.send(request).await
    }

    fn request(&self, method: &Method, target: &Uri) -> Request<()> {
        let mut request = Request::new(());
        *request.method_mut() = method.clone();
        *request.uri_mut() = target.clone();
        let prepare = self.prepare.iter();
        prepare.for_each(|prepare| prepare(&mut request));
        request
    }

    async fn send(&self, request: Request<()>) -> AppAnswer {
        // A clone for each request, because `tower` requires `poll_ready` before each `call`. axum does the same.
        let mut service = self.service.clone();
        if poll_fn(|cx| service.poll_ready(cx)).await.is_err() {
            return AppAnswer::failed();
        }
        let response = service.call(request.map(|()| B::default())).await;
        response.map_or_else(
            |_| AppAnswer::failed(),
            |response| AppAnswer::of(&response, self.role),
        )
    }

    /// Writes the credentials. Returns the second step if the login is an exchange.
    fn sign(
        &self,
        request: &mut Request<()>,
        sent: CredentialsSent,
        challenges: &ReceivedChallenges<'_>,
    ) -> Option<AnswerChallenge> {
        let second = match self.login.steps(sent) {
            Some(steps) => steps.begin(request, challenges),
            None if sent == CredentialsSent::Nothing => return None,
            None => {
                // No scheme may read a field that begins with a quotation mark and has a tab.
                let broken = HeaderValue::from_static("\"=\t=");
                request.headers_mut().insert(AUTHORIZATION, broken);
                None
            }
        };
        self.move_credentials(request);
        second
    }

    /// Moves the credentials to the field for a proxy, if the survey is of one.
    fn move_credentials(&self, request: &mut Request<()>) {
        let headers = request.headers_mut();
        if let Some(line) = headers.remove(AUTHORIZATION) {
            headers.insert(self.role.credentials_field(), line);
        }
    }
}
