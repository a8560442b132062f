//~ `EmptyBody` cannot render a refusal as a response with a body of type `Pages`
//~ `EmptyBody`, the default, can if `Pages` is `Default`
//~ otherwise pass a closure to `respond_with`

use std::convert::Infallible;

use http::{Request, Response};
use tower::{Service, ServiceBuilder, service_fn};
use tower_challenge::RequireAuth;
use tower_challenge::password::OneAccount;
use tower_challenge::scheme::Basic;

struct Pages;

async fn pages(_: Request<String>) -> Result<Response<Pages>, Infallible> {
    Ok(Response::new(Pages))
}

fn serve<S: Service<Request<String>>>(_: S) {}

fn of(auth: RequireAuth<Basic<OneAccount>>) {
    serve(ServiceBuilder::new().layer(auth).service(service_fn(pages)));
}

fn main() {}
