//! Nodes of one service that share a store in Redis.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::client::PeerAddress;
use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::header::{Challenge, WwwAuthenticate};
use tower_challenge::scheme::Digest;
use tower_challenge::scheme::digest::{DigestAccounts, NonceKeys};
use tower_challenge::store::RedisStore;
use tower_challenge::throttle::FailureThrottle;
use tower_challenge::{Authenticated, Principal, RequireAuth};

use crate::support::{OTHER_PASSWORD, OTHER_USER, PASSWORD, REALM, USER};

type Body = Full<Bytes>;
type NodeService = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// The name and the password of a user who logs in after a fault for the first time. During a fault, the throttle may
/// count logins of other users as failures, because it cannot take them back.
pub(crate) const NEWCOMER: &str = "newcomer";

/// How many nodes a scenario has.
pub(crate) const NODES: u32 = 2;

/// A node: Digest and a throttle, over a store of its own in the shared Redis.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) store: RedisStore,
    /// A nonce is good for 4,096 requests.
    counted: NodeService,
    /// A nonce is good for one request.
    one_time: NodeService,
    clock: SystemClock,
}

/// An answer of a node, and how long it took.
pub(crate) struct NodeAnswer {
    pub(crate) status: StatusCode,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) has_retry_after: bool,
    pub(crate) took: Duration,
}

impl Node {
    /// Starts a node in the current runtime. It connects to Redis at `url`.
    pub(crate) fn start(url: &str) -> Self {
        let server = redis::Client::open(url).unwrap();
        let store = RedisStore::builder([1; 32], move || {
            let server = server.clone();
            async move { server.get_multiplexed_async_connection().await }
        });
        let store = store.processes(NODES).start().unwrap();
        Self {
            counted: service(&store, false),
            one_time: service(&store, true),
            store,
            clock: SystemClock::new(),
        }
    }

    /// Sends a request from this address, with or without credentials.
    pub(crate) async fn ask(
        &self,
        one_time: bool,
        from: Ipv4Addr,
        credentials: Option<&str>,
    ) -> NodeAnswer {
        let service = if one_time {
            &self.one_time
        } else {
            &self.counted
        };
        let mut request =
            Request::get("/").extension(PeerAddress(SocketAddr::from((from, 50_000))));
        if let Some(credentials) = credentials {
            request = request.header("authorization", credentials);
        }
        let request = request.body(Body::default()).unwrap();
        let before = self.clock.monotonic();
        let Ok(response) = service.clone().oneshot(request).await;
        let took = self.clock.monotonic().saturating_sub(before);
        let fields = response.headers().get_all("www-authenticate");
        let fields = fields.iter().map(http::HeaderValue::as_bytes);
        NodeAnswer {
            status: response.status(),
            challenge: WwwAuthenticate::parse(fields)
                .unwrap()
                .iter()
                .next()
                .cloned(),
            has_retry_after: response.headers().contains_key("retry-after"),
            took,
        }
    }
}

impl NodeAnswer {
    /// Whether the client may repeat its request with the nonce of the answer.
    pub(crate) fn is_stale(&self) -> bool {
        let stale = self
            .challenge
            .as_ref()
            .and_then(|challenge| challenge.param("stale"));
        stale.is_some_and(|stale| stale.to_str().is_some_and(|stale| stale == "true"))
    }

    /// Fails for an answer that no fault of Redis allows.
    pub(crate) fn check(&self) {
        match self.status.as_u16() {
            200 => assert!(self.challenge.is_none()),
            401 => assert!(self.challenge.is_some()),
            // A browser would ask for the password again.
            503 => assert!(self.challenge.is_none() && self.has_retry_after),
            429 => assert!(self.has_retry_after),
            other => panic!("status {other}"),
        }
    }
}

fn service(store: &RedisStore, one_time: bool) -> NodeService {
    let accounts = [
        (USER, PASSWORD),
        (OTHER_USER, OTHER_PASSWORD),
        (NEWCOMER, NEWCOMER),
    ];
    let accounts = DigestAccounts::new(REALM, accounts).unwrap();
    let digest = Digest::builder(REALM, accounts)
        .nonce_keys(NonceKeys::new([2; 32]).unwrap())
        .store(store.clone());
    let digest = if one_time {
        digest.one_time_nonces()
    } else {
        digest
    };
    let throttle = FailureThrottle::new().unwrap().key([3; 32]);
    let layer = RequireAuth::new(digest.build().unwrap()).unwrap();
    let layer = layer.throttle(throttle.store(store.clone()));
    // An answer of the service without a caller would be an answer without a verdict.
    let inner = service_fn(async |request: Request<Body>| {
        let caller = request.extensions().get::<Authenticated<Principal>>();
        let is_right = caller.is_some_and(|caller| [USER, NEWCOMER].contains(&caller.name()));
        let mut response = Response::new(Body::default());
        if !is_right {
            *response.status_mut() = StatusCode::IM_A_TEAPOT;
        }
        Ok::<_, Infallible>(response)
    });
    BoxCloneSyncService::new(layer.layer(inner))
}
