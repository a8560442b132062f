//! A small proxy that sends each request to the next machine.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Makes the proxy.
pub(crate) fn over(
    machines: Vec<SocketAddr>,
) -> IntoMakeServiceWithConnectInfo<Router, SocketAddr> {
    let turn = Arc::new(AtomicUsize::new(0));
    let machines: Arc<[SocketAddr]> = machines.into();
    let forward = async move |ConnectInfo(client): ConnectInfo<SocketAddr>, request| {
        let number = turn.fetch_add(1, Ordering::Relaxed) % machines.len();
        forward(machines[number], client, request).await
    };
    let proxy = Router::new().fallback(forward);
    proxy.into_make_service_with_connect_info::<SocketAddr>()
}

/// Sends a request to a machine, with the address of the client. Fields of that name from the client are dropped.
async fn forward(machine: SocketAddr, client: SocketAddr, mut request: Request) -> Response {
    let address = HeaderValue::from_str(&client.ip().to_string());
    if let Ok(address) = address {
        request.headers_mut().insert("x-forwarded-for", address);
    }
    match send(machine, request).await {
        Ok(response) => response.map(Body::new),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

async fn send(
    machine: SocketAddr,
    request: Request,
) -> Result<hyper::Response<hyper::body::Incoming>, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(machine).await?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender.send_request(request).await?)
}
