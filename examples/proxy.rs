//! A forward proxy that authenticates its clients: it answers `407` to plain requests and to `CONNECT`.
//!
//! ```text
//! cargo run --example proxy
//! ```
//!
//! It listens on the loopback interface only. Attackers look for proxies that they can reach, and misuse them.

use std::env;
use std::error::Error;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response, StatusCode, Uri, client, server, upgrade};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceBuilder;
use tower_challenge::RequireAuth;
use tower_challenge::password::OneAccount;
use tower_challenge::scheme::digest::DigestAccounts;
use tower_challenge::scheme::{Basic, Digest};

type Reply = Result<Response<BoxBody<Bytes, hyper::Error>>, hyper::Error>;

/// Serves requests that the layer has admitted. The layer has removed `Proxy-Authorization`, because the origin server
/// must not see it.
async fn proxy(request: Request<Incoming>) -> Reply {
    let Some(host) = request.uri().authority() else {
        return answer(StatusCode::OK, "hello from the proxy itself\n");
    };
    let address = (host.host().to_owned(), host.port_u16().unwrap_or(80));
    let Ok(upstream) = TcpStream::connect(address).await else {
        return answer(
            StatusCode::BAD_GATEWAY,
            "the origin server is unreachable\n",
        );
    };
    if request.method() == Method::CONNECT {
        tokio::spawn(tunnel(request, upstream));
        return answer(StatusCode::OK, "");
    }
    forward(request, upstream).await
}

/// Forwards a plain request in the form that origin servers expect: the target is a path, not a full URL.
async fn forward(mut request: Request<Incoming>, upstream: TcpStream) -> Reply {
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
    request.headers_mut().remove("proxy-connection");
    let (mut sender, connection) = client::conn::http1::handshake(TokioIo::new(upstream)).await?;
    tokio::spawn(connection);
    Ok(sender.send_request(request).await?.map(BodyExt::boxed))
}

/// Copies bytes in both directions until both sides have closed, or one fails.
async fn tunnel(request: Request<Incoming>, mut upstream: TcpStream) {
    if let Ok(client) = upgrade::on(request).await {
        let _ = copy_bidirectional(&mut TokioIo::new(client), &mut upstream).await;
    }
}

fn answer(status: StatusCode, text: &'static str) -> Reply {
    let mut response = Response::new(Full::from(text).map_err(|never| match never {}).boxed());
    *response.status_mut() = status;
    Ok(response)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(3128), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!(
        r#"    curl -i -x http://{address} http://{address}/
        407: `Proxy-Authenticate` has a challenge for Digest and one for Basic
    curl -i -x http://{address} --proxy-digest -U ada:lovelace http://{address}/
        200: fetched through the proxy, which is also the web server here. Any other http:// address works, too
    curl -i -x http://{address} --proxy-basic -U ada:lovelace http://{address}/
        200: the same with Basic
    curl -i -x http://{address} --proxy-digest -U ada:lovelace -p http://{address}/
        200: through a tunnel (CONNECT), as for https://
    curl -i -x http://{address} --proxy-basic -U ada:wrong http://{address}/
        407: the wrong password

listening on http://{address}"#
    );

    let digest = Digest::new(
        "proxy",
        DigestAccounts::new("proxy", [("ada", "lovelace")])?,
    )?;
    let basic = Basic::new("proxy", OneAccount::new("ada", "lovelace")?)?;
    let auth = RequireAuth::new((digest, basic))?
        .proxy()
        // A request for the proxy's own page fetches nothing, so it needs no credentials.
        .public(|request| request.uri().authority().is_none());
    let service = ServiceBuilder::new().layer(auth).service_fn(proxy);
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        let server = server::conn::http1::Builder::new();
        let connection = server.serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection.with_upgrades());
    }
}
