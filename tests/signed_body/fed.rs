//! A body that a test sends piece by piece.

use std::error::Error;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;
type Item = Result<Frame<Bytes>, BoxError>;

/// The client's end of a body. Dropping it ends the body.
pub(crate) struct Client {
    sender: UnboundedSender<Item>,
    body: Weak<AtomicUsize>,
    sent: AtomicUsize,
}

/// The server's end of a body.
pub(crate) struct FedBody {
    receiver: UnboundedReceiver<Item>,
    taken: Arc<AtomicUsize>,
}

/// Creates both ends of a body.
pub(crate) fn fed_body() -> (Client, FedBody) {
    let (sender, receiver) = unbounded_channel();
    let taken = Arc::<AtomicUsize>::default();
    let (body, sent) = (Arc::downgrade(&taken), AtomicUsize::new(0));
    (Client { sender, body, sent }, FedBody { receiver, taken })
}

impl Client {
    pub(crate) fn sends(&self, bytes: impl AsRef<[u8]>) -> &Self {
        self.item(Ok(Frame::data(Bytes::copy_from_slice(bytes.as_ref()))))
    }

    pub(crate) fn sends_trailer(&self, name: &'static str, value: &'static str) -> &Self {
        let mut trailers = HeaderMap::new();
        trailers.insert(name, HeaderValue::from_static(value));
        self.item(Ok(Frame::trailers(trailers)))
    }

    pub(crate) fn breaks_off(self) {
        self.item(Err("the client went away".into()));
    }

    /// Returns `true` as long as the server has not dropped the body.
    pub(crate) fn is_read(&self) -> bool {
        self.body.strong_count() > 0
    }

    /// Returns `true` if the server has read every piece that the client has sent.
    pub(crate) fn is_taken(&self) -> bool {
        let taken = self.body.upgrade();
        taken.is_some_and(|taken| taken.load(SeqCst) == self.sent.load(SeqCst))
    }

    fn item(&self, item: Item) -> &Self {
        self.sent.fetch_add(1, SeqCst);
        // Sending fails if the server has dropped the body, which tests do on purpose.
        let _ = self.sender.send(item);
        self
    }
}

impl Body for FedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        let item = ready!(self.receiver.poll_recv(cx));
        self.taken.fetch_add(1, SeqCst);
        Poll::Ready(item)
    }
}

/// A body of which all pieces have already arrived.
pub(crate) fn arrived(pieces: &[&[u8]]) -> FedBody {
    let (client, body) = fed_body();
    for piece in pieces {
        client.sends(piece);
    }
    body
}
