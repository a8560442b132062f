//! Tests that the gRPC client of tonic reads the status of a refusal.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "../respond/refused.rs"]
mod refused;

use bytes::{Buf, BufMut};
use http::uri::PathAndQuery;
use tonic::client::Grpc as Client;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Status};
use tower::{Layer, service_fn};
use tower_challenge::respond::GrpcErrors;
use tower_challenge::{Principal, RequestHead};

use self::refused::{ADA, EXHAUSTED, UNAVAILABLE, WRONG, layer};

/// A codec that passes messages on as bytes, without protocol buffers.
#[derive(Default)]
struct BytesCodec;

impl Codec for BytesCodec {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for BytesCodec {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(&*item);
        Ok(())
    }
}

impl Decoder for BytesCodec {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let bytes = buffer.copy_to_bytes(buffer.remaining());
        Ok(Some(bytes.into()))
    }
}

#[tokio::test]
async fn a099_a_grpc_client_that_is_refused_gets_a_grpc_status_and_the_challenges() {
    let forbid = |_: &Principal, _: &RequestHead<'_>| false;
    for (auth, credentials, code) in [
        (layer(), WRONG, Code::Unauthenticated),
        (layer(), "Basic !", Code::InvalidArgument),
        (layer().policy(forbid), ADA, Code::PermissionDenied),
        (layer().require_tls(), ADA, Code::PermissionDenied),
        (layer().throttle(EXHAUSTED), ADA, Code::ResourceExhausted),
        (layer().throttle(UNAVAILABLE), ADA, Code::Unavailable),
        // The layer admits this request. The inner service answers `Unimplemented`, which shows that it was called.
        (layer(), ADA, Code::Unimplemented),
    ] {
        let service = service_fn(async |_: http::Request<tonic::body::Body>| {
            let status = Status::unimplemented("reached");
            Ok::<_, std::convert::Infallible>(status.into_http::<tonic::body::Body>())
        });
        let service = auth.respond_with(GrpcErrors::new()).layer(service);
        let mut request = Request::new(b"message".to_vec());
        request
            .metadata_mut()
            .insert("authorization", credentials.parse().unwrap());
        let mut client = Client::new(service);
        client.ready().await.unwrap();
        let path = PathAndQuery::from_static("/notes.Notes/List");
        let answer = client.unary(request, path, BytesCodec).await;
        let status = answer.expect_err("no service answers with a message");
        assert_eq!(status.code(), code, "{status:?}");
        let challenge = field(status.metadata(), "www-authenticate");
        assert_eq!(
            challenge.is_some(),
            code == Code::Unauthenticated,
            "{status:?}"
        );
        assert_eq!(status.message() == "reached", code == Code::Unimplemented);
    }
}

fn field<'a>(metadata: &'a MetadataMap, name: &str) -> Option<&'a str> {
    metadata.get(name).map(|value| value.to_str().unwrap())
}
