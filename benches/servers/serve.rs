//! The servers: one process answers all requests on one thread.
#![expect(clippy::unwrap_used, reason = "a bench that cannot start says where")]

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, ready};
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::get;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tower::{Layer, Service, service_fn};
use tower_challenge::RequireAuth;
use tower_challenge::scheme::digest::DigestAlgorithm;

use super::load::Traffic;
use super::processor;
use crate::support::floors::basic::BasicFloor;
use crate::support::floors::bearer::BearerFloor;
use crate::support::floors::digest::DigestFloor;
use crate::support::peers::by_hand::{check_password, check_token};
use crate::support::requests::{NAME, PASSWORD, PATH, TOKEN};
use crate::support::schemes::{basic, bearer, digest};

/// A server, and the server without authentication with which it is compared.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) base: &'static str,
    pub(crate) traffic: Traffic,
}

const fn server(name: &'static str, base: &'static str, traffic: Traffic) -> Server {
    Server {
        name,
        base,
        traffic,
    }
}

pub(crate) const SERVERS: [Server; 15] = [
    server(HYPER, HYPER, Traffic::Anonymous),
    server("hyper, ignores a token", HYPER, Traffic::Bearer),
    server("hyper, Bearer", HYPER, Traffic::Bearer),
    server("hyper, floor of Bearer", HYPER, Traffic::Bearer),
    server("hyper, ignores a password", HYPER, Traffic::Basic),
    server("hyper, Basic", HYPER, Traffic::Basic),
    server("hyper, floor of Basic", HYPER, Traffic::Basic),
    server("hyper, ignores Digest", HYPER, Traffic::DigestIgnored),
    server("hyper, Digest SHA-256", HYPER, Traffic::Digest),
    server("hyper, floor of Digest SHA-256", HYPER, Traffic::Digest),
    server(AXUM, AXUM, Traffic::Anonymous),
    server("axum, Bearer", AXUM, Traffic::Bearer),
    server("axum, Basic", AXUM, Traffic::Basic),
    server("axum, from_fn Bearer by hand", AXUM, Traffic::Bearer),
    server("axum, from_fn Basic by hand", AXUM, Traffic::Basic),
];

const HYPER: &str = "hyper, no authentication";
const AXUM: &str = "axum, no authentication";

/// Runs the server `name`, and prints its port.
pub(crate) fn run(name: &str) {
    processor::keep(0);
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(async {
        match name {
            HYPER
            | "hyper, ignores a token"
            | "hyper, ignores a password"
            | "hyper, ignores Digest" => serve(service_fn(hello)).await,
            "hyper, floor of Bearer" => {
                let floor = Arc::new(BearerFloor::of_one(TOKEN));
                let answer = move |request| ready(Ok(floor.answer(request, hello_now)));
                serve(service_fn(answer)).await;
            }
            "hyper, floor of Basic" => {
                let floor = Arc::new(BasicFloor::of_one(NAME, PASSWORD));
                let answer = move |request| ready(Ok(floor.answer(request, hello_now)));
                serve(service_fn(answer)).await;
            }
            "hyper, floor of Digest SHA-256" => {
                let floor = Arc::new(DigestFloor::<Sha256>::new("SHA-256"));
                let answer = move |request| ready(Ok(floor.answer(request, hello_now)));
                serve(service_fn(answer)).await;
            }
            "hyper, Bearer" => {
                serve(RequireAuth::new(bearer()).unwrap().layer(service_fn(hello))).await
            }
            "hyper, Basic" => {
                serve(RequireAuth::new(basic()).unwrap().layer(service_fn(hello))).await
            }
            "hyper, Digest SHA-256" => {
                let digest = RequireAuth::new(digest(&[DigestAlgorithm::Sha256])).unwrap();
                serve(digest.layer(service_fn(hello))).await;
            }
            AXUM => serve_router(router()).await,
            "axum, Bearer" => {
                serve_router(router().layer(RequireAuth::new(bearer()).unwrap())).await;
            }
            "axum, Basic" => serve_router(router().layer(RequireAuth::new(basic()).unwrap())).await,
            "axum, from_fn Bearer by hand" => {
                serve_router(router().layer(from_fn(check_token))).await;
            }
            "axum, from_fn Basic by hand" => {
                serve_router(router().layer(from_fn(check_password))).await;
            }
            _ => panic!("no server has the name {name}"),
        }
    });
}

fn router() -> Router {
    Router::new().route(PATH, get(async || "hello"))
}

/// Serves a router as `axum::serve` does: `with_state` applies the layers. Without it, each request would.
async fn serve_router(router: Router) {
    serve(router.with_state::<()>(())).await;
}

async fn hello(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(hello_now(request))
}

fn hello_now(_: Request<Incoming>) -> Response<Full<Bytes>> {
    Response::new(Full::new(Bytes::from_static(b"hello")))
}

async fn serve<S, B>(service: S)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Future + Send,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let service = TowerToHyperService::new(service.clone());
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}
