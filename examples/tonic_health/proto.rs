//! Defines the messages of the service, and includes the code that `build.rs` writes. This is the service:
//!
//! ```proto
//! syntax = "proto3";
//! package notes;
//! service Notes { rpc List(ListRequest) returns (ListReply); }
//! message ListRequest {}
//! message ListReply { repeated string notes = 1; }
//! ```

#![expect(
    unreachable_pub,
    unused_qualifications,
    clippy::allow_attributes,
    reason = "the style of the generated code"
)]

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListRequest {}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListReply {
    #[prost(string, repeated, tag = "1")]
    pub(crate) notes: Vec<String>,
}

include!(concat!(env!("OUT_DIR"), "/notes.Notes.rs"));
