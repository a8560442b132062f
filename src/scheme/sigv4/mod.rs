//! AWS Signature Version 4 (`AWS4-HMAC-SHA256`): a signature over the request, in a field or in the URL.
//!
//! The secret does not cross the wire. What is signed is the method, the target, the host, every `x-amz-` field, and the
//! body, so that S3 and services of that style need no check of their own. Nothing that is not signed is believed: a
//! request with an `x-amz-` field that is not is refused.
//!
//! The files follow the steps of the specification: [the credential's scope](Scope), the canonical request and the string
//! to sign, the signing key. Before they are compared, everything is checked that needs no secret; afterwards comes the
//! body. Of a body that is signed as a whole the inner service sees nothing before it has verified; of one in signed
//! chunks (`aws-chunked`) it sees each chunk once that has, and only a clean end of the body says that all of it was there.
//!
//! A signature can be used again while it is good, for 15 minutes or until a URL expires: see
//! [`once`](SigV4Builder::once).

mod access_keys;
mod builder;
mod canonical_headers;
mod canonical_query;
mod canonical_request;
mod canonical_uri;
mod chain;
mod checksum;
mod chunk_header;
mod chunked;
mod claimed;
mod credential_scope;
mod framing;
mod hash_body;
mod hex;
mod key_cache;
mod message;
mod payload;
mod presigned;
pub mod proof;
mod rules;
mod server;
mod signing_key;
mod sink;
mod string_to_sign;
mod timestamp;
mod unsigned_body;
mod uri_encode;
#[cfg(test)]
mod work;

pub use self::access_keys::{AccessKey, AccessKeys};
pub use self::builder::SigV4Builder;
pub use self::canonical_uri::PathRule;
pub use self::credential_scope::Scope;
pub use self::server::SigV4;
