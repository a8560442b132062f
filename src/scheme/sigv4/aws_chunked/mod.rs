//! How is a body verified that comes in chunks of its own (`aws-chunked`)?

mod chain;
mod checksum;
mod decoder;
mod framing;
mod header;

pub(super) use self::chain::SignatureChain;
pub(super) use self::decoder::AwsChunked;
pub(super) use self::framing::ChunkFraming;
