//! The requests that the issuer receives.

use std::time::Duration;

use http::Request;
use tower::util::service_fn;
use tower_challenge::jwks::RemoteKeys;

use crate::issuer::{names, set_of};

#[tokio::test]
async fn a_request_is_a_get_without_a_body_that_asks_for_json() {
    let client = service_fn(async |request: Request<String>| {
        assert_eq!(request.method(), "GET");
        assert_eq!(request.uri(), "https://as.example/jwks?tenant=a");
        assert_eq!(request.body(), "");
        let field = |name| request.headers()[name].to_str().unwrap();
        assert_eq!(
            field("accept"),
            "application/jwk-set+json, application/json"
        );
        assert!(field("user-agent").starts_with("tower-challenge/"));
        assert_eq!(
            request.headers().len(),
            2,
            "nothing of a client's request is sent on"
        );
        Ok::<_, std::convert::Infallible>(http::Response::new(set_of(&["a"])))
    });
    let keys = RemoteKeys::at("https://as.example/jwks?tenant=a").client(client);
    assert_eq!(names(&keys.build().unwrap()).await.unwrap(), ["a"]);
}

/// The service has another type of body, and is not always ready at once.
#[tokio::test(start_paused = true)]
async fn a_service_is_called_when_it_is_ready() {
    let answer = async |_: Request<http_body_util::Empty<bytes::Bytes>>| {
        let body = http_body_util::Full::new(bytes::Bytes::from(set_of(&["a"])));
        Ok::<_, tower::BoxError>(http::Response::new(body))
    };
    let client = tower::ServiceBuilder::new()
        .concurrency_limit(1)
        .service(service_fn(answer));
    let keys = RemoteKeys::at("https://as.example/jwks").client(client);
    let keys = keys.build().unwrap();
    for _ in 0..3 {
        assert_eq!(names(&keys).await.unwrap(), ["a"]);
        tokio::time::advance(Duration::from_secs(3600)).await;
    }
}
