//! An inner service that records its calls.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::request::Parts;
use http::{Request, Response};
use tower_challenge::{Authenticated, Principal};
use tower_service::Service;

use super::request::Body;

/// The field that marks a response of the probe.
pub const REACHED: &str = "x-reached";

/// An inner service that records its calls and checks Tower's contract: it panics if it is called without having been
/// polled ready. Clones share the record.
pub struct Probe {
    shared: Arc<Shared>,
    ready: bool,
}

struct Shared {
    seen: Mutex<Vec<Seen>>,
    answer: Box<Answering>,
}

type Answering = dyn Fn(&Seen) -> Response<Body> + Send + Sync;

/// A recorded call.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The request, without its body.
    pub head: Parts,
}

impl Seen {
    /// Returns the identity that the layer attached to the request, if there is one.
    #[must_use]
    pub fn identity(&self) -> Option<Principal> {
        let found = self.head.extensions.get::<Authenticated<Principal>>();
        found.map(|caller| caller.clone().into_identity())
    }
}

impl Probe {
    /// Makes a probe that answers every request with `200`.
    #[must_use]
    pub fn new() -> Self {
        Self::answering(|_| Response::new(Body::from("reached")))
    }

    /// Makes a probe that answers with the response of `answer`.
    pub fn answering(answer: impl Fn(&Seen) -> Response<Body> + Send + Sync + 'static) -> Self {
        Self {
            shared: Arc::new(Shared {
                seen: Mutex::default(),
                answer: Box::new(answer),
            }),
            ready: false,
        }
    }

    /// Returns how many calls are recorded.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.shared.seen.lock().unwrap().len()
    }

    /// Returns the recorded calls, and clears the record.
    #[must_use]
    pub fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.shared.seen.lock().unwrap())
    }
}

impl Default for Probe {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for Probe {
    /// Readiness belongs to a single instance (`tower::Service::poll_ready`), so a clone is not ready.
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            ready: false,
        }
    }
}

impl<B> Service<Request<B>> for Probe {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        assert!(
            self.ready,
            "the probe was called without having been polled ready"
        );
        self.ready = false;
        let (head, _) = request.into_parts();
        let seen = Seen { head };
        let mut response = (self.shared.answer)(&seen);
        let headers = response.headers_mut();
        headers.insert(REACHED, http::HeaderValue::from_static("yes"));
        self.shared.seen.lock().unwrap().push(seen);
        ready(Ok(response))
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe")
            .field("calls", &self.calls())
            .finish_non_exhaustive()
    }
}
