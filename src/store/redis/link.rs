//! The connection to the server: one time limit for a step, a circuit breaker, and a new connection after a fault.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use super::breaker::CircuitBreaker;
use super::connection::{Connector, SharedConnection};
use super::fault::{LinkFault, is_unknown_script};
use super::reply::ReplyItems;
use super::script::ScriptCall;

/// How long a new connection may take. A look at the server runs beside the requests, which wait no longer than the
/// budget.
const CONNECT_LIMIT: Duration = Duration::from_millis(700);

/// How long a call may take for which no request waits, if the budget of a request is shorter.
const UNHURRIED: Duration = Duration::from_millis(500);

/// The connection that all steps share.
pub(super) struct Link {
    connector: Connector,
    budget: Duration,
    current: watch::Sender<Option<Arc<dyn SharedConnection>>>,
    breaker: CircuitBreaker,
    /// Wakes the watch, which makes a new connection and looks at the server.
    wake: Arc<Notify>,
    /// The tag of the next call. Each reply must begin with the tag of its call.
    next_tag: AtomicU64,
    /// Why there is no connection, if that is known. Steps that wait for one in vain give this reason.
    lost_because: Mutex<Option<LinkFault>>,
}

impl Link {
    /// Makes a link without a connection. It refuses every step until
    /// [`open`](Self::open).
    pub(super) fn new(connector: Connector, budget: Duration, first_tag: u64) -> Self {
        Self {
            connector,
            budget,
            current: watch::Sender::new(None),
            breaker: CircuitBreaker::open(),
            wake: Arc::new(Notify::new()),
            next_tag: AtomicU64::new(first_tag),
            lost_because: Mutex::default(),
        }
    }

    /// Whether steps are refused without being sent.
    pub(super) fn is_closed(&self) -> bool {
        self.breaker.is_open()
    }

    /// Waits until the watch should look at the server.
    pub(super) fn waker(&self) -> Arc<Notify> {
        Arc::clone(&self.wake)
    }

    pub(super) fn wake_watch(&self) {
        self.wake.notify_one();
    }

    /// How long a call may take for which no request waits. A busy machine must not look like a server that hangs.
    pub(super) fn unhurried(&self) -> Duration {
        self.budget.max(UNHURRIED)
    }

    /// Runs a step that may take `limit`. The step may make several calls, which share the time.
    ///
    /// # Errors
    ///
    /// There is no result. Unless the fault is [`LinkFault::Closed`], the server may have run a part of the step.
    pub(super) async fn within<T>(
        &self,
        limit: Duration,
        step: impl Future<Output = Result<T, LinkFault>>,
    ) -> Result<T, (LinkFault, Opened)> {
        if self.is_closed() {
            return Err((LinkFault::Closed, Opened(false)));
        }
        match timeout(limit, step)
            .await
            .unwrap_or_else(|_| Err(self.late()))
        {
            Ok(result) => {
                self.breaker.succeeded();
                Ok(result)
            }
            Err(fault) => {
                let opened = self.breaker.failed();
                if opened {
                    self.disconnect(&fault);
                }
                Err((fault, Opened(opened)))
            }
        }
    }

    /// The fault of a step whose time is over.
    fn late(&self) -> LinkFault {
        let has_connection = self.current.borrow().is_some();
        let reason = self.lost_because().clone();
        reason
            .filter(|_| !has_connection)
            .unwrap_or(LinkFault::Late)
    }

    fn lost_because(&self) -> MutexGuard<'_, Option<LinkFault>> {
        let reason = self.lost_because.lock();
        reason.unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends one call and reads its reply. If the server does not know the script, it has not run it: so the call is
    /// sent once more with the script. No other call is ever repeated.
    pub(super) async fn call(&self, call: &ScriptCall<'_>) -> Result<ReplyItems, LinkFault> {
        let connection = self.connection().await;
        let result = self.call_on(&*connection, call).await;
        self.end_if_broken(&connection, &result);
        result
    }

