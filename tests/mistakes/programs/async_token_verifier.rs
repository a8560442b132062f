//~ is not an answer of a verifier, a policy or a look-up
//~ wrap an `async` function that verifies in `password::verify_async(..)` or `bearer::verify_async(..)`
//~ where the future owns its values (an `async move` block)

use tower_challenge::scheme::Bearer;
use tower_challenge::{Principal, Secret};

fn main() {
    let _ = Bearer::new("files", async |token: Secret<'_>| {
        token.matches("t0ken").then(|| Principal::new("ada"))
    });
}
