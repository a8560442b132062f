//! F. AWS4-HMAC-SHA256.

mod bodies;
mod canonical;
mod fields;
mod keys;
mod streamed;
mod times;
