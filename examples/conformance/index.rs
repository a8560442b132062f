//! Builds the router, and the page that lists its routes.

use std::convert::Infallible;
use std::mem;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, any_service, get};
use tower::{Layer, Service};

use crate::handler;
use crate::schemes::Guard;
use crate::stores::Stores;

const HEAD: &str = "\
Realm `interop`. Accounts: `mufasa` / `Circle of Life`, `Jäsøn Doe` / `Sécret, €r nöt?`, `colon` / `a:b::c`,
`GUILD\\ada` / `lovelace`, `guest` / `guest` (403). Tokens: `good-token_1.2~3+4/5==` (read write), `low-token` (read).
`5|kq8Zr0vT3xWb` is a token of mufasa, as applications issue it.
";

/// A router under construction, and its page.
pub(crate) struct Index {
    server: String,
    page: String,
    router: Router,
    /// The memory of the routes.
    pub(crate) stores: Stores,
}

/// How to try a route: a curl command and its answer. In the command, `SERVER` stands for the server and `URL` for the
/// route. The answer begins with the status.
#[derive(Clone, Copy)]
pub(crate) struct Try {
    pub(crate) curl: &'static str,
    pub(crate) answer: &'static str,
}

impl Index {
    pub(crate) fn new(address: SocketAddr, stores: Stores) -> Self {
        Self {
            server: format!("http://{address}"),
            page: HEAD.to_owned(),
            router: Router::new(),
            stores,
        }
    }

    /// Adds a route and all paths below it, behind `guard`.
    pub(crate) fn guard(&mut self, path: &str, what: &str, try_it: Try, guard: &Guard) {
        let service = guard.layer(handler::known());
        self.add(path, what, try_it, service);
    }

    /// Adds a route and all paths below it.
    pub(crate) fn add<T>(&mut self, path: &str, what: &str, try_it: Try, service: T)
    where
        T: Service<Request, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static,
        T::Response: IntoResponse,
    {
        self.list(path, what, try_it);
        self.router = mem::take(&mut self.router).nest_service(path, service);
    }

    /// Adds a route, and no path below it.
    pub(crate) fn add_exact(&mut self, path: &str, what: &str, try_it: Try, route: MethodRouter) {
        self.list(path, what, try_it);
        self.router = mem::take(&mut self.router).route(path, route);
    }

    /// Adds the paths one level below `path`. The service gets the whole path.
    pub(crate) fn add_below(&mut self, path: &str, what: &str, try_it: Try, route: MethodRouter) {
        self.list(path, what, try_it);
        self.router = mem::take(&mut self.router).route(&format!("{path}/{{name}}"), route);
    }

    /// Adds a route and all paths below it. axum finishes its responses as it finishes those of paths that do not
    /// exist, so a client cannot tell them apart.
    pub(crate) fn conceal<T>(&mut self, path: &str, what: &str, try_it: Try, service: T)
    where
        T: Service<Request, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static,
        T::Response: IntoResponse,
    {
        self.list(path, what, try_it);
        let route = any_service(service);
        let router = mem::take(&mut self.router).route(path, route.clone());
        self.router = router.route(&format!("{path}/{{*below}}"), route);
    }

    fn list(&mut self, path: &str, what: &str, try_it: Try) {
        let curl = try_it.curl.replace("URL", &format!("SERVER{path}"));
        let curl = curl.replace("SERVER", &self.server);
        let text = format!("\n{path}  {what}\n    {curl}\n        {}\n", try_it.answer);
        self.page.push_str(&text);
    }

    /// Returns the router, with the page at its root.
    pub(crate) fn into_router(self) -> Router {
        let page = self.page;
        let router = self.router.route("/", get(|| async { page }));
        router.fallback(async || handler::not_found())
    }
}
