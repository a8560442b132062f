//! A list of revocations that several processes share.

use std::future::Future;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use redis::RedisResult;
use redis::aio::PubSub;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::revocations::{DEFAULT_CAPACITY, Revocation, RevocationList};
use crate::clock::SystemClock;
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::store::{
    LoggedRevocation, LoggedSince, RedisStore, RevocationLog, StoreEpoch, wake_on_messages,
};
use crate::unavailable::Unavailable;

/// How often each process reads what was added.
const BETWEEN_READS: Duration = Duration::from_millis(500);

/// For how long a copy is current without [`allow_outdated`](SharedRevocationsBuilder::allow_outdated).
const CURRENT: Duration = Duration::from_secs(2);

/// The longest time that [`allow_outdated`](SharedRevocationsBuilder::allow_outdated) accepts.
const MOST_OUTDATED: Duration = Duration::from_secs(60);

/// A list of revocations in Redis, with a copy in each process. Its clones are the same list.
///
/// A verifier looks into the [copy](Self::list), so a request costs no round trip. Each process reads twice a second what
/// the others have added. So all of them refuse a revoked token within a second.
///
/// If a process cannot read the list for 2 seconds, its copy is no longer current. A good token is then `503` with
/// `Retry-After`, because it may be revoked. [`allow_outdated`](SharedRevocationsBuilder::allow_outdated) admits such tokens
/// for longer. A token that is bad for another reason stays `401`.
///
/// Redis may lose a revocation, for example when it is restarted. Each process then adds its copy again, within a second
/// after it notices the new [epoch](StoreEpoch).
///
/// The server holds keyed hashes of the tokens and subjects. A revocation takes about 350 bytes there until its token has
/// expired. The list has a place for 10,000 revocations. If it is full, a further revocation is an error, and good tokens
/// are admitted as before. A copy has as many places again, for revocations that only its process knows.
///
/// # Example
///
/// ```no_run
/// use std::time::{Duration, SystemTime};
/// use tower_challenge::jose::KeySource;
/// use tower_challenge::jwt::{JwtVerifier, SharedRevocations};
/// use tower_challenge::store::RedisStore;
///
/// # async fn example(store: RedisStore, keys: impl KeySource) -> Result<(), Box<dyn std::error::Error>> {
/// let revocations = SharedRevocations::builder(&store, "https://as.example").start()?;
/// let verifier = JwtVerifier::builder("https://as.example", keys)
///     .audience("https://api.example")
///     .revocations(revocations.list())
///     .build()?;
///
/// // When `ada` logs out at one machine, all machines refuse the token within a second.
/// let until = SystemTime::now() + Duration::from_secs(3600);
/// revocations.revoke_token("the jti of the token", until).await?;
/// # let _ = verifier;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SharedRevocations(Arc<SharedList>);

struct SharedList {
    copy: RevocationList,
    log: RevocationLog,
    current_for: Duration,
    wake: Arc<Notify>,
    read: Mutex<ReadPosition>,
    runtime: Handle,
}

/// How far this process has read the list.
#[derive(Clone, Copy, Default)]
struct ReadPosition {
    position: u64,
    epoch: Option<StoreEpoch>,
}

/// Makes a [`SharedRevocations`]: see [`SharedRevocations::builder`].
#[derive(Debug)]
pub struct SharedRevocationsBuilder {
    store: RedisStore,
    name: String,
    capacity: usize,
    current_for: Duration,
}

impl SharedRevocations {
    /// Begins a list in `store`. All processes with the same store and the same `name`, for example the issuer of the
    /// tokens, share it.
    #[must_use]
    pub fn builder(store: &RedisStore, name: &str) -> SharedRevocationsBuilder {
        SharedRevocationsBuilder {
            store: store.clone(),
            name: name.to_owned(),
            capacity: DEFAULT_CAPACITY,
            current_for: CURRENT,
        }
    }

    /// The copy of this process, for a [verifier](super::JwtVerifierBuilder::revocations). A revocation that the
    /// application adds to it directly applies to this process alone.
    #[must_use]
    pub fn list(&self) -> &RevocationList {
        &self.0.copy
    }

