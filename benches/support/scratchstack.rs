//! Another verifier of signatures, with a key that is kept.

use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::Request;
use scratchstack_aws_signature::principal::User;
use scratchstack_aws_signature::{
    GetSigningKeyRequest, GetSigningKeyResponse, KSecretKey, NO_ADDITIONAL_SIGNED_HEADERS,
    SignatureOptions, service_for_signing_key_fn, sigv4_validate_request,
};
use tower::BoxError;

use super::support::{BenchRequest, SCOPE, SECRET};

/// Verifies a request; panics if that fails.
pub(crate) fn scratchstack() -> impl FnMut(&BenchRequest) {
    let secret: KSecretKey = SECRET.parse().expect("a secret");
    let date = chrono::DateTime::from_timestamp(1_440_938_160, 0).expect("a date");
    let key = secret.to_ksigning(date.date_naive(), SCOPE.region, SCOPE.service);
    let user = User::new("aws", "123456789012", "/", "user").expect("a user");
    let kept = GetSigningKeyResponse::builder()
        .principal(user)
        .signing_key(key)
        .build();
    let kept: GetSigningKeyResponse = kept.expect("it is whole");
    let answer = move |_: GetSigningKeyRequest| -> Ready<Result<GetSigningKeyResponse, BoxError>> {
        ready(Ok(GetSigningKeyResponse::clone(&kept)))
    };
    let mut keys = service_for_signing_key_fn(answer);
    move |request| {
        let (head, _) = request.clone().into_parts();
        let verified = pin!(sigv4_validate_request(
            Request::from_parts(head, ()),
            SCOPE.region,
            SCOPE.service,
            &mut keys,
            date,
            &NO_ADDITIONAL_SIGNED_HEADERS,
            SignatureOptions::default(),
        ));
        let mut cx = Context::from_waker(Waker::noop());
        match verified.poll(&mut cx) {
            Poll::Ready(verified) => assert!(verified.is_ok(), "{:?}", verified.err()),
            Poll::Pending => panic!("nothing here waits"),
        }
    }
}
