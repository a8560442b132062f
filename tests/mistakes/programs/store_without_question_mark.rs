//~ does not store accounts with hashed passwords
//~ if it is a `Result`, put `?` behind the call that returned it

use tower_challenge::password::{HashedAccounts, HashedPasswords};

fn main() {
    let _ = HashedPasswords::new(HashedAccounts::new([("ada", "$2y$05$minCJPNMpiasDoUvpTCQ6e")]));
}