    /// Refuses the token with this identifier (`jti`) at all processes. `until` is the time at which it expires (`exp`), or
    /// later.
    ///
    /// # Errors
    ///
    /// The list or the copy is full, or the server is out of reach. In all cases try again, because other processes may not
    /// know of the revocation. Unless the copy is full, this process refuses the token already.
    ///
    /// The revocation goes on even if the caller drops the future, for example because its client has gone away.
    pub async fn revoke_token(&self, token_id: &str, until: SystemTime) -> Result<(), Unavailable> {
        self.revoke(self.0.copy.of_token(token_id, until)).await
    }

    /// Refuses every token of the subject (`sub`) that was issued before `issued_before`, at all processes. See
    /// [`RevocationList::revoke_subject`].
    ///
    /// # Errors
    ///
    /// As for [`revoke_token`](Self::revoke_token).
    pub async fn revoke_subject(
        &self,
        subject: &str,
        issued_before: SystemTime,
        until: SystemTime,
    ) -> Result<(), Unavailable> {
        let revocation = self.0.copy.of_subject(subject, issued_before, until);
        self.revoke(revocation).await
    }

    async fn revoke(&self, revocation: Revocation) -> Result<(), Unavailable> {
        self.0.copy.add(revocation).map_err(Unavailable::new)?;
        let list = Arc::clone(&self.0);
        // A task of its own, so that all processes learn of what this one refuses already.
        let adding = async move { list.log.exchange(&[logged(revocation)], None).await };
        let added = self.0.runtime.spawn(adding).await;
        let ended = |_| Unavailable::new("the runtime of the shared revocations has ended");
        match added.map_err(ended)?? {
            LoggedSince { is_full: true, .. } => {
                Err(Unavailable::new("the list of revocations in Redis is full"))
            }
            _ => Ok(()),
        }
    }

    /// Reads the list now. Call it before the first request, after [`RedisStore::ready`]: until the list has been read once, good
    /// tokens are `503`.
    ///
    /// # Errors
    ///
    /// The server is out of reach. This process goes on reading twice a second.
    pub async fn ready(&self) -> Result<(), Unavailable> {
        self.0.read_new().await
    }

    /// Also reads the list as soon as the server tells that a revocation was added, over a connection for messages
    /// (publish and subscribe) that `subscribe` makes. Messages may get lost, so the processes read twice a second all the
    /// same.
    ///
    /// The connection is kept in a task of the current tokio runtime, and is made anew one second after a fault.
    ///
    /// # Errors
    ///
    /// There is no tokio runtime.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # fn example(revocations: tower_challenge::jwt::SharedRevocations) -> Result<(), Box<dyn std::error::Error>> {
    /// let server = redis::Client::open("redis://10.0.0.5/")?;
    /// revocations.read_on_message(move || {
    ///     let server = server.clone();
    ///     async move { server.get_async_pubsub().await }
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn read_on_message<F>(
        &self,
        subscribe: impl Fn() -> F + Send + Sync + 'static,
    ) -> Result<(), ConfigError>
    where
        F: Future<Output = RedisResult<PubSub>> + Send + 'static,
    {
        let runtime = runtime()?;
        let (channel, wake) = (self.0.log.channel(), Arc::clone(&self.0.wake));
        let list = Arc::downgrade(&self.0);
        runtime.spawn(async move {
            while list.strong_count() > 0 {
                let subscribed = async {
                    let mut messages = subscribe().await?;
                    messages.subscribe(&channel).await?;
                    RedisResult::Ok(messages)
                };
                if let Ok(Ok(messages)) = timeout(CURRENT, subscribed).await {
                    wake_on_messages(messages, &wake, || list.strong_count() > 0).await;
                }
                sleep(Duration::from_secs(1)).await;
            }
        });
        Ok(())
    }
}

impl SharedRevocationsBuilder {
    /// Sets how many revocations the list can hold, the same number for all processes. The default is 10,000. A copy holds
    /// at most twice as many. If other processes have added more, the copy is not current, so good tokens are `503` then.
    #[must_use]
    pub const fn capacity(mut self, revocations: usize) -> Self {
        self.capacity = revocations;
        self
    }

    /// Admits tokens by a copy that has not been current for up to `time`, at most 60 seconds, instead of 2 seconds. A token
    /// that was revoked elsewhere is admitted for so long while the server is out of reach.
    #[must_use]
    pub const fn allow_outdated(mut self, time: Duration) -> Self {
        self.current_for = time;
        self
    }

