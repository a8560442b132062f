//! Measures how many requests each second one, two and three nodes answer that share a Redis server. Each node has a
//! thread, a runtime, a store with a connection of its own, and the layer with its scheme. The server also counts how
//! many scripts a request takes.
//!
//! `cargo bench --bench redis_nodes --features redis,throttle`
//!
//! It runs for about a minute. The nodes, the clients and the server share the processors of the machine, so the sum
//! of the nodes tells the cost of a request more than the limit of a server. The column "server" is the processor
//! time of the server for a request: one server, which uses one core, can do one request in this time.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a bench fails as a test does"
)]

#[path = "../tests/support/digest_client.rs"]
pub mod digest_client;
#[path = "../tests/support/redis/mod.rs"]
pub mod real;

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Request, Response, StatusCode};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client};
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::RequireAuth;
use tower_challenge::client::PeerAddress;
use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::header::WwwAuthenticate;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::scheme::digest::{DigestAccounts, NonceKeys};
use tower_challenge::scheme::{Basic, BoxScheme, Digest, SchemeExt};
use tower_challenge::store::RedisStore;
use tower_challenge::throttle::FailureThrottle;

use self::digest_client::Login;
use self::real::RedisServer;

const HOUR: Duration = Duration::from_secs(3600);
const RUN: Duration = Duration::from_millis(1500);

/// The best of so many runs counts.
const RUNS: u32 = 3;

/// Requests that a node answers at the same time.
const IN_FLIGHT: usize = 32;

/// More requests than a node answers in a run. A run ends early if they are used up.
const PREPARED: u32 = 40_000;

/// The counts of a nonce that a client uses.
const COUNTS: u32 = 4000;

const USERS: u32 = 256;
const REALM: &str = "bench";
const PASSWORD: &str = "Circle of Life";

type Service = BoxCloneSyncService<Request<()>, Response<()>, Infallible>;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Digest: a claim.
    Claim,
    /// Basic with the right password at a familiar location: a reservation, which is settled.
    Familiar,
    /// Basic with a wrong password for a made-up name, from a network of its own: a reservation, which stays.
    Unfamiliar,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Claim, Self::Familiar, Self::Unfamiliar];

    const fn name(self) -> &'static str {
        match self {
            Self::Claim => "Digest, accepted",
            Self::Familiar => "Basic, familiar location, accepted",
            Self::Unfamiliar => "Basic, unfamiliar location, refused",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::Claim | Self::Familiar => StatusCode::OK,
            Self::Unfamiliar => StatusCode::UNAUTHORIZED,
        }
    }

    fn scheme(self, store: &RedisStore) -> BoxScheme {
        let users = (0..USERS).map(|number| (user(number), PASSWORD));
        if self == Self::Claim {
            let digest = Digest::builder(REALM, DigestAccounts::new(REALM, users).unwrap());
            let digest = digest.nonce_keys(NonceKeys::new([2; 32]).unwrap());
            return digest.store(store.clone()).build().unwrap().boxed();
        }
        let accounts = PlaintextAccounts::new(users).unwrap();
        Basic::new(REALM, accounts).unwrap().boxed()
    }

    fn service(self, store: &RedisStore) -> Service {
        let layer = RequireAuth::new(self.scheme(store)).unwrap();
        let layer = match self {
            Self::Claim => layer,
            _ => {
                let throttle = FailureThrottle::new().unwrap().key([3; 32]);
                layer.throttle(throttle.store(store.clone()))
            }
        };
        let inner = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(())));
        BoxCloneSyncService::new(layer.layer(inner))
    }
}

/// A node, and the requests that its clients are going to send.
struct Node {
    number: u32,
    kind: Kind,
    service: Service,
    requests: Vec<Request<()>>,
}

/// The result of a node.
struct Answered {
    count: f64,
    took: Duration,
}

fn user(number: u32) -> String {
    format!("user {number}")
}

fn request(from: [u8; 4]) -> http::request::Builder {
    let peer = PeerAddress(SocketAddr::from((Ipv4Addr::from(from), 50_000)));
    Request::get("/").extension(peer)
}

fn authorized(from: [u8; 4], credentials: &str) -> Request<()> {
    let request = request(from).header("authorization", credentials);
    request.body(()).unwrap()
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

async fn connect(client: Client) -> redis::RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new().set_response_timeout(Some(HOUR));
    let connecting = client.get_multiplexed_async_connection_with_config(&config);
    connecting.await
}

impl Node {
    /// Starts a node in the current runtime, and prepares its requests.
    async fn start(number: u32, kind: Kind, url: &str) -> Self {
        let client = Client::open(url).unwrap();
        let store = RedisStore::builder([7; 32], move || connect(client.clone()));
        let store = store.budget(HOUR).share(u32::MAX).start().unwrap();
        store.ready().await.unwrap();
        let service = kind.service(&store);
        let requests = Vec::new();
        let mut node = Self {
            number,
            kind,
            service,
            requests,
        };
        node.requests = match kind {
            Kind::Claim => node.claims().await,
            Kind::Familiar => node.familiar().await,
            Kind::Unfamiliar => (0..PREPARED).map(|one| node.unfamiliar(one)).collect(),
        };
        node
    }

