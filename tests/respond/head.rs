//! Tests that a refused `HEAD` gets the fields of the refused `GET` and no body, from servers without a router.

use std::convert::Infallible;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tower::{Layer, service_fn};
use tower_challenge::respond::{
    AwsErrors, EmptyBody, HtmlPage, LoginRedirect, NegotiatedBody, PlainText, ProblemJson, Respond,
};

use crate::layer;

type Body = Full<Bytes>;

/// The answer that a client gets: the status, the fields without `Date`, and the body.
type Reply = (StatusCode, HeaderMap, Bytes);

/// Sends `method` to a layer that hyper serves, over HTTP/1.1 or HTTP/2.
async fn ask<R>(renderer: R, method: &Method, is_http2: bool) -> Result<Reply, hyper::Error>
where
    R: Respond<Body> + Clone + Send + Sync + 'static,
{
    let inner = service_fn(async |_| Ok::<_, Infallible>(Response::new(Body::default())));
    let service = layer().respond_with(renderer).layer(inner);
    let (client, server) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move {
        let server = TokioIo::new(server);
        let service = TowerToHyperService::new(service);
        auto::Builder::new(TokioExecutor::new())
            .serve_connection(server, service)
            .await
    });
    let request = Request::builder().method(method);
    let request = match is_http2 {
        true => request.uri("http://localhost/notes"),
        false => request.uri("/notes").header(HOST, "localhost"),
    };
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    let client = TokioIo::new(client);
    let response = match is_http2 {
        true => {
            let started = hyper::client::conn::http2::handshake(TokioExecutor::new(), client);
            let (mut sender, connection) = started.await?;
            tokio::spawn(connection);
            sender.send_request(request).await?
        }
        false => {
            let (mut sender, connection) = hyper::client::conn::http1::handshake(client).await?;
            tokio::spawn(connection);
            sender.send_request(request).await?
        }
    };
    let (mut head, body) = response.into_parts();
    head.headers.remove("date");
    let body = body.collect().await?.to_bytes();
    Ok((head.status, head.headers, body))
}

/// RFC 9110 section 9.3.2: "The HEAD method is identical to GET except that the server MUST NOT send content in the
/// response." RFC 9113 section 8.1.1 makes a response malformed if it has content that HTTP does not allow.
///
/// RFC 9110 section 8.6: a server "MUST NOT send Content-Length in such a response unless its field value equals the
/// decimal number of octets that would have been sent in the content of a response if the same request had used the GET
/// method."
async fn head_is_get_without_a_body<R>(name: &str, renderer: R)
where
    R: Respond<Body> + Clone + Send + Sync + 'static,
{
    for is_http2 in [false, true] {
        let context = format!("{name}, HTTP/2: {is_http2}");
        let (status, fields, body) = ask(renderer.clone(), &Method::GET, is_http2).await.unwrap();
        let length = fields.get(CONTENT_LENGTH);
        let length = length.map_or("0", |value| value.to_str().unwrap());
        assert_eq!(length.parse(), Ok(body.len()), "{context}");
        let head = ask(renderer.clone(), &Method::HEAD, is_http2).await;
        let mut head = head.unwrap_or_else(|error| panic!("{context}: {error:?}"));
        // A server may leave the length out, as hyper does for no bytes.
        let mut fields = fields;
        if body.is_empty() {
            fields.remove(CONTENT_LENGTH);
            head.1.remove(CONTENT_LENGTH);
        }
        assert_eq!(head, (status, fields, Bytes::new()), "{context}");
    }
}

#[tokio::test]
async fn a_refused_head_gets_the_fields_of_a_refused_get_and_no_body() {
    head_is_get_without_a_body("EmptyBody", EmptyBody::default()).await;
    head_is_get_without_a_body("PlainText", PlainText).await;
    head_is_get_without_a_body("ProblemJson", ProblemJson).await;
    head_is_get_without_a_body("HtmlPage", HtmlPage::new()).await;
    head_is_get_without_a_body("NegotiatedBody", NegotiatedBody::new()).await;
    head_is_get_without_a_body("AwsErrors::s3", AwsErrors::s3()).await;
    head_is_get_without_a_body("AwsErrors::json", AwsErrors::json()).await;
    let redirect = LoginRedirect::to("/login").unwrap();
    head_is_get_without_a_body("LoginRedirect", redirect.otherwise(PlainText)).await;
}
