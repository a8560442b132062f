//! Accepts tokens that are bound to a key of the client, each request with a proof of the key (DPoP), and is a client of
//! such a server.
//!
//! ```text
//! cargo run --features axum,dpop,jwt,testing --example dpop
//! cargo run --features axum,dpop,jwt,testing --example dpop client 127.0.0.1:3000
//! ```
//!
//! The issuer and the key of the client are those for tests. `/token` stands for your authorization server.

use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::Query;
use axum::routing::get;
use http_body_util::BodyExt;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::scheme::Dpop;
use tower_challenge::scheme::dpop::DpopNonces;
use tower_challenge::testing::{DpopKey, TestIssuer};
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth};

const ISSUER: &str = "https://as.example";

/// The name of this server at the issuer.
const AUDIENCE: &str = "https://notes.example";

/// Makes the routes. Clients reach the server at `origin`, which their proofs name.
fn app(issuer: &TestIssuer, origin: &str) -> Result<Router, ConfigError> {
    let tokens = JwtVerifier::builder(ISSUER, issuer.clone())
        .audience(AUDIENCE)
        .build()?;
    let dpop = |nonces| {
        let dpop = Dpop::builder("notes", tokens.clone()).external_origin(origin);
        RequireAuth::new(dpop.nonces(nonces).build()?)
    };
    let issuer = issuer.clone();
    let token = move |Query(asked): Query<HashMap<String, String>>| async move {
        let key = asked.get("jkt").map_or("", String::as_str);
        let token = issuer.token("ada").audience(AUDIENCE);
        token.claim("cnf", serde_json::json!({ "jkt": key })).sign()
    };
    Ok(Router::new()
        .route("/notes", get(hello).layer(dpop(DpopNonces::Off)?))
        .route("/orders", get(hello).layer(dpop(DpopNonces::Required)?))
        .route("/token", get(token)))
}

async fn hello(caller: Authenticated<Principal>) -> String {
    format!("hello {}\n", caller.name())
}

/// Sends a request over a connection of its own.
async fn send(
    server: SocketAddr,
    path: &str,
    fields: &[(&str, &str)],
) -> Result<http::Response<String>, Box<dyn Error>> {
    let (mut sender, connection) =
        handshake(TokioIo::new(TcpStream::connect(server).await?)).await?;
    tokio::spawn(connection);
    let request = http::Request::get(path).header("host", server.to_string());
    let request = fields.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    let (head, body) = sender
        .send_request(request.body(Body::empty())?)
        .await?
        .into_parts();
    let body = String::from_utf8(body.collect().await?.to_bytes().to_vec())?;
    Ok(http::Response::from_parts(head, body))
}

/// Gets a token for a new key, and asks for both routes. If the server sends a nonce with its refusal, the client repeats
/// the request with it.
async fn be_client(server: SocketAddr) -> Result<(), Box<dyn Error>> {
    let key = DpopKey::generate()?;
    let path = format!("/token?jkt={}", key.thumbprint()?);
    let token = send(server, &path, &[]).await?.into_body();
    let authorization = format!("DPoP {token}");
    for path in ["/notes", "/orders"] {
        let proof = key
            .proof("GET", &format!("http://{server}{path}"))
            .token(&token);
        let ask = async |proof: String| {
            let fields = [("authorization", &*authorization), ("dpop", &*proof)];
            send(server, path, &fields).await
        };
        let mut answer = ask(proof.sign()).await?;
        println!("GET {path}: {}", answer.status());
        let nonce = answer.headers().get("dpop-nonce").cloned();
        if let Some(nonce) = nonce.filter(|_| answer.status() == 401) {
            // A proof is good once, so the new one has an identifier of its own.
            let again = key
                .proof("GET", &format!("http://{server}{path}"))
                .token(&token);
            answer = ask(again.nonce(nonce.to_str()?).sign()).await?;
            println!("GET {path}, with the nonce: {}", answer.status());
        }
        print!("{}", answer.body());
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    if let (Some("client"), Some(server)) = (arguments.next().as_deref(), arguments.next()) {
        return be_client(server.parse()?).await;
    }
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    let origin = format!("http://{address}");
    let issuer = TestIssuer::new(ISSUER)?;
    let key = DpopKey::generate()?;
    let token = issuer.token("ada").audience(AUDIENCE).bound_to(&key).sign();
    let proof = |path: &str| {
        key.proof("GET", &format!("{origin}{path}"))
            .token(&token)
            .sign()
    };
    let (notes, orders, stolen) = (proof("/notes"), proof("/orders"), DpopKey::generate()?);
    let stolen = stolen
        .proof("GET", &format!("{origin}/notes"))
        .token(&token)
        .sign();
    println!(
        r#"The proofs are valid for five minutes, each once.

    curl -i {origin}/notes
        401: no token
    curl -i -H 'Authorization: DPoP {token}' {origin}/notes
        401: `error="invalid_dpop_proof"`, because there is no proof
    curl -i -H 'Authorization: DPoP {token}' -H 'DPoP: {notes}' {origin}/notes
        200: `hello ada`
    curl -i -H 'Authorization: DPoP {token}' -H 'DPoP: {notes}' {origin}/notes
        401: `error="invalid_dpop_proof"`, because the proof was used
    curl -i -H 'Authorization: DPoP {token}' -H 'DPoP: {stolen}' {origin}/notes
        401: `error="invalid_token"`, because the thief has another key
    curl -i -H 'Authorization: DPoP {token}' -H 'DPoP: {orders}' {origin}/orders
        401: `error="use_dpop_nonce"`, because the proof has no nonce

A client that makes its own proofs, and repeats a request with the nonce of the server:

    cargo run --features axum,dpop,jwt,testing --example dpop client {address}

listening on {origin}"#,
    );
    axum::serve(listener, app(&issuer, &origin)?).await?;
    Ok(())
}