    /// Requests of Digest: each nonce is used with many counts.
    async fn claims(&self) -> Vec<Request<()>> {
        let from = [198, 51, 100, 7];
        let mut made = Vec::new();
        for _ in 0..PREPARED / COUNTS {
            let first = self
                .service
                .clone()
                .oneshot(request(from).body(()).unwrap());
            let response = first.await.unwrap();
            let fields = response.headers().get_all("www-authenticate").iter();
            let challenges = WwwAuthenticate::parse(fields.map(|field| field.as_bytes())).unwrap();
            let challenge = challenges.iter().next().unwrap();
            let login = Login::to(challenge, &user(self.number), PASSWORD);
            made.extend((1..=COUNTS).map(|nc| authorized(from, &login.clone().nc(nc).header())));
        }
        made
    }

    /// Requests of users who have logged in at their locations before.
    async fn familiar(&self) -> Vec<Request<()>> {
        let of_user = |number: u32| {
            let [.., low] = number.to_be_bytes();
            authorized([198, 51, low, 7], &basic(&user(number % USERS), PASSWORD))
        };
        for number in 0..USERS {
            let response = self.service.clone().oneshot(of_user(number)).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
        }
        (0..PREPARED).map(of_user).collect()
    }

    fn unfamiliar(&self, one: u32) -> Request<()> {
        let number = self.number * PREPARED + one;
        let [.., high, middle, low] = number.to_be_bytes();
        authorized(
            [11 + high, middle, low, 7],
            &basic(&format!("stranger {number}"), "guess"),
        )
    }

    /// Answers the requests until the time of the run is over. Fails if an answer is not that of its kind.
    async fn run(self) -> Answered {
        let clock = SystemClock::new();
        let next = Arc::new(AtomicUsize::new(0));
        let requests: Arc<[_]> = self.requests.into();
        let begun = clock.monotonic();
        let clients = [(); IN_FLIGHT].map(|()| {
            let (service, next) = (self.service.clone(), Arc::clone(&next));
            let requests = Arc::clone(&requests);
            tokio::spawn(async move {
                let mut count = 0_u32;
                while clock.monotonic() - begun < RUN {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(request) = requests.get(number) else {
                        break;
                    };
                    let response = service.clone().oneshot(request.clone()).await.unwrap();
                    assert_eq!(response.status(), self.kind.status(), "{:?}", self.kind);
                    count += 1;
                }
                count
            })
        });
        let mut count = 0.0;
        for client in clients {
            count += f64::from(client.await.unwrap());
        }
        let took = clock.monotonic() - begun;
        Answered { count, took }
    }
}

/// The result of all nodes.
struct Measured {
    /// Requests each second.
    rate: f64,
    /// Scripts for a request. The looks at the server, about one a second for each node, are among them.
    scripts: f64,
    /// The processor time of the server for a request, in seconds.
    server: f64,
}

fn measure(kind: Kind, nodes: u32) -> Measured {
    let server = RedisServer::start();
    let line = Barrier::new(nodes as usize + 1);
    let (before, answered): (f64, Vec<Answered>) = thread::scope(|scope| {
        let start = |number| {
            let (line, url) = (&line, server.url());
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build();
                let runtime = runtime.unwrap();
                let node = runtime.block_on(Node::start(number, kind, &url));
                line.wait();
                line.wait();
                runtime.block_on(node.run())
            })
        };
        let threads: Vec<_> = (0..nodes).map(start).collect();
        line.wait();
        server.command(&["CONFIG", "RESETSTAT"]);
        let before = processor(&server);
        line.wait();
        let ends = threads.into_iter().map(|node| node.join().unwrap());
        (before, ends.collect())
    });
    let used = processor(&server) - before;
    let calls = server.calls("evalsha") + server.calls("eval");
    let scripts = f64::from(u32::try_from(calls).unwrap());
    let count: f64 = answered.iter().map(|node| node.count).sum();
    Measured {
        rate: answered
            .iter()
            .map(|node| node.count / node.took.as_secs_f64())
            .sum(),
        scripts: scripts / count,
        server: used / count,
    }
}

/// The seconds for which the server has used a processor.
fn processor(server: &RedisServer) -> f64 {
    let number = |field| server.info(field).unwrap().parse::<f64>().unwrap();
    number("used_cpu_user") + number("used_cpu_sys")
}

fn main() {
    println!(
        "{:36} {:>5} {:>10} {:>16} {:>10}",
        "request", "nodes", "each second", "scripts, each", "server"
    );
    for kind in Kind::ALL {
        for nodes in 1..=3 {
            let runs = (0..RUNS).map(|_| measure(kind, nodes));
            let best = runs
                .max_by(|one, other| one.rate.total_cmp(&other.rate))
                .unwrap();
            println!(
                "{:36} {nodes:5} {:11.0} {:16.2} {:7.1} µs",
                kind.name(),
                best.rate,
                best.scripts,
                best.server * 1e6
            );
        }
    }
}
