//! A TCP proxy that stands for a bad network between a client and a server.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use tower_challenge::clock::{Clock, SystemClock};

/// The network does this with the bytes from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkFault {
    /// Nothing: it delivers all bytes.
    None,
    /// It delivers each reply of the server this much later.
    Delay(Duration),
    /// It closes every connection, and each new one at once.
    Cut,
    /// It delivers requests, and closes the connection instead of delivering the reply. So the server has done what it
    /// was asked for, and the client does not know.
    CutReplies,
    /// Connections stay open, and no byte arrives at the other side. A connection that has lost bytes stays so when
    /// the fault is over.
    HalfOpen,
    /// It delivers these bytes in place of each reply of the server.
    Garbage(&'static [u8]),
    /// It delivers each reply of the server twice, so that the second one looks like the reply to the next request.
    Repeat,
}

/// A proxy on a port of this machine, in front of one server on this machine. It ends when this value is dropped.
///
/// A reply is what the proxy reads at once, which may be a part of a long reply.
#[derive(Debug)]
pub struct FaultProxy {
    port: u16,
    network: Arc<Network>,
}

#[derive(Debug)]
struct Network {
    target: AtomicU16,
    fault: Mutex<NetworkFault>,
    connections: Mutex<Vec<TcpStream>>,
    upstreams: Mutex<Vec<Arc<Upstream>>>,
    /// Whether the connection of a client stays open when its server ends.
    holds_clients: AtomicBool,
    /// How many connections clients have made.
    accepted: AtomicU64,
    /// The bytes that clients have sent.
    received: AtomicU64,
    has_ended: AtomicBool,
    clock: SystemClock,
}

impl FaultProxy {
    /// Starts a proxy without a fault in front of the server at this port.
    #[must_use]
    pub fn start(target: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let network = Arc::new(Network {
            target: AtomicU16::new(target),
            fault: Mutex::new(NetworkFault::None),
            connections: Mutex::default(),
            upstreams: Mutex::default(),
            holds_clients: AtomicBool::new(false),
            accepted: AtomicU64::new(0),
            received: AtomicU64::new(0),
            has_ended: AtomicBool::new(false),
            clock: SystemClock::new(),
        });
        let of_thread = Arc::clone(&network);
        thread::spawn(move || of_thread.accept(&listener));
        Self { port, network }
    }

    /// The port at which clients connect.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The address, as a client of the crate `redis` expects it.
    #[must_use]
    pub fn redis_url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Sets the fault, also for the connections that are open.
    pub fn set(&self, fault: NetworkFault) {
        *self.network.fault.lock().unwrap() = fault;
        if fault == NetworkFault::Cut {
            self.network.close_all();
        }
    }

    /// Sends new connections to the server at this port, as a name does that is moved to another server.
    pub fn redirect(&self, target: u16) {
        self.network.target.store(target, Ordering::SeqCst);
    }

    /// Keeps the connections of clients open from now on when their server ends. Without a server, the requests of
    /// clients wait until [`switch`](Self::switch) names another one.
    pub fn hold_clients(&self) {
        self.network.holds_clients.store(true, Ordering::SeqCst);
    }

    /// Moves the open connections to the server at this port, and sends new ones there. The clients cannot see it.
    ///
    /// # Panics
    ///
    /// No server listens at the port.
    pub fn switch(&self, target: u16) {
        self.redirect(target);
        for upstream in &*self.network.upstreams.lock().unwrap() {
            upstream.replace(self.network.dial().unwrap());
        }
    }

    /// Whether the proxy has noticed that the servers of all open connections have ended.
    #[must_use]
    pub fn has_no_server(&self) -> bool {
        let upstreams = self.network.upstreams.lock().unwrap();
        !upstreams.iter().any(|upstream| upstream.has_server())
    }

