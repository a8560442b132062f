//! A correct program, which compiles if the library has all features.

use tower_challenge::scheme::{Basic, Bearer, Digest, SigV4};
use tower_challenge::{jose, jwks, jwt, mcp, resource_metadata, testing};

fn main() {}
