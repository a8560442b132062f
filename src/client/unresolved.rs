//! Holds a request whose client nothing has asked for yet.

use super::Client;
use super::resolver::ClientResolver;
use crate::derives::shows;
use crate::request_head::RequestHead;

/// A request, and the resolver that finds its client.
///
/// To find the client, the resolver reads extensions and header fields. Most requests are decided without that, so a
/// scheme passes this value on, and only a verifier that needs the client calls [`resolve`](Self::resolve). For
/// example, [`HashedPasswords`](crate::password) asks for it when a password has to wait for a thread that hashes, and
/// not when its cache knows the password.
///
/// # Example
///
/// ```
/// use std::net::SocketAddr;
/// use http::Request;
/// use tower_challenge::RequestHead;
/// use tower_challenge::client::{ClientResolver, PeerAddress, UnresolvedClient};
///
/// let resolver = ClientResolver::by_connection();
/// let network_of = |request: &Request<()>| {
///     let client = UnresolvedClient::new(RequestHead::of(request), &resolver).resolve();
///     client.network().map(|network| network.to_string())
/// };
/// let peer = SocketAddr::from(([192, 0, 2, 1], 40_000));
/// let request = Request::get("/").extension(PeerAddress(peer)).body(()).unwrap();
/// assert_eq!(network_of(&request).as_deref(), Some("192.0.2.1/32"));
/// assert_eq!(network_of(&Request::new(())), None, "the server does not say who is connected");
/// ```
#[derive(Clone, Copy)]
pub struct UnresolvedClient<'r> {
    head: RequestHead<'r>,
    resolver: &'r ClientResolver,
}

/// The resolver of requests outside of a layer.
static BY_CONNECTION: ClientResolver = ClientResolver::by_connection();

impl<'r> UnresolvedClient<'r> {
    /// Keeps the request with the head `head`, whose client `resolver` finds.
    #[must_use]
    pub const fn new(head: RequestHead<'r>, resolver: &'r ClientResolver) -> Self {
        Self { head, resolver }
    }

    /// Keeps a request whose client is at the other end of its connection.
    #[inline]
    pub(crate) const fn by_connection(head: RequestHead<'r>) -> Self {
        Self::new(head, &BY_CONNECTION)
    }

    /// Returns the head of the request.
    #[inline]
    pub(crate) const fn head(&self) -> RequestHead<'r> {
        self.head
    }

    /// The same as [`head`](Self::head), without a copy.
    #[inline]
    pub(crate) const fn head_ref(&self) -> &RequestHead<'r> {
        &self.head
    }

    /// Finds the client. Each call reads the request again.
    #[must_use]
    pub fn resolve(&self) -> Client {
        self.resolver.find(&self.head)
    }
}

shows! { impl[] UnresolvedClient['_] as self { resolver: self.resolver } }
