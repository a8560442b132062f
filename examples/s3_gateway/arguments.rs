//! The command line arguments, and the access key from the environment.
//!
//! The secret is not an argument, because every user of the machine can list the arguments of a process.

use std::env;
use std::path::PathBuf;

/// The configuration of the gateway.
pub(crate) struct Arguments {
    /// The address and the port to listen on.
    pub(crate) listen: String,
    /// The directory of the objects.
    pub(crate) root: PathBuf,
    /// The certificate and the private key, to serve over TLS.
    pub(crate) tls: Option<TlsFiles>,
    /// The id of the access key. Its owner may read and write all objects.
    pub(crate) access_key_id: String,
    /// The secret access key.
    pub(crate) secret: String,
}

/// The paths of two PEM files.
pub(crate) struct TlsFiles {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

const USAGE: &str = "usage: ACCESS_KEY_ID=.. SECRET_ACCESS_KEY=.. s3_gateway --root DIRECTORY \
    [--listen ADDRESS:PORT] [--tls CERT KEY]";

impl Arguments {
    pub(crate) fn read(mut given: impl Iterator<Item = String>) -> Result<Self, &'static str> {
        let mut arguments = Self {
            listen: "127.0.0.1:9000".to_owned(),
            root: PathBuf::new(),
            tls: None,
            access_key_id: env::var("ACCESS_KEY_ID").map_err(|_| USAGE)?,
            secret: env::var("SECRET_ACCESS_KEY").map_err(|_| USAGE)?,
        };
        while let Some(name) = given.next() {
            let mut value = || given.next().ok_or(USAGE);
            match name.as_str() {
                "--listen" => arguments.listen = value()?,
                "--root" => arguments.root = value()?.into(),
                "--tls" => {
                    let (certificate, key) = (value()?, value()?);
                    arguments.tls = Some(TlsFiles { certificate, key });
                }
                _ => return Err(USAGE),
            }
        }
        match arguments.root.as_os_str().is_empty() {
            true => Err(USAGE),
            false => Ok(arguments),
        }
    }
}
