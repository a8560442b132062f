//! A correct program, which compiles if the crate `http` is the one that the library uses.

use tower_challenge::RequestHead;

fn main() {
    let request = http::Request::new(());
    let _ = RequestHead::of(&request);
}
