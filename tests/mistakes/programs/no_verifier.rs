//~ does not verify passwords
//~ a closure does if it names its arguments' types: `|user: &str, password: Secret<'_>| ..`

use tower_challenge::scheme::Basic;

struct Accounts;

fn main() {
    let _ = Basic::new("files", Accounts);
}
