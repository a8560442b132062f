//! A body that comes when a test says so.

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

/// What a client sends.
pub(crate) struct Client {
    sends: UnboundedSender<Item>,
    body: Weak<AtomicUsize>,
    sent: AtomicUsize,
}

/// What comes of it.
pub(crate) struct Fed {
    comes: UnboundedReceiver<Item>,
    taken: Arc<AtomicUsize>,
}

pub(crate) fn fed() -> (Client, Fed) {
    let (sends, comes) = unbounded_channel();
    let taken = Arc::<AtomicUsize>::default();
    let (body, sent) = (Arc::downgrade(&taken), AtomicUsize::new(0));
    (Client { sends, body, sent }, Fed { comes, taken })
}

impl Client {
    pub(crate) fn sends(&self, octets: impl AsRef<[u8]>) -> &Self {
        self.item(Ok(Frame::data(Bytes::copy_from_slice(octets.as_ref()))))
    }

    pub(crate) fn sends_trailer(&self, name: &'static str, value: &'static str) -> &Self {
        let mut trailers = HeaderMap::new();
        trailers.insert(name, HeaderValue::from_static(value));
        self.item(Ok(Frame::trailers(trailers)))
    }

    pub(crate) fn breaks_off(self) {
        self.item(Err("the client went away".into()));
    }

    /// Whether somebody still wants the rest.
    pub(crate) fn is_read(&self) -> bool {
        self.body.strong_count() > 0
    }

    /// Whether somebody has taken all that was sent.
    pub(crate) fn is_taken(&self) -> bool {
        let taken = self.body.upgrade();
        taken.is_some_and(|taken| taken.load(SeqCst) == self.sent.load(SeqCst))
    }

    fn item(&self, item: Item) -> &Self {
        self.sent.fetch_add(1, SeqCst);
        // Where the body was dropped, nobody hears it.
        let _ = self.sends.send(item);
        self
    }
}

impl Body for Fed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        let item = ready!(self.comes.poll_recv(cx));
        self.taken.fetch_add(1, SeqCst);
        Poll::Ready(item)
    }
}

/// A body that is here already, in these pieces.
pub(crate) fn here(pieces: &[&[u8]]) -> Fed {
    let (client, fed) = fed();
    for piece in pieces {
        client.sends(piece);
    }
    fed
}
