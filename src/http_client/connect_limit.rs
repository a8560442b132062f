//! How long a connection may take.

use std::time::Duration;

/// How long a client tries to connect, to all addresses of a host together.
///
/// hyper gives each address an equal share of the time. A host with eight addresses has 625 ms for each of them. With 2
/// seconds it would be 250 ms, and a round trip between continents can take that long.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
