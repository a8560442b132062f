//! Nodes of one service that share a store in Redis.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::client::PeerAddress;
use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::header::{Challenge, WwwAuthenticate};
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::scheme::digest::{DigestAccounts, NonceKeys};
use tower_challenge::scheme::dpop::DpopNonces;
use tower_challenge::scheme::mutual::MutualAccounts;
use tower_challenge::scheme::{BoxScheme, Digest, Dpop, Mutual, SchemeExt};
use tower_challenge::store::RedisStore;
use tower_challenge::throttle::FailureThrottle;
use tower_challenge::{Authenticated, Principal, RequireAuth};

use crate::support::{MutualLogin, OTHER_PASSWORD, OTHER_USER, PASSWORD, REALM, USER};
use crate::way::{Credentials, ISSUER, ORIGIN, Way};

type Body = Full<Bytes>;
type NodeService = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// The name and the password of a user who logs in after a fault for the first time. During a fault, the throttle may
/// count logins of other users as failures, because it cannot take them back.
pub(crate) const NEWCOMER: &str = "newcomer";

/// How many nodes a scenario has.
pub(crate) const NODES: u32 = 2;

const ACCOUNTS: [(&str, &str); 3] = [
    (USER, PASSWORD),
    (OTHER_USER, OTHER_PASSWORD),
    (NEWCOMER, NEWCOMER),
];

/// The accounts of Mutual, which take long to make.
static MUTUAL_ACCOUNTS: LazyLock<MutualAccounts> =
    LazyLock::new(|| MutualAccounts::new(&MutualLogin::of("", "").space, ACCOUNTS).unwrap());

/// A node: a service for each way to log in, over a store of its own in the shared Redis. Digest has a throttle.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) store: RedisStore,
    /// In the order of [`Way::ALL`].
    services: [NodeService; 5],
    clock: SystemClock,
}

/// An answer of a node, and how long it took.
#[derive(Debug)]
pub(crate) struct NodeAnswer {
    pub(crate) status: StatusCode,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) dpop_nonce: Option<String>,
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
        Self::of(store.processes(NODES).start().unwrap())
    }

    /// Makes a node with this store.
    pub(crate) fn of(store: RedisStore) -> Self {
        Self {
            services: Way::ALL.map(|way| service(&store, way)),
            store,
            clock: SystemClock::new(),
        }
    }

    /// Sends a request from this address.
    pub(crate) async fn ask(
        &self,
        way: Way,
        from: Ipv4Addr,
        credentials: &Credentials,
    ) -> NodeAnswer {
        let mut services = Way::ALL.iter().zip(&self.services);
        let (_, service) = services.find(|(one, _)| **one == way).unwrap();
        let mut request =
            Request::get("/").extension(PeerAddress(SocketAddr::from((from, 50_000))));
        for (name, value) in &credentials.0 {
            request = request.header(*name, value);
        }
        let request = request.body(Body::default()).unwrap();
        let before = self.clock.monotonic();
        let Ok(response) = service.clone().oneshot(request).await;
        let took = self.clock.monotonic().saturating_sub(before);
        let text = |name| response.headers().get(name)?.to_str().ok();
        NodeAnswer {
            status: response.status(),
            challenge: challenge(response.headers()),
            dpop_nonce: text("dpop-nonce").map(str::to_owned),
            has_retry_after: response.headers().contains_key("retry-after"),
            took,
        }
    }
}

/// The first challenge.
fn challenge(headers: &HeaderMap) -> Option<Challenge> {
    let fields = headers.get_all("www-authenticate");
    let fields = fields.iter().map(http::HeaderValue::as_bytes);
    WwwAuthenticate::parse(fields)
        .unwrap()
        .iter()
        .next()
        .cloned()
}

impl NodeAnswer {
    /// Whether the client may repeat its request with what the answer gives it, without asking its user.
    pub(crate) fn is_stale(&self) -> bool {
        let is = |name, value| {
            let param = self.challenge.as_ref()?.param(name)?;
            Some(param.to_str()? == value)
        };
        let params = [
            ("stale", "true"),
            ("error", "use_dpop_nonce"),
            ("reason", "stale-session"),
        ];
        params
            .into_iter()
            .any(|(name, value)| is(name, value) == Some(true))
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

fn service(store: &RedisStore, way: Way) -> NodeService {
    let layer = RequireAuth::new(scheme(store, way)).unwrap();
    let layer = match way {
        Way::Digest | Way::DigestOnce => {
            let throttle = FailureThrottle::new().unwrap().key([3; 32]);
            layer.throttle(throttle.store(store.clone()))
        }
        Way::Dpop | Way::DpopNonce | Way::Mutual => layer,
    };
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

fn scheme(store: &RedisStore, way: Way) -> BoxScheme {
    let keys = NonceKeys::new([2; 32]).unwrap();
    match way {
        Way::Digest | Way::DigestOnce => {
            let accounts = DigestAccounts::new(REALM, ACCOUNTS).unwrap();
            let digest = Digest::builder(REALM, accounts).nonce_keys(keys);
            let digest = match way {
                Way::DigestOnce => digest.one_time_nonces(),
                _ => digest,
            };
            digest.store(store.clone()).build().unwrap().boxed()
        }
        Way::Dpop | Way::DpopNonce => {
            let tokens = JwtVerifier::builder(ISSUER.issuer(), ISSUER.clone());
            let dpop = Dpop::builder(REALM, tokens.audience(ORIGIN).build().unwrap());
            let dpop = match way {
                Way::DpopNonce => dpop.nonces(DpopNonces::Required),
                _ => dpop,
            };
            let dpop = dpop.external_origin(ORIGIN).nonce_keys(keys);
            dpop.store(store.clone()).build().unwrap().boxed()
        }
        Way::Mutual => {
            let login = MutualLogin::of(USER, PASSWORD);
            let mutual = Mutual::builder(&login.space, login.host, MUTUAL_ACCOUNTS.clone());
            let mutual = mutual.nonce_keys(keys).store(store.clone());
            mutual.build().unwrap().boxed()
        }
    }
}
