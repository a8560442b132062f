//~ is not a policy for callers of type `Principal`
//~ `policy::scopes("write")?` and `policy::role("admin")?` make one of a text

use tower_challenge::RequirePolicy;

fn main() {
    let _ = RequirePolicy::new("write");
}
