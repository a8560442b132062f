//! Reads the peer address of the connection from axum's extension.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use http::Extensions;

/// Reads the extension that `Router::into_make_service_with_connect_info` inserts.
pub(super) fn connect_info(extensions: &Extensions) -> Option<SocketAddr> {
    extensions.get().map(|ConnectInfo(address)| *address)
}
