//! A gRPC server with tonic: a service that needs a token, and health checks that need none.
//!
//! ```text
//! cargo run --package tonic_health --example tonic_health
//! ```

mod proto;

use std::env;
use std::error::Error;

use http::Method;
use tokio::net::TcpListener;
use tonic::transport::{Server, server::TcpIncoming};
use tonic::{Request, Response, Status};
use tower_challenge::require_auth::PublicPaths;
use tower_challenge::respond::GrpcErrors;
use tower_challenge::{Authenticated, Principal, RequireAuth};

use self::proto::notes_server::{Notes, NotesServer};
use self::proto::{ListReply, ListRequest};

/// Arguments for curl, and the answer to each. `CALL` sends a message, and `EMPTY` sends none: the layer refuses a call
/// before it reads the message, and curl 7.88 may miss an answer that comes before it has sent the whole request.
const TRY: [(&str, &str); 4] = [
    (
        "CALL SERVER/notes.Notes/List -H 'Authorization: Bearer t0ken'",
        "200: `grpc-status: 0`",
    ),
    (
        "EMPTY SERVER/notes.Notes/List",
        "200: `grpc-status: 16`, because there is no token",
    ),
    (
        "EMPTY SERVER/notes.Other/List",
        "200: `grpc-status: 16`, as for a service that exists",
    ),
    (
        "CALL SERVER/grpc.health.v1.Health/Check",
        "200: `grpc-status: 0`, because health checks are public",
    ),
];

/// curl with the five bytes of an empty message. It prints the fields and the trailers.
const CALL: &str = r"printf '\0\0\0\0\0' | curl -s -D - -o /dev/null --http2-prior-knowledge --data-binary @- -H 'Content-Type: application/grpc'";

/// curl without a message.
const EMPTY: &str = "curl -i --http2-prior-knowledge -X POST -H 'Content-Type: application/grpc'";

struct ListOfNotes;

#[tonic::async_trait]
impl Notes for ListOfNotes {
    async fn list(&self, request: Request<ListRequest>) -> Result<Response<ListReply>, Status> {
        let caller = request.extensions().get::<Authenticated<Principal>>();
        let caller = caller.ok_or_else(|| Status::internal("there is no RequireAuth"))?;
        let notes = vec![format!("a note of {}", caller.name())];
        Ok(Response::new(ListReply { notes }))
    }
}

async fn serve(listener: TcpListener) -> Result<(), Box<dyn Error>> {
    // All other paths need a token, also those of services that do not exist.
    let public = PublicPaths::below([Method::POST], "/grpc.health.v1.Health/")?;
    let auth = RequireAuth::bearer("notes", [(Principal::new("ada"), "t0ken")])?
        .public_paths(public)
        .respond_with(GrpcErrors::new());

    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_serving::<NotesServer<ListOfNotes>>().await;
    let server = Server::builder()
        .layer(auth)
        .add_service(health)
        .add_service(NotesServer::new(ListOfNotes));
    let incoming = TcpIncoming::from(listener);
    Ok(server.serve_with_incoming(incoming).await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(50051), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    for (arguments, answer) in TRY {
        let command = arguments.replace("SERVER", &format!("http://{address}"));
        let command = command.replace("CALL", CALL).replace("EMPTY", EMPTY);
        println!("    {command}\n        {answer}");
    }
    println!("\nlistening on http://{address}");
    serve(listener).await
}
