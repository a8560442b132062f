//! Bodies in the format `aws-chunked`: chunks with chunk signatures, and a trailer with a checksum.

mod chain;
mod checksum;
mod decoder;
mod framing;
mod header;

pub(super) use self::chain::SignatureChain;
pub(super) use self::decoder::AwsChunked;
pub(super) use self::framing::ChunkFraming;
