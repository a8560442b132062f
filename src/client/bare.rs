//! Stands in for `connect_info` without the feature `axum`.

use std::net::SocketAddr;

use http::Extensions;

/// Returns `None`: without axum, no `ConnectInfo` extension exists.
pub(super) const fn connect_info(_: &Extensions) -> Option<SocketAddr> {
    None
}
