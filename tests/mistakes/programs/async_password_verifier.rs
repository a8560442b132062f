//~ is not an answer of a verifier, a policy or a look-up
//~ wrap an `async` function that verifies in `password::verify_async(..)` or `bearer::verify_async(..)`

use tower_challenge::scheme::Basic;
use tower_challenge::{Principal, Secret};

async fn check(user: &str, password: Secret<'_>) -> Option<Principal> {
    password.matches("lovelace").then(|| Principal::new(user))
}

fn main() {
    let _ = Basic::new("files", check);
}
