//! The peers: other code that applications use today for the same cases.

pub(crate) mod by_hand;
pub(crate) mod digest_auth;
pub(crate) mod jsonwebtoken;
pub(crate) mod oauth_resource_server;
pub(crate) mod scratchstack;
pub(crate) mod tower_http;
pub(crate) mod tower_oauth2;
