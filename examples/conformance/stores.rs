//! The memory of the server: its own, or Redis for several copies of the server.

use std::sync::Arc;
use std::time::SystemTime;

use axum::http::StatusCode;
use tower_challenge::ConfigError;
use tower_challenge::jwt::{RevocationList, SharedRevocations};
use tower_challenge::scheme::digest::NonceKeys;
use tower_challenge::store::{
    MemoryStore, MemoryThrottleStore, RedisEvent, RedisStore, ReplayStore, ThrottleStore,
};
use tower_challenge::throttle::FailureThrottle;

use crate::arguments::Arguments;

/// The key that all copies of the server share. An application loads it as a secret.
const SHARED_KEY: [u8; 32] = *b"the key of all test servers only";

/// Makes the stores of the routes.
#[derive(Clone)]
pub(crate) struct Stores {
    shared: Option<RedisStore>,
    revocations: Revocations,
}

/// The revoked tokens: of this server alone, or of all copies.
#[derive(Clone)]
pub(crate) enum Revocations {
    Own(RevocationList),
    Shared(SharedRevocations),
}

impl Stores {
    /// Connects to the Redis server that the arguments name, in the current runtime.
    pub(crate) fn open(arguments: &Arguments) -> Result<Self, ConfigError> {
        let Some(url) = &arguments.redis else {
            return Ok(Self {
                shared: None,
                revocations: Revocations::Own(RevocationList::new()),
            });
        };
        let server =
            redis::Client::open(&**url).map_err(|why| ConfigError::new(why.to_string()))?;
        let shared = redis_store(server.clone(), arguments.nodes)?;
        let revocations = SharedRevocations::builder(&shared, "conformance").start()?;
        revocations.read_on_message(move || {
            let server = server.clone();
            async move { server.get_async_pubsub().await }
        })?;
        Ok(Self {
            shared: Some(shared),
            revocations: Revocations::Shared(revocations),
        })
    }

    pub(crate) const fn revocations(&self) -> &Revocations {
        &self.revocations
    }

    /// Waits until the shared store can be used, or cannot.
    pub(crate) async fn wait(&self) {
        if let Some(shared) = &self.shared {
            // A fault is on standard error already. The server starts, and answers 503 until Redis is there.
            let _fault = shared.ready().await;
        }
        if let Revocations::Shared(revocations) = &self.revocations {
            let _fault = revocations.ready().await;
        }
    }

    /// The keys of nonces: the same for all copies, or random.
    pub(crate) fn nonce_keys(&self) -> Result<NonceKeys, ConfigError> {
        match &self.shared {
            Some(_) => NonceKeys::new(SHARED_KEY),
            None => NonceKeys::random(),
        }
    }

    /// The store of used nonces for one route.
    pub(crate) fn replay(&self) -> Arc<dyn ReplayStore> {
        match &self.shared {
            Some(shared) => Arc::new(shared.clone()),
            None => Arc::new(MemoryStore::new()),
        }
    }

    /// A throttle with the default limits.
    pub(crate) fn throttle(&self) -> Result<FailureThrottle<Arc<dyn ThrottleStore>>, ConfigError> {
        let throttle = FailureThrottle::new()?;
        Ok(match &self.shared {
            Some(shared) => throttle.key(SHARED_KEY).store(Arc::new(shared.clone())),
            None => throttle.store(Arc::new(MemoryThrottleStore::new())),
        })
    }
}

impl Revocations {
    /// The list for a verifier.
    pub(crate) fn list(&self) -> &RevocationList {
        match self {
            Self::Own(list) => list,
            Self::Shared(shared) => shared.list(),
        }
    }

    /// Refuses a token, and returns the status for the client.
    pub(crate) async fn revoke(&self, token_id: &str, until: SystemTime) -> StatusCode {
        match self {
            Self::Own(list) => match list.revoke_token(token_id, until) {
                Ok(()) => StatusCode::NO_CONTENT,
                Err(_) => StatusCode::INSUFFICIENT_STORAGE,
            },
            Self::Shared(shared) => match shared.revoke_token(token_id, until).await {
                Ok(()) => StatusCode::NO_CONTENT,
                Err(_) => StatusCode::SERVICE_UNAVAILABLE,
            },
        }
    }
}

fn redis_store(server: redis::Client, copies: u32) -> Result<RedisStore, ConfigError> {
    let connect = move || {
        let server = server.clone();
        async move { server.get_multiplexed_async_connection().await }
    };
    let store = RedisStore::builder(SHARED_KEY, connect).processes(copies);
    store.on_event(report).start()
}

fn report(event: &RedisEvent) {
    eprintln!("{event}");
}
