//! Opens the port.

use std::env;
use std::error::Error;
use std::io::ErrorKind;

use tokio::net::TcpListener;

const DEFAULT_ADDRESS: &str = "127.0.0.1:3000";

/// Listens on the address of `--listen`, which must be free. Without `--listen`, it uses the default address, or any
/// free port if that is taken.
pub(crate) async fn listen() -> Result<TcpListener, Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let asked = match (args.next().as_deref(), args.next()) {
        (None, _) => None,
        (Some("--listen"), Some(address)) => Some(address),
        _ => return Err("usage: cargo showcase [--listen ADDRESS:PORT]".into()),
    };
    let address = asked.as_deref().unwrap_or(DEFAULT_ADDRESS);
    match TcpListener::bind(address).await {
        Err(error) if error.kind() == ErrorKind::AddrInUse && asked.is_none() => {
            eprintln!("{address} is in use, so this server uses another port\n");
            Ok(TcpListener::bind("127.0.0.1:0").await?)
        }
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(format!(
            "{address} is in use: choose another port, or port 0 for any free port"
        )
        .into()),
        Err(error) => Err(format!("cannot listen on {address}: {error}").into()),
        Ok(listener) => Ok(listener),
    }
}