    async fn call_on(
        &self,
        connection: &dyn SharedConnection,
        call: &ScriptCall<'_>,
    ) -> Result<ReplyItems, LinkFault> {
        let tag = self.next_tag.fetch_add(1, Ordering::Relaxed).to_string();
        let reply = match connection.send(call.by_hash(&tag)).await {
            Err(error) if is_unknown_script(&error) => connection.send(call.by_source(&tag)).await,
            other => other,
        };
        Ok(ReplyItems::new(reply?, &tag)?)
    }

    /// Returns the connection. Waits while there is none: the caller limits how long.
    async fn connection(&self) -> Arc<dyn SharedConnection> {
        loop {
            if let Some(connection) = &*self.current.borrow() {
                return Arc::clone(connection);
            }
            let mut current = self.current.subscribe();
            // It fails only if the sender is gone, which this link holds.
            let _there_is_one = current.wait_for(Option::is_some).await;
        }
    }

    /// Returns the connection for a look at the server: the current one, or a new one. No step uses a new one before
    /// [`open`](Self::open), because the server behind it may have lost claims.
    pub(super) async fn connection_to_look_at(
        &self,
    ) -> Result<Arc<dyn SharedConnection>, LinkFault> {
        if let Some(current) = &*self.current.borrow() {
            return Ok(Arc::clone(current));
        }
        let connecting = timeout(CONNECT_LIMIT, self.connector.connect());
        let connection = connecting.await.map_err(|_| LinkFault::Late)??;
        Ok(Arc::from(connection))
    }

    /// Forgets the connection if the result says that it is broken, and wakes the watch, which makes another. Does nothing
    /// if another caller has forgotten it already.
    fn end_if_broken(
        &self,
        failed: &Arc<dyn SharedConnection>,
        result: &Result<ReplyItems, LinkFault>,
    ) {
        let Some(fault) = result
            .as_ref()
            .err()
            .filter(|fault| fault.ends_connection())
        else {
            return;
        };
        let dropped = self.current.send_if_modified(|current| {
            let is_failed = current.as_ref().is_some_and(|one| Arc::ptr_eq(one, failed));
            if is_failed {
                // Before the connection is gone, so that no step finds an old reason.
                *self.lost_because() = Some(fault.clone());
                *current = None;
            }
            is_failed
        });
        if dropped {
            self.wake_watch();
        }
    }

    /// Forgets the connection. Calls on it that still wait for replies end when their time is over.
    fn disconnect(&self, fault: &LinkFault) {
        *self.lost_because() = Some(fault.clone());
        self.current.send_replace(None);
        self.wake_watch();
    }

    /// Lets steps pass over this connection, because a look at its server has found it good. Returns whether steps were
    /// refused before.
    pub(super) fn open(&self, connection: &Arc<dyn SharedConnection>) -> bool {
        self.current.send_if_modified(|current| {
            let is_new = current.is_none();
            current.get_or_insert_with(|| Arc::clone(connection));
            is_new
        });
        *self.lost_because() = None;
        self.breaker.close()
    }

    /// A look at the server failed. Steps may be refused from now on.
    pub(super) fn probe_failed(&self, fault: &LinkFault) {
        *self.lost_because() = Some(fault.clone());
        if matches!(fault, LinkFault::Evicting(_)) {
            self.breaker.trip();
            return;
        }
        self.breaker.look_failed();
        // The next look makes a new connection. The network may have lost this one without a word.
        if self.is_closed() {
            self.current.send_replace(None);
        }
    }

    /// Runs a look at the server. It passes the breaker, because it is the probe.
    pub(super) async fn probe(
        &self,
        connection: &Arc<dyn SharedConnection>,
        call: &ScriptCall<'_>,
    ) -> Result<ReplyItems, LinkFault> {
        let result = timeout(self.unhurried(), self.call_on(&**connection, call)).await;
        let result = result.unwrap_or(Err(LinkFault::Late));
        self.end_if_broken(connection, &result);
        result
    }
}

/// Whether a fault has opened the circuit breaker.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened(pub(super) bool);
