//! F. AWS4-HMAC-SHA256.

mod answers;
mod bodies;
mod canonical;
mod fields;
mod keys;
mod listed;
mod repeats;
mod scopes;
mod streamed;
mod times;
