//! A TCP proxy that stands for a bad network between a client and a server.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
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
    /// Connections stay open, and no byte arrives at the other side. A connection that has lost bytes stays so when the
    /// fault is over.
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
            // An error closes the connection, as a network without the server would.
            let _ = self.connect(client);
        }
    }

    fn connect(self: &Arc<Self>, client: TcpStream) -> io::Result<()> {
        if self.fault() == NetworkFault::Cut {
            return Ok(());
        }
        let server = TcpStream::connect(("127.0.0.1", self.target.load(Ordering::SeqCst)))?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let mut connections = self.connections.lock().unwrap();
        connections.extend([client.try_clone()?, server.try_clone()?]);
        drop(connections);
        let (delayed, due) = mpsc::channel();
        let (requests, to_server) = (client.try_clone()?, server.try_clone()?);
        let [one, two, three] = [(); 3].map(|()| Arc::clone(self));
        thread::spawn(move || one.deliver_requests(&requests, &to_server));
        thread::spawn(move || two.take_replies(&server, &delayed));
        thread::spawn(move || three.deliver_replies(&client, &due));
        Ok(())
    }

    fn deliver_requests(&self, mut client: &TcpStream, mut server: &TcpStream) {
        let mut is_lost = false;
        let mut bytes = [0; 65_536];
        while let Ok(length @ 1..) = client.read(&mut bytes) {
            let length_added = u64::try_from(length).unwrap();
            self.received.fetch_add(length_added, Ordering::SeqCst);
            is_lost |= self.fault() == NetworkFault::HalfOpen;
            if !is_lost && server.write_all(&bytes[..length]).is_err() {
                break;
            }
        }
        let _ = server.shutdown(Shutdown::Both);
    }

    /// Reads the replies, and passes each on with the time when it is due.
    fn take_replies(&self, mut server: &TcpStream, delayed: &Sender<(Duration, Vec<u8>)>) {
        let mut is_lost = false;
        let mut bytes = [0; 65_536];
        while let Ok(length @ 1..) = server.read(&mut bytes) {
            let fault = self.fault();
            is_lost |= fault == NetworkFault::HalfOpen;
            let reply = match fault {
                _ if is_lost => continue,
                NetworkFault::CutReplies => break,
                NetworkFault::Garbage(garbage) => garbage.to_vec(),
                NetworkFault::Repeat => [&bytes[..length], &bytes[..length]].concat(),
                _ => bytes[..length].to_vec(),
            };
            let delay = match fault {
                NetworkFault::Delay(delay) => delay,
                _ => Duration::ZERO,
            };
            let due = self.clock.monotonic().saturating_add(delay);
            if delayed.send((due, reply)).is_err() {
                break;
            }
        }
        let _ = server.shutdown(Shutdown::Both);
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

    fn fault(&self) -> NetworkFault {
        *self.fault.lock().unwrap()
    }

    fn close_all(&self) {
        for connection in self.connections.lock().unwrap().drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}
