//! Tells the operator that the layer does not know the addresses of its clients, and what to do.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

#[cfg(feature = "tracing")]
use super::operator_log;
#[cfg(not(feature = "tracing"))]
use super::operator_log_absent as operator_log;
use super::rules::LayerRules;
use crate::audit::MaintenanceNote;
use crate::client::Client;
use crate::config_error::ConfigError;
use crate::scheme::Scheme;

/// The server does not say which address is at the other end of the connection. The audits show at most 256 bytes.
const UNKNOWN: &str = "the server does not tell the layer the address of a client, so one attacker can lock an account \
    for all: with axum, serve `into_make_service_with_connect_info::<SocketAddr>()` and enable the feature `axum`; \
    otherwise insert a `PeerAddress`";

/// A trusted proxy does not say for which client it speaks.
const NOT_NAMED: &str = "a trusted proxy does not name its client, so one attacker can lock an account for all: let \
    the proxy set the field that the `ClientResolver` reads";

impl<A: Scheme> LayerRules<A> {
    /// Tells the audit and `tracing`, once for all clones of the layer.
    #[cold]
    pub(super) fn note_missing_address(&self, client: &Client) {
        if self.has_noted_address.swap(true, Ordering::Relaxed) {
            return;
        }
        let fault = ConfigError::new(match client.address() {
            None => UNKNOWN,
            Some(_) => NOT_NAMED,
        });
        // Some audits, such as closures, record decisions only.
        operator_log::error(&fault);
        let Some(audit) = &self.audit else {
            return;
        };
        let note = || audit.note(&MaintenanceNote::new("client address", Some(&fault)));
        // The audit is code of the application. Its panic must not change the decision.
        let _ = catch_unwind(AssertUnwindSafe(note));
    }
}
