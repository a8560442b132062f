//~ is not an answer of a verifier, a policy or a look-up
//~ elsewhere, return `NowOrLater::later(future)`

use tower_challenge::{Principal, RequestHead, RequirePolicy};

fn main() {
    let _ = RequirePolicy::new(|_: &Principal, _: &RequestHead<'_>| async { true });
}
