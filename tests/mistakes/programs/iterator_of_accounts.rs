//~ does not verify passwords, and is no list of accounts
//~ collect an iterator with `.collect::<Vec<_>>()`

use tower_challenge::RequireAuth;

fn main() {
    let lines = "ada:lovelace".lines();
    let _ = RequireAuth::basic("files", lines.filter_map(|line| line.split_once(':')));
}