    /// Begins to read the list, in a task of the current tokio runtime. Until the first read has succeeded, good tokens are
    /// `503`.
    ///
    /// # Errors
    ///
    /// The copy may be outdated by more than 60 seconds or by less than 2, or there is no tokio runtime.
    pub fn start(self) -> Result<SharedRevocations, ConfigError> {
        if !(CURRENT..=MOST_OUTDATED).contains(&self.current_for) {
            return Err(ConfigError::new(
                "a copy of the revocations may be outdated by 2 to 60 seconds",
            ));
        }
        let runtime = runtime()?;
        let log = RevocationLog::new(&self.store, &self.name, self.capacity);
        let clock = Arc::new(SystemClock::new());
        let list = SharedList {
            copy: RevocationList::make(self.capacity, log.hash_key(), 0, clock),
            log,
            current_for: self.current_for,
            wake: Arc::default(),
            read: Mutex::default(),
            runtime: runtime.clone(),
        };
        let list = Arc::new(list);
        runtime.spawn(read_on(Arc::downgrade(&list), Arc::clone(&list.wake)));
        Ok(SharedRevocations(list))
    }
}

fn runtime() -> Result<Handle, ConfigError> {
    Handle::try_current()
        .map_err(|_| ConfigError::new("start the shared revocations in a tokio runtime"))
}

/// Reads the list until the last clone of it is dropped.
async fn read_on(list: Weak<SharedList>, wake: Arc<Notify>) {
    while let Some(list) = list.upgrade() {
        // The next read tries again. Meanwhile the copy becomes outdated.
        let _unreachable = list.read_new().await;
        drop(list);
        let _or_woken = timeout(BETWEEN_READS, wake.notified()).await;
    }
}

impl SharedList {
    /// Reads what was added since the last read. In a new epoch the server may have lost revocations, so it gets those of
    /// the copy again, and everything is read anew.
    async fn read_new(&self) -> Result<(), Unavailable> {
        let mut read = *self.read.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let read_at = self.copy.now();
            let since = self.log.exchange(&[], Some(read.position)).await?;
            let has_lost = read.epoch.is_some() && read.epoch != since.epoch;
            read.epoch = since.epoch;
            if has_lost {
                self.add_again().await?;
                read.position = 0;
                continue;
            }
            self.merge(&since)?;
            read.position = since.position;
            if !since.has_more {
                self.note(read, read_at);
                return Ok(());
            }
        }
    }

    /// Adds the revocations of the copy to the list, in steps that do not block the server for long. The copy keeps those for
    /// which the list has no place.
    async fn add_again(&self) -> Result<(), Unavailable> {
        for some in self.all().chunks(500) {
            self.log.exchange(some, None).await?;
        }
        Ok(())
    }

    fn merge(&self, since: &LoggedSince) -> Result<(), Unavailable> {
        // The list has no more than the capacity. This process may know as many that had no place in it.
        let most = self.copy.0.capacity.saturating_mul(2);
        for revocation in &since.revocations {
            let LoggedRevocation {
                id,
                issued_before,
                until,
            } = *revocation;
            let revocation = Revocation {
                id,
                issued_before,
                until,
            };
            self.copy
                .add_up_to(most, revocation)
                .map_err(Unavailable::new)?;
        }
        Ok(())
    }

    fn note(&self, read: ReadPosition, read_at: Duration) {
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = read;
        let until = read_at.saturating_add(self.current_for).as_millis();
        let until = u64::try_from(until).unwrap_or(u64::MAX - 1);
        self.copy
            .0
            .current_until
            .fetch_max(until, Ordering::Release);
    }

    /// All revocations of the copy.
    fn all(&self) -> Vec<LoggedRevocation> {
        let entries = self.copy.read();
        let tokens = entries.tokens.iter().map(|(id, until)| LoggedRevocation {
            id: *id,
            issued_before: None,
            until: *until,
        });
        let subjects = entries
            .subjects
            .iter()
            .map(|(id, revoked)| LoggedRevocation {
                id: *id,
                issued_before: Some(revoked.issued_before),
                until: revoked.until,
            });
        tokens.chain(subjects).collect()
    }
}

fn logged(revocation: Revocation) -> LoggedRevocation {
    let Revocation {
        id,
        issued_before,
        until,
    } = revocation;
    LoggedRevocation {
        id,
        issued_before,
        until,
    }
}

shows! { impl[] SharedRevocations[] as self { list: self.0.copy } }
