//! Reads the command line.

/// The arguments of the server.
pub(crate) struct Arguments {
    /// The address and port of the first listener.
    pub(crate) listen: String,
    /// The certificate and the key of a second listener, which uses TLS.
    pub(crate) tls: Option<TlsFiles>,
}

/// The paths of two PEM files.
pub(crate) struct TlsFiles {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

const USAGE: &str = "usage: conformance [--listen ADDRESS:PORT] [--tls CERT KEY]";

impl Arguments {
    pub(crate) fn read(mut given: impl Iterator<Item = String>) -> Result<Self, &'static str> {
        let mut arguments = Self {
            listen: "127.0.0.1:8080".to_owned(),
            tls: None,
        };
        while let Some(name) = given.next() {
            let mut value = || given.next().ok_or(USAGE);
            match name.as_str() {
                "--listen" => arguments.listen = value()?,
                "--tls" => {
                    let (certificate, key) = (value()?, value()?);
                    arguments.tls = Some(TlsFiles { certificate, key });
                }
                _ => return Err(USAGE),
            }
        }
        Ok(arguments)
    }
}
