//! What the command line says.

/// The server's own arguments.
pub(crate) struct Arguments {
    /// Where to listen.
    pub(crate) listen: String,
    /// The certificate and the key of a second listener.
    pub(crate) tls: Option<TlsFiles>,
}

/// Two PEM files.
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
