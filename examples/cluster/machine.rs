//! A machine: its routes, and what it shares with the others.

use std::error::Error;
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use tower_challenge::client::{ClientResolver, ForwardedHeader};
use tower_challenge::jwt::{JwtVerifier, JwtVerifierBuilder, SharedRevocations, VerifiedClaims};
use tower_challenge::scheme::digest::{DigestAccounts, NonceKeys};
use tower_challenge::scheme::{Bearer, Digest, Dpop};
use tower_challenge::store::{RedisEvent, RedisStore};
use tower_challenge::testing::TestIssuer;
use tower_challenge::throttle::{FailureThrottle, UnfamiliarLimit};
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth};

use crate::MACHINES;

pub(crate) const ISSUER: &str = "https://as.example";

/// The name of the service at the issuer.
pub(crate) const AUDIENCE: &str = "https://notes.example";

const REALM: &str = "cluster";

/// The configuration, which is the same for all machines. The keys are secrets of 32 random bytes: a deployment loads them, so that
/// they stay the same.
pub(crate) struct SharedConfiguration {
    nonce_key: [u8; 32],
    throttle_key: [u8; 32],
    store_key: [u8; 32],
    redis: redis::Client,
    /// The origin that clients see: that of the proxy.
    origin: String,
    issuer: TestIssuer,
}

impl SharedConfiguration {
    pub(crate) fn new(
        url: &str,
        origin: &str,
        issuer: &TestIssuer,
    ) -> Result<Self, Box<dyn Error>> {
        let mut keys = [[0; 32]; 3];
        for key in &mut keys {
            getrandom::fill(key)?;
        }
        let [nonce_key, throttle_key, store_key] = keys;
        Ok(Self {
            nonce_key,
            throttle_key,
            store_key,
            redis: redis::Client::open(url)?,
            origin: origin.to_owned(),
            issuer: issuer.clone(),
        })
    }

    fn store(&self, number: u32) -> Result<RedisStore, ConfigError> {
        let server = self.redis.clone();
        let connect = move || {
            let server = server.clone();
            async move { server.get_multiplexed_async_connection().await }
        };
        let store = RedisStore::builder(self.store_key, connect).processes(MACHINES);
        store.on_event(move |event| report(number, event)).start()
    }

    fn revocations(&self, store: &RedisStore) -> Result<SharedRevocations, ConfigError> {
        let revocations = SharedRevocations::builder(store, ISSUER).start()?;
        let server = self.redis.clone();
        revocations.read_on_message(move || {
            let server = server.clone();
            async move { server.get_async_pubsub().await }
        })?;
        Ok(revocations)
    }
}

/// The claims of a token that the server revokes.
#[derive(Clone, Debug, Deserialize)]
struct TokenId {
    jti: String,
    /// In seconds since 1970.
    exp: u64,
}

/// Makes the routes of a machine. It waits until the machine has reached Redis.
pub(crate) async fn app(
    number: u32,
    shared: &SharedConfiguration,
) -> Result<Router, Box<dyn Error>> {
    let store = shared.store(number)?;
    store.ready().await?;
    let revocations = shared.revocations(&store)?;
    revocations.ready().await?;
    let tokens = || -> JwtVerifierBuilder {
        let tokens = JwtVerifier::builder(ISSUER, shared.issuer.clone()).audience(AUDIENCE);
        tokens.revocations(revocations.list())
    };
    let bearer = Bearer::new(REALM, tokens().claims::<TokenId>().build()?)?;
    let dpop = Dpop::builder(REALM, tokens().build()?)
        .external_origin(&shared.origin)
        .store(store.clone());
    let notes = Router::new()
        .route("/notes", get(hello_by_token))
        .route("/notes/log-out", post(log_out))
        .with_state(revocations)
        .layer(RequireAuth::new(bearer)?);
    Ok(Router::new()
        .route("/files", get(hello).layer(files(shared, &store)?))
        .route(
            "/orders",
            get(hello).layer(RequireAuth::new(dpop.build()?)?),
        )
        .merge(notes)
        .layer(middleware::map_response(
            move |response: Response| async move { with_number(response, number) },
        )))
}

/// Digest, with a throttle that allows four wrong passwords.
fn files(
    shared: &SharedConfiguration,
    store: &RedisStore,
) -> Result<RequireAuth<Digest<DigestAccounts>>, ConfigError> {
    let accounts = DigestAccounts::new(REALM, [("ada", "lovelace"), ("grace", "hopper")])?;
    let digest = Digest::builder(REALM, accounts)
        .nonce_keys(NonceKeys::new(shared.nonce_key)?)
        .store(store.clone());
    let a_day = Duration::from_secs(24 * 60 * 60);
    let throttle = FailureThrottle::new()?
        .key(shared.throttle_key)
        .store(store.clone())
        .unfamiliar(UnfamiliarLimit::new(4, a_day, 4));
    // Only the proxy connects to a machine, so its field is true.
    let proxy = ClientResolver::behind_networks(ForwardedHeader::XForwardedFor, ["127.0.0.1"])?;
    Ok(RequireAuth::new(digest.build()?)?
        .client(proxy)
        .throttle(throttle))
}

async fn hello(caller: Authenticated<Principal>) -> String {
    format!("hello {}\n", caller.name())
}

async fn hello_by_token(caller: Authenticated<VerifiedClaims<TokenId>>) -> String {
    format!("hello {}\n", caller.principal().name())
}

/// Revokes the token of the request at all machines.
async fn log_out(
    State(revocations): State<SharedRevocations>,
    caller: Authenticated<VerifiedClaims<TokenId>>,
) -> StatusCode {
    let token = caller.claims();
    let until = UNIX_EPOCH + Duration::from_secs(token.exp);
    match revocations.revoke_token(&token.jti, until).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Says which machine has answered.
fn with_number(mut response: Response, number: u32) -> Response {
    let field = HeaderName::from_static("x-machine");
    response
        .headers_mut()
        .insert(field, HeaderValue::from(number));
    response
}

/// An operator reads this in the log of the machine.
fn report(number: u32, event: &RedisEvent) {
    eprintln!("machine {number}: {event}");
}
