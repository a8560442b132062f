//! tower-http's layers for one token and one account.
#![expect(deprecated, reason = "the layers that this crate replaces")]

use tower::Layer;
use tower_http::validate_request::ValidateRequestHeaderLayer;

use crate::support::contender::{Contender, Traffic};
use crate::support::inner::Inner;
use crate::support::requests::{NAME, PASSWORD, TOKEN};

const TOWER_HTTP: &str = "tower-http";

pub(crate) fn bearer(traffic: &Traffic) -> Contender {
    let layer = ValidateRequestHeaderLayer::bearer(TOKEN);
    Contender::service(TOWER_HTTP, traffic, layer.layer(Inner))
}

pub(crate) fn basic(traffic: &Traffic) -> Contender {
    let layer = ValidateRequestHeaderLayer::basic(NAME, PASSWORD);
    Contender::service(TOWER_HTTP, traffic, layer.layer(Inner))
}
