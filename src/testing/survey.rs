//! What is there, and who may use it?

use std::fmt;

use http::{Method, Request, Response, Uri};
use tower_service::Service;

use super::ask::{Asking, Prepare};
use super::inquiry::Inquiry;
use super::{Expected, Login, Report};
use crate::config_error::ConfigError;
use crate::scheme::Role;

/// What an application has, and who may use it.
///
/// List every route, the public ones too: a path that answers strangers and is not on the list is a finding. See
/// [the module](super) for an example.
///
/// # What is asked
///
/// - for every route on the list: no credentials, a field that breaks the grammar, wrong ones, right ones
/// - for every path that is not public: all methods that are not listed for it, one that does not exist among them,
///   without credentials
/// - for every such path: other spellings of it, without credentials. Those may be `404`, but must not succeed
/// - below every prefix: a path that nobody has
/// - some paths that are often there and often forgotten, without credentials
///
/// It asks some dozens of times, and each wrong login counts as one: give a throttle room, or leave it out.
pub struct Survey {
    login: Login,
    listed: Vec<(String, String, Expected)>,
    below: Vec<String>,
    prepare: Vec<Box<Prepare>>,
    role: Role,
}

/// A route that was read.
pub(super) struct Listed {
    pub(super) method: Method,
    pub(super) target: Uri,
    pub(super) expected: Expected,
}

impl Survey {
    /// One that logs in like this, and knows of no route yet.
    #[must_use]
    pub const fn new(login: Login) -> Self {
        Self {
            login,
            listed: Vec::new(),
            below: Vec::new(),
            prepare: Vec::new(),
            role: Role::Origin,
        }
    }

    /// A route that needs credentials. `target` is a path that can be asked for, `/notes/1` and not `/notes/{id}`, with a
    /// query if it needs one.
    #[must_use]
    pub fn guarded(self, method: &str, target: &str) -> Self {
        self.route(method, target, Expected::Guarded)
    }

    /// A route that the credentials of the survey do not suffice for.
    #[must_use]
    pub fn forbidden(self, method: &str, target: &str) -> Self {
        self.route(method, target, Expected::Forbidden)
    }

    /// A route that, without credentials, is not there.
    #[must_use]
    pub fn concealed(self, method: &str, target: &str) -> Self {
        self.route(method, target, Expected::Concealed)
    }

    /// A route that everybody may use.
    #[must_use]
    pub fn public(self, method: &str, target: &str) -> Self {
        self.route(method, target, Expected::Public)
    }

    /// A route, and who may use it.
    #[must_use]
    pub fn route(mut self, method: &str, target: &str, expected: Expected) -> Self {
        let route = (method.to_owned(), target.to_owned(), expected);
        self.listed.push(route);
        self
    }

    /// A path below which everything is guarded, whether it is there or not.
    #[must_use]
    pub fn guarded_below(mut self, prefix: &str) -> Self {
        self.below.push(prefix.to_owned());
        self
    }

    /// Does this to every request before it is signed: attaches the address of the client, for instance, or the fields
    /// that the application cannot do without.
    #[must_use]
    pub fn each(mut self, prepare: impl Fn(&mut Request<()>) + Send + Sync + 'static) -> Self {
        self.prepare.push(Box::new(prepare));
        self
    }

    /// Expects what a proxy answers: `407`, and its fields.
    #[must_use]
    pub const fn proxy(mut self) -> Self {
        self.role = Role::Proxy;
        self
    }

    /// Asks `service` for everything, one request after the other.
    ///
    /// The body of a request is the default of its type `B`, empty for most; those of responses are not read. A service that
    /// takes bodies of several types, as axum's routers do, has to be told which: `survey.run::<axum::body::Body, _, _>(&app)`.
    /// A service that never answers is waited for.
    ///
    /// # Errors
    ///
    /// Nothing is on the list that has to be guarded, so that there is nothing to prove; a route is there twice; or a
    /// method or a target is none.
    pub async fn run<B, S, R>(&self, service: &S) -> Result<Report, ConfigError>
    where
        S: Service<Request<B>, Response = Response<R>> + Clone,
        B: Default,
    {
        let listed = self.read()?;
        let asking = Asking::new(service, self.role, &self.login, &self.prepare);
        let mut inquiry = Inquiry::new(asking, &listed);
        for route in &listed {
            inquiry.ask_all(route).await;
        }
        for path in guarded_paths(&listed) {
            inquiry.try_methods(path).await;
            inquiry.try_spellings(path).await;
        }
        for prefix in &self.below {
            inquiry.try_below(prefix).await;
        }
        inquiry.try_common().await;
        Ok(inquiry.report)
    }

    fn read(&self) -> Result<Vec<Listed>, ConfigError> {
        let mut read = Vec::<Listed>::new();
        for (method, target, expected) in &self.listed {
            let route = listed(method, target, *expected)?;
            if read
                .iter()
                .any(|it| it.is(&route.method, route.target.path()))
            {
                return Err(ConfigError::new(format!(
                    "{method} {target} is listed twice"
                )));
            }
            read.push(route);
        }
        for prefix in &self.below {
            listed("GET", prefix, Expected::Guarded)?;
        }
        if guarded_paths(&read).is_empty() && self.below.is_empty() {
            return Err(ConfigError::new("nothing is to be guarded: list what is"));
        }
        Ok(read)
    }
}

impl Listed {
    pub(super) fn is(&self, method: &Method, path: &str) -> bool {
        self.method == *method && self.target.path() == path
    }
}

fn listed(method: &str, target: &str, expected: Expected) -> Result<Listed, ConfigError> {
    let wrong = |what| ConfigError::new(format!("{method} {target}: {what}"));
    if !target.starts_with('/') {
        return Err(wrong("a target begins with a slash"));
    }
    Ok(Listed {
        method: Method::from_bytes(method.as_bytes()).map_err(|_| wrong("that is no method"))?,
        target: target.parse().map_err(|_| wrong("that is no target"))?,
        expected,
    })
}

/// The first route of each path that is not everybody's.
fn guarded_paths(listed: &[Listed]) -> Vec<&Listed> {
    let mut paths = Vec::<&Listed>::new();
    for route in listed.iter().filter(|it| it.expected != Expected::Public) {
        if paths
            .iter()
            .all(|it| it.target.path() != route.target.path())
        {
            paths.push(route);
        }
    }
    paths
}

impl fmt::Debug for Survey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Survey")
            .field("listed", &self.listed)
            .field("below", &self.below)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}
