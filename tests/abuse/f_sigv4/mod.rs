//! F. AWS4-HMAC-SHA256.

mod bodies;
mod canonical;
mod fields;
mod keys;
mod listed;
mod repeats;
mod scopes;
mod times;
