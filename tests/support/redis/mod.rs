//! Real Redis servers, which a test can stop, kill and restart.
//!
//! ```ignore
//! let mut server = RedisServer::start();
//! server.command(&["SET", "key", "value"]);
//! server.stop(); // no reply from now on
//! server.resume();
//! server.restart(); // empty
//! let cluster = RedisCluster::start();
//! ```

mod cluster;
mod connection;
mod program;
mod server;

pub use self::cluster::RedisCluster;
pub use self::connection::{RedisConnection, Reply};
pub use self::program::redis_server;
pub use self::server::RedisServer;
