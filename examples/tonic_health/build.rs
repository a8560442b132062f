//! Writes the server and the client of a gRPC service, without protoc.

use tonic_build::manual::{Builder, Method, Service};

fn main() {
    let list = Method::builder()
        .name("list")
        .route_name("List")
        .input_type("super::ListRequest")
        .output_type("super::ListReply")
        .codec_path("tonic_prost::ProstCodec")
        .build();
    let notes = Service::builder()
        .name("Notes")
        .package("notes")
        .method(list)
        .build();
    Builder::new().compile(&[notes]);
}
