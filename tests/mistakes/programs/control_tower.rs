//! A correct program, which compiles if the crate `tower` is the one that axum uses.

use std::convert::Infallible;

use axum::Router;
use http::{Request, Response};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tower_challenge::RequireAuth;
use tower_challenge::password::OneAccount;
use tower_challenge::scheme::Basic;

async fn hello(_: Request<String>) -> Result<Response<String>, Infallible> {
    Ok(Response::new(String::new()))
}

fn serve<S: Service<Request<String>>>(_: S) {}

fn of(auth: RequireAuth<Basic<OneAccount>>, app: Router) {
    serve(ServiceBuilder::new().layer(auth).service(service_fn(hello)));
    let _ = app.oneshot(Request::new(axum::body::Body::empty()));
}

fn main() {}
