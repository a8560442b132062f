//~ cannot render a refusal as a response with a body of type `axum::body::Body`
//~ `|denial: &Denial, request: &RequestHead<'_>| Response::new(body)`, with a body of type `axum::body::Body`

use axum::Router;
use http::Response;
use tower_challenge::password::OneAccount;
use tower_challenge::respond::Denial;
use tower_challenge::scheme::Basic;
use tower_challenge::{RequestHead, RequireAuth};

fn of(auth: RequireAuth<Basic<OneAccount>>) -> Router {
    let text = |_: &Denial, _: &RequestHead<'_>| Response::new(String::from("no"));
    Router::new().layer(auth.respond_with(text))
}

fn main() {}
