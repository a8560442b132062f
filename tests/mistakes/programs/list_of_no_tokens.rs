//~ does not verify tokens, and is no list of tokens
//~ a list is an array, a `Vec` or a slice: `[token]` or `[("owner", token)]`

use tower_challenge::RequireAuth;

fn main() {
    let _ = RequireAuth::bearer("api", [1, 2]);
}
