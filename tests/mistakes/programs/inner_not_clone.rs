//~ the trait bound `Inner: Clone` is not satisfied
//~ required for `RequireAuth
//~ consider annotating `Inner` with `#[derive(Clone)]`

use tower::ServiceBuilder;
use tower_challenge::RequireAuth;
use tower_challenge::password::OneAccount;
use tower_challenge::scheme::Basic;

struct Inner;

fn of(auth: RequireAuth<Basic<OneAccount>>) {
    let _ = ServiceBuilder::new().layer(auth).service(Inner);
}

fn main() {}
