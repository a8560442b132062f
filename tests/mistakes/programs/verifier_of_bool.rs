//~ `bool` does not say who the caller is
//~ a verifier returns an `Option` of the identity, for example `is_right.then(|| Principal::new(user))`

use tower_challenge::Secret;
use tower_challenge::scheme::Basic;

fn main() {
    let _ = Basic::new("files", |user: &str, password: Secret<'_>| {
        user == "ada" && password.matches("lovelace")
    });
}
