//! Bodies that are verified while they are read.

use http::{Request, Response};
use http_body_util::BodyExt;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::RequireAuth;
use tower_challenge::audit::Outcome;
use tower_challenge::scheme::{BodyRefused, VerifiedBody};

use crate::fed::{BoxError, Fed, here};
use crate::scheme::{Answer, Heard, Sums, chunk, clock, request};

/// Reads to the end and does not mind how it ends. Answers with what it has read.
async fn careless(request: Request<VerifiedBody<Fed>>) -> Answer {
    let (read, _) = read(request.into_body()).await;
    Ok(Response::new(read))
}

async fn read(mut body: VerifiedBody<Fed>) -> (String, Option<BoxError>) {
    let mut read = String::new();
    while let Some(frame) = body.frame().await {
        match frame.map(|frame| frame.into_data().unwrap_or_default()) {
            Ok(data) => read.push_str(std::str::from_utf8(&data).unwrap()),
            Err(error) => return (read, Some(error)),
        }
    }
    (read, None)
}

#[tokio::test]
async fn chunks_are_released_as_they_verify() {
    let service = RequireAuth::new(Sums::new(&clock())).unwrap();
    let service = service.layer(service_fn(careless));
    let (one, two, end) = (chunk("one"), chunk("two"), chunk(""));
    for said in ["Chunks 6", "Chunks unknown"] {
        let body = here(&[&one, &two[..3], &two[3..], &end]);
        let answer = service.clone().oneshot(request(said, body)).await;
        assert_eq!(answer.unwrap().body(), "onetwo");
    }
}

#[tokio::test]
async fn a_chunk_that_does_not_verify_is_refused_whatever_the_inner_service_says() {
    let (one, mut two) = (chunk("one"), chunk("two"));
    two[4] ^= 1;
    let heard = Heard::default();
    let auth = RequireAuth::new(Sums::new(&clock())).unwrap();
    let service = auth.audit(heard.audit()).layer(service_fn(careless));
    let answer = service
        .oneshot(request("Chunks 6", here(&[&one, &two])))
        .await;
    let answer = answer.unwrap();
    assert_eq!((answer.status().as_u16(), &**answer.body()), (401, ""));
    let expected = [
        (Outcome::Admitted, "admitted", true),
        (Outcome::Refused, "another chunk", true),
    ];
    assert_eq!(heard.all(), expected);
}

#[tokio::test]
async fn the_error_of_a_body_says_what_it_is() {
    let inner = |request: Request<VerifiedBody<Fed>>| async {
        let (read, error) = read(request.into_body()).await;
        let error = error.unwrap().downcast::<BodyRefused>().unwrap();
        assert!(matches!(*error, BodyRefused::Unverified(_)));
        assert_eq!(read, "one");
        Ok::<_, std::convert::Infallible>(Response::new(read))
    };
    let service = RequireAuth::new(Sums::new(&clock())).unwrap();
    let service = service.layer(service_fn(inner));
    let body = here(&[&chunk("one"), b"\x01\x01\x02"]);
    let answer = service.oneshot(request("Chunks unknown", body)).await;
    assert_eq!(answer.unwrap().status(), 401);
}

#[tokio::test]
async fn an_admission_says_what_the_inner_service_sees_of_the_head() {
    let inner = |request: Request<VerifiedBody<Fed>>| async move {
        assert_eq!(request.headers()["content-length"], "6");
        assert!(!request.headers().contains_key("x-unsigned"));
        Ok::<_, std::convert::Infallible>(Response::new(String::new()))
    };
    let service = RequireAuth::new(Sums::new(&clock())).unwrap();
    let service = service.layer(service_fn(inner));
    let mut request = request("Chunks 6", here(&[]));
    let headers = request.headers_mut();
    headers.insert("x-unsigned", "1".parse().unwrap());
    headers.insert("content-length", "12".parse().unwrap());
    assert_eq!(service.oneshot(request).await.unwrap().status(), 200);
}
