//! The other end of the connection as axum says it.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use http::Extensions;

/// The note that `Router::into_make_service_with_connect_info` leaves.
pub(super) fn connect_info(extensions: &Extensions) -> Option<SocketAddr> {
    extensions.get().map(|ConnectInfo(address)| *address)
}