    /// How many connections clients have made.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.network.accepted.load(Ordering::SeqCst)
    }

    /// How many bytes clients have sent through the proxy.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.network.received.load(Ordering::SeqCst)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.network.has_ended.store(true, Ordering::SeqCst);
        self.network.close_all();
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Network {
    fn accept(self: Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming().flatten() {
            if self.has_ended.load(Ordering::SeqCst) {
                return;
            }
            self.accepted.fetch_add(1, Ordering::SeqCst);
            // An error closes the connection, as a network without the server would.
            let _ = self.connect(client);
        }
    }

    fn connect(self: &Arc<Self>, client: TcpStream) -> io::Result<()> {
        if self.fault() == NetworkFault::Cut {
            return Ok(());
        }
        let server = self.dial()?;
        client.set_nodelay(true)?;
        let mut connections = self.connections.lock().unwrap();
        connections.extend([client.try_clone()?, server.try_clone()?]);
        drop(connections);
        let upstream = Arc::new(Upstream::default());
        upstream.replace(server);
        self.upstreams.lock().unwrap().push(Arc::clone(&upstream));
        let of_replies = Arc::clone(&upstream);
        let (delayed, due) = mpsc::channel();
        let requests = client.try_clone()?;
        let [one, two, three] = [(); 3].map(|()| Arc::clone(self));
        thread::spawn(move || one.deliver_requests(&requests, &upstream));
        thread::spawn(move || two.take_replies(&of_replies, &delayed));
        thread::spawn(move || three.deliver_replies(&client, &due));
        Ok(())
    }

    fn dial(&self) -> io::Result<TcpStream> {
        let server = TcpStream::connect(("127.0.0.1", self.target.load(Ordering::SeqCst)))?;
        server.set_nodelay(true)?;
        Ok(server)
    }

    fn deliver_requests(&self, mut client: &TcpStream, upstream: &Upstream) {
        let mut is_lost = false;
        let mut bytes = [0; 65_536];
        while let Ok(length @ 1..) = client.read(&mut bytes) {
            let length_added = u64::try_from(length).unwrap();
            self.received.fetch_add(length_added, Ordering::SeqCst);
            is_lost |= self.fault() == NetworkFault::HalfOpen;
            if !is_lost && !self.deliver_request(&bytes[..length], upstream) {
                break;
            }
        }
        upstream.end();
    }

    /// Returns whether the server of the connection has got the bytes, or the next server after it.
    fn deliver_request(&self, bytes: &[u8], upstream: &Upstream) -> bool {
        while let Some((number, mut server)) = upstream.server() {
            let is_delivered = server.write_all(bytes).is_ok();
            if is_delivered || !self.holds_clients() {
                return is_delivered;
            }
            upstream.lost(number);
        }
        false
    }

    /// Reads the replies of one server after another, and passes each on with the time when it is due.
    fn take_replies(&self, upstream: &Upstream, delayed: &Sender<(Duration, Vec<u8>)>) {
        while let Some((number, server)) = upstream.server() {
            let is_cut = self.take_replies_of(&server, delayed).is_none();
            if is_cut || !self.holds_clients() {
                break;
            }
            upstream.lost(number);
        }
        upstream.end();
    }

    /// Reads the replies of a server until its connection ends. Returns `None` if the client must not get any more.
    fn take_replies_of(
        &self,
        mut server: &TcpStream,
        delayed: &Sender<(Duration, Vec<u8>)>,
    ) -> Option<()> {
        let mut is_lost = false;
        let mut bytes = [0; 65_536];
        while let Ok(length @ 1..) = server.read(&mut bytes) {
            let fault = self.fault();
            is_lost |= fault == NetworkFault::HalfOpen;
            let reply = match fault {
                _ if is_lost => continue,
                NetworkFault::CutReplies => return None,
                NetworkFault::Garbage(garbage) => garbage.to_vec(),
                NetworkFault::Repeat => [&bytes[..length], &bytes[..length]].concat(),
                _ => bytes[..length].to_vec(),
            };
            let delay = match fault {
                NetworkFault::Delay(delay) => delay,
                _ => Duration::ZERO,
            };
            let due = self.clock.monotonic().saturating_add(delay);
            delayed.send((due, reply)).ok()?;
        }
        Some(())
    }

    fn deliver_replies(&self, mut client: &TcpStream, due: &Receiver<(Duration, Vec<u8>)>) {
        for (due, reply) in due {
            thread::sleep(due.saturating_sub(self.clock.monotonic()));
            if client.write_all(&reply).is_err() {
                break;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
    }

    fn holds_clients(&self) -> bool {
        self.holds_clients.load(Ordering::SeqCst)
    }

    fn fault(&self) -> NetworkFault {
        *self.fault.lock().unwrap()
    }

    fn close_all(&self) {
        for connection in self.connections.lock().unwrap().drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
        for upstream in self.upstreams.lock().unwrap().drain(..) {
            upstream.end();
        }
    }
}

/// The side of a connection that leads to a server, or to one server after another.
#[derive(Debug, Default)]
struct Upstream {
    current: Mutex<CurrentServer>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct CurrentServer {
    number: u64,
    server: Option<TcpStream>,
    has_ended: bool,
}

impl Upstream {
    /// Returns the server with its number. Waits while there is none. `None`: the connection has ended.
    fn server(&self) -> Option<(u64, TcpStream)> {
        let current = self.current.lock().unwrap();
        let waits = |current: &mut CurrentServer| current.server.is_none() && !current.has_ended;
        let current = self.changed.wait_while(current, waits).unwrap();
        let server = current.server.as_ref().filter(|_| !current.has_ended)?;
        Some((current.number, server.try_clone().unwrap()))
    }

    /// The server with this number has ended.
    fn lost(&self, number: u64) {
        let mut current = self.current.lock().unwrap();
        if current.number == number {
            current.server = None;
        }
    }

    fn has_server(&self) -> bool {
        let current = self.current.lock().unwrap();
        current.server.is_some() && !current.has_ended
    }

    /// Closes the connection to the server, and goes on with another one.
    fn replace(&self, server: TcpStream) {
        let mut current = self.current.lock().unwrap();
        if current.has_ended {
            return;
        }
        current.number += 1;
        if let Some(old) = current.server.replace(server) {
            let _ = old.shutdown(Shutdown::Both);
        }
        self.changed.notify_all();
    }

    fn end(&self) {
        let mut current = self.current.lock().unwrap();
        current.has_ended = true;
        if let Some(server) = &current.server {
            let _ = server.shutdown(Shutdown::Both);
        }
        self.changed.notify_all();
    }
}
