//! The crate `scratchstack-aws-signature`, with a signing key that it keeps.

use std::future::{Ready, ready};

use bytes::Bytes;
use http::Request;
use scratchstack_aws_signature::principal::User;
use scratchstack_aws_signature::{
    GetSigningKeyRequest, GetSigningKeyResponse, KSecretKey, NO_ADDITIONAL_SIGNED_HEADERS,
    SignatureOptions, service_for_signing_key_fn, sigv4_validate_request,
};
use tower::BoxError;

use crate::support::contender::{Contender, Traffic};
use crate::support::inner::{hello, ready_now};
use crate::support::requests::{SCOPE, SECRET, SIGNED_AT};

pub(crate) fn sigv4(traffic: &Traffic) -> Contender {
    let kept = kept_key();
    let answer = move |_: GetSigningKeyRequest| -> Ready<Result<GetSigningKeyResponse, BoxError>> {
        ready(Ok(GetSigningKeyResponse::clone(&kept)))
    };
    let mut keys = service_for_signing_key_fn(answer);
    let now = chrono::DateTime::from_timestamp(SIGNED_AT.into(), 0).expect("the time is valid");
    Contender::converted(
        "scratchstack",
        traffic,
        |_| Bytes::new(),
        move |request| {
            let verified = ready_now(sigv4_validate_request(
                request,
                SCOPE.region,
                SCOPE.service,
                &mut keys,
                now,
                &NO_ADDITIONAL_SIGNED_HEADERS,
                SignatureOptions::default(),
            ));
            match verified {
                Ok((head, body, _)) => hello(Request::from_parts(head, body)),
                Err(_) => refused(),
            }
        },
    )
}

fn kept_key() -> GetSigningKeyResponse {
    let secret: KSecretKey = SECRET.parse().expect("the secret is valid");
    let date = chrono::DateTime::from_timestamp(SIGNED_AT.into(), 0).expect("the time is valid");
    let key = secret.to_ksigning(date.date_naive(), SCOPE.region, SCOPE.service);
    let user = User::new("aws", "123456789012", "/", "user").expect("the user is valid");
    let kept = GetSigningKeyResponse::builder()
        .principal(user)
        .signing_key(key)
        .build();
    kept.expect("the response has all parts")
}

fn refused() -> http::Response<Bytes> {
    let mut response = http::Response::default();
    *response.status_mut() = http::StatusCode::UNAUTHORIZED;
    response
}
