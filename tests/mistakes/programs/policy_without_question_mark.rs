//~ is not a policy for callers of type `Principal`
//~ if it is a `Result`, put `?` behind the call that returned it

use tower_challenge::RequirePolicy;
use tower_challenge::policy::scopes;

fn main() {
    let _ = RequirePolicy::new(scopes("write"));
}
