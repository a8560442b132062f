//~ is no source of keys
//~ if it is a `Result`, put `?` behind the call that returned it

use tower_challenge::jose::KeySet;
use tower_challenge::jwt::JwtVerifier;

fn main() {
    let _ = JwtVerifier::builder("https://login.example", KeySet::from_jwks("{}"));
}
