//! The middleware that applications write by hand with axum's `from_fn`.

use axum::body::Body as AxumBody;
use axum::middleware::{Next, from_fn};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use tower::Layer;

use crate::support::contender::{Contender, Traffic};
use crate::support::inner::{Inner, now};
use crate::support::requests::TOKEN;

const BY_HAND: &str = "axum from_fn by hand";

pub(crate) fn bearer(traffic: &Traffic) -> Contender {
    let mut service = from_fn(check_token).layer(Inner);
    Contender::converted(BY_HAND, traffic, AxumBody::new, move |request| {
        now(&mut service, request)
    })
}

pub(crate) fn basic(traffic: &Traffic) -> Contender {
    let mut service = from_fn(check_password).layer(Inner);
    Contender::converted(BY_HAND, traffic, AxumBody::new, move |request| {
        now(&mut service, request)
    })
}

pub(crate) async fn check_token(request: Request<AxumBody>, next: Next) -> Response<AxumBody> {
    let credentials = request.headers().get(AUTHORIZATION);
    let token = credentials.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if token == Some(TOKEN) {
        return next.run(request).await;
    }
    refused("Bearer realm=\"interop\"")
}

pub(crate) async fn check_password(request: Request<AxumBody>, next: Next) -> Response<AxumBody> {
    let credentials = request.headers().get(AUTHORIZATION);
    let decoded = credentials
        .and_then(|value| value.to_str().ok()?.strip_prefix("Basic "))
        .and_then(|token68| STANDARD.decode(token68).ok());
    if decoded.as_deref() == Some(b"Aladdin:open sesame") {
        return next.run(request).await;
    }
    refused("Basic realm=\"interop\"")
}

fn refused(challenge: &str) -> Response<AxumBody> {
    let refused = Response::builder().status(StatusCode::UNAUTHORIZED);
    let refused = refused.header(WWW_AUTHENTICATE, challenge);
    refused.body(AxumBody::empty()).expect("it is well-formed")
}
