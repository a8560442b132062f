//! Tests that bodies of every type pass through the layer unchanged, and that a body is verified before the inner
//! service reads it if a scheme reads bodies.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::convert::Infallible;
use std::error::Error;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::{BoxBody, UnsyncBoxBody};
use http_body_util::{BodyExt, Empty, Full};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_challenge::ErrorParams;
use tower_challenge::clock::TokioClock;
use tower_challenge::header::{Challenge, SchemeName};
use tower_challenge::password::OneAccount;
use tower_challenge::scheme::{
    Admission, Attempt, Basic, BesideSignedBody, BodyCheck, BodyLimits, Refusal, Scheme,
    SignedBody, Verdict, VerdictNowOrLater, VerifiedBody,
};
use tower_challenge::{ClaimedAccount, NowOrLater, Principal, RequireAuth};

const RIGHT: &str = "Basic YWRhOmxvdmVsYWNl";

fn basic() -> Basic<OneAccount> {
    Basic::new("interop", OneAccount::new("ada", "lovelace").unwrap()).unwrap()
}

fn request<B>(credentials: &str, body: B) -> Request<B> {
    Request::builder()
        .header(AUTHORIZATION, credentials)
        .body(body)
        .unwrap()
}

/// Checks that a body of type `B` is echoed through the layer, and that a refusal has a default body.
async fn passes_through<B>(body: impl Fn() -> B)
where
    B: Default + 'static,
{
    let echo = service_fn(|request: Request<B>| {
        ready(Ok::<_, Infallible>(Response::new(request.into_body())))
    });
    let service = RequireAuth::new(basic()).unwrap().layer(echo);
    let admitted = service
        .clone()
        .oneshot(request(RIGHT, body()))
        .await
        .unwrap();
    assert_eq!(admitted.status(), 200);
    let refused = service
        .oneshot(request("Basic YWRhOndyb25n", body()))
        .await
        .unwrap();
    assert_eq!(refused.status(), 401);
}

#[tokio::test]
async fn bodies_of_every_kind_keep_their_type() {
    passes_through(|| ()).await;
    passes_through(String::new).await;
    passes_through(Full::<Bytes>::default).await;
    passes_through(Empty::<Bytes>::new).await;
    passes_through(axum::body::Body::empty).await;
    // The body types that are common with hyper, `Sync` and not `Sync`. The second one is also that of gRPC servers,
    // with an error type of its own.
    passes_through(|| BoxBody::<Bytes, Infallible>::new(Full::default())).await;
    passes_through(|| {
        UnsyncBoxBody::<Bytes, Box<dyn Error + Send + Sync>>::new(
            Empty::new().map_err(|never| match never {}),
        )
    })
    .await;
}

#[tokio::test]
async fn a_body_type_without_a_default_needs_only_a_renderer() {
    struct WithoutDefault(#[expect(dead_code, reason = "the type has no default")] u8);
    let echo =
        service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(Response::new(WithoutDefault(1)))));
    let render = |_: &tower_challenge::respond::Denial, _: &tower_challenge::RequestHead<'_>| {
        Response::new(WithoutDefault(0))
    };
    let service = RequireAuth::new(basic())
        .unwrap()
        .respond_with(render)
        .layer(echo);
    let refused = service
        .oneshot(request("Basic YWRhOndyb25n", ()))
        .await
        .unwrap();
    assert_eq!(refused.status(), 401);
}

fn limits() -> BodyLimits {
    BodyLimits::new(TokioClock::new()).max_length(8)
}

/// Admits a request whose credentials are the sum of the bytes of its body.
struct Sum;

impl Scheme for Sum {
    type Identity = Principal;
    type BodyAccess = SignedBody;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
        let challenge = Challenge::builder(SchemeName::parse("Sum").unwrap());
        challenges.push(challenge.build().unwrap());
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        attempt.names(SchemeName::parse("Sum").unwrap())
    }

    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(
        &self,
        attempt: &Attempt<'_>,
    ) -> Option<VerdictNowOrLater<Principal, SignedBody>> {
        let credentials = attempt.credentials(SchemeName::parse("Sum").unwrap())?;
        let claimed = credentials.token68()?.parse::<u64>().ok();
        let check = BodyCheck::judge_whole(limits(), move |body: &[u8]| {
            assert!(!body.starts_with(b"panic"));
            let sum = body.iter().map(|&byte| u64::from(byte)).sum::<u64>();
            match claimed == Some(sum) {
                true => Verdict::Admit(Admission::new(Principal::new("signer"))),
                false => Verdict::Refuse(Refusal::wrong("body mismatch")),
            }
        });
        Some(NowOrLater::now(Ok(Verdict::ReadBody(check))))
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        attempt.breaks_grammar(SchemeName::parse("Sum").unwrap())
    }
}

/// A body of `left` frames of two bytes, and then an error or the end.
struct Frames {
    left: u8,
    breaks: bool,
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.left == 0 {
            return Poll::Ready(self.breaks.then(|| Err("the client went away".into())));
        }
        self.left -= 1;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"ab")))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

type Echoed = Response<String>;

/// An inner service that echoes its body.
async fn echo<B>(request: Request<VerifiedBody<B>>) -> Result<Echoed, Infallible>
where
    VerifiedBody<B>: Body<Data = Bytes, Error: std::fmt::Debug>,
{
    let bytes = request.into_body().collect().await.unwrap().to_bytes();
    Ok(Response::new(String::from_utf8(bytes.to_vec()).unwrap()))
}

async fn ask<B>(credentials: &str, body: B) -> Echoed
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + 'static,
{
    let schemes = (Sum, BesideSignedBody(basic()));
    let service = RequireAuth::new(schemes)
        .unwrap()
        .layer(service_fn(echo::<B>));
    service.oneshot(request(credentials, body)).await.unwrap()
}

#[tokio::test]
async fn the_inner_service_reads_a_verified_body_completely() {
    let two = || Frames {
        left: 2,
        breaks: false,
    };
    assert_eq!(ask("Sum 390", two()).await.body(), "abab");
    assert_eq!(ask("Sum 195", Full::from("ab")).await.body(), "ab");
    assert_eq!(ask("Sum 0", Empty::new()).await.body(), "");
    assert_eq!(
        ask(RIGHT, two()).await.body(),
        "abab",
        "Basic does not check the body"
    );
}

#[tokio::test]
async fn the_inner_service_is_not_called_with_a_body_that_fails_verification() {
    let frames = |left, breaks| Frames { left, breaks };
    assert_eq!(ask("Sum 391", frames(2, false)).await.status(), 401);
    assert_eq!(
        ask("Sum 390", frames(2, true)).await.status(),
        400,
        "the body broke off"
    );
    assert_eq!(
        ask("Sum 1950", frames(10, false)).await.status(),
        413,
        "the body is longer than 8 bytes"
    );
    assert_eq!(
        ask("Sum 0", Full::from("panic")).await.status(),
        503,
        "the check panicked"
    );
}

#[test]
fn a_layer_with_a_signed_body_scheme_is_a_service_for_the_original_body() {
    fn is_service<S: Service<Request<Full<Bytes>>>>(_: &S) {}
    let inner = service_fn(
        |_: Request<VerifiedBody<Full<Bytes>>>| -> Ready<Result<Echoed, Infallible>> {
            ready(Ok(Response::new(String::new())))
        },
    );
    is_service(&RequireAuth::new(Sum).unwrap().layer(inner));
}
