//! Calls the server with the client of tonic, and with the commands that it prints.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "../../tests/examples/guide_commands.rs"]
#[expect(dead_code, reason = "the tests of the other guides need the rest")]
mod guide_commands;
#[path = "../../tests/examples/placeholders.rs"]
mod placeholders;
#[path = "../../tests/examples/process.rs"]
#[expect(dead_code, reason = "the tests of the other examples need the rest")]
mod process;
mod proto;
#[path = "../../tests/examples/transcript.rs"]
mod transcript;

use tonic::transport::Channel;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use self::guide_commands::{Server, check_guide};
use self::process::Running;
use self::proto::ListRequest;
use self::proto::notes_client::NotesClient;
use self::transcript::check_page;

async fn connect(server: &Running) -> Channel {
    let address = format!("http://{}", server.address);
    let channel = Channel::from_shared(address).unwrap();
    channel.connect().await.unwrap()
}

#[tokio::test]
async fn a_health_check_needs_no_token() {
    let server = Running::start("tonic_health");
    let mut health = HealthClient::new(connect(&server).await);
    let service = "notes.Notes".to_owned();
    let answer = health.check(HealthCheckRequest { service }).await.unwrap();
    assert_eq!(answer.into_inner().status(), ServingStatus::Serving);
}

#[tokio::test]
async fn a_call_needs_a_token() {
    let server = Running::start("tonic_health");
    let mut notes = NotesClient::new(connect(&server).await);
    let mut call = async |token: &str| {
        let mut request = Request::new(ListRequest {});
        let token = format!("Bearer {token}").parse().unwrap();
        request.metadata_mut().insert("authorization", token);
        notes.list(request).await
    };
    let reply = call("t0ken").await.unwrap().into_inner();
    assert_eq!(reply.notes, ["a note of ada"]);

    let status = call("stolen").await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    let challenge = status.metadata().get("www-authenticate").unwrap();
    assert_eq!(challenge, r#"Bearer realm="notes", error="invalid_token""#);
}

#[test]
fn every_command_answers_as_the_cookbook_says() {
    check_page("tonic_health", &Running::start("tonic_health"));
}

#[test]
fn the_commands_of_the_guide_answer_as_the_page_says() {
    let example = Running::start("tonic_health");
    let server = Server {
        address: example.address,
        usual: "127.0.0.1:50051",
        before: "",
        log: &|| example.written_since(0),
    };
    check_guide("tonic", &server);
}
