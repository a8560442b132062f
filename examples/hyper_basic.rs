//! Protects a bare hyper server with Basic, without a framework.
//!
//! ```text
//! cargo run --example hyper_basic
//! ```
//!
//! `RequireAuth` is a `tower::Layer`, and makes a `tower::Service`. hyper has a service trait of its own, so
//! `TowerToHyperService` adapts one to the other.

use std::convert::Infallible;
use std::env;
use std::error::Error;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_challenge::{Authenticated, Principal, RequireAuth};

/// Reads the caller from the request's extensions, because there is no extractor without axum. The layer puts the
/// caller there for every request that it admits.
async fn hello(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let caller = request.extensions().get::<Authenticated<Principal>>();
    let text = match caller {
        Some(caller) => format!("hello {}\n", caller.name()),
        None => "hello guest\n".to_owned(),
    };
    Ok(Response::new(text.into()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!(
        r#"    curl -i http://{address}/
        401: no credentials
    curl -i -u ada:lovelace http://{address}/
        200: `hello ada`
    curl -i --http2-prior-knowledge -u ada:lovelace http://{address}/
        200: `hello ada`, over HTTP/2
    curl -i http://{address}/health
        200: `hello guest`, because this path is public

listening on http://{address}"#
    );

    let auth = RequireAuth::basic("files", [("ada", "lovelace")])?
        // This compares the whole path. A prefix would match other paths, too.
        .public(|request| request.uri().path() == "/health");
    let service = ServiceBuilder::new().layer(auth).service_fn(hello);
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            let server = auto::Builder::new(TokioExecutor::new());
            let connection = server.serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.await {
                eprintln!("connection: {error}");
            }
        });
    }
}
