//~ expected closure signature
//~ &'a Principal
//~ to implement `Policy<Principal>`

use tower_challenge::password::OneAccount;
use tower_challenge::scheme::Basic;
use tower_challenge::{RequestHead, RequireAuth};

struct Employee;

fn of(auth: RequireAuth<Basic<OneAccount>>) {
    let _ = auth.policy(|_: &Employee, _: &RequestHead<'_>| true);
}

fn main() {}
