//~ an answer that can fail, and that of `later`, is a `Result<_, Unavailable>`
//~ convert the error with `.map_err(Unavailable::new)`

use std::io;

use tower_challenge::scheme::Bearer;
use tower_challenge::{Principal, Secret};

fn whose(_: Secret<'_>) -> Result<Option<Principal>, io::Error> {
    Ok(None)
}

fn main() {
    let _ = Bearer::new("files", whose);
}
