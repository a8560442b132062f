//! Reads the command line.

use std::net::SocketAddr;
use std::time::Duration;

/// The arguments of the server.
pub(crate) struct Arguments {
    /// The address and port of the first listener.
    pub(crate) listen: String,
    /// The certificate and the key of a second listener, which uses TLS.
    pub(crate) tls: Option<TlsFiles>,
    /// The issuer of the JWTs. Without one, the server issues them itself.
    pub(crate) issuer: Option<String>,
    /// The URL of the issuer's keys. Without one, the metadata of the issuer names it.
    pub(crate) jwks: Option<String>,
    /// A type of JWTs (`typ`) that is accepted beside `at+jwt`.
    pub(crate) token_type: Option<String>,
    /// The URL where another server introspects opaque tokens, and the client that this server is there.
    pub(crate) introspection: Option<String>,
    pub(crate) client: Option<(String, String)>,
    /// The issuer of the tokens for `/mcp`, if it is another.
    pub(crate) authorization_server: Option<String>,
    /// The time for an exchange of SCRAM.
    pub(crate) scram_lifetime: Duration,
    /// The URL of a Redis server, in which the server and its copies keep their stores.
    pub(crate) redis: Option<String>,
    /// How many copies of the server share that Redis server.
    pub(crate) nodes: u32,
    audience: Option<String>,
    origin: Option<String>,
}

/// The paths of two PEM files.
pub(crate) struct TlsFiles {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

const USAGE: &str = "usage: conformance [--listen ADDRESS:PORT] [--tls CERT KEY] [--origin URL] [--audience AUD] \
                     [--issuer URL [--jwks URL]] [--typ TYPE] [--introspection URL --client ID SECRET] [--authorization-server URL] [--scram-ttl SECONDS] [--redis URL [--nodes N]]";

impl Arguments {
    pub(crate) fn read(mut given: impl Iterator<Item = String>) -> Result<Self, &'static str> {
        let mut arguments = Self {
            listen: "127.0.0.1:8080".to_owned(),
            tls: None,
            issuer: None,
            jwks: None,
            token_type: None,
            introspection: None,
            client: None,
            authorization_server: None,
            scram_lifetime: Duration::from_secs(60),
            redis: None,
            nodes: 1,
            audience: None,
            origin: None,
        };
        while let Some(name) = given.next() {
            let mut value = || given.next().ok_or(USAGE);
            match name.as_str() {
                "--listen" => arguments.listen = value()?,
                "--tls" => {
                    let (certificate, key) = (value()?, value()?);
                    arguments.tls = Some(TlsFiles { certificate, key });
                }
                "--issuer" => arguments.issuer = Some(value()?),
                "--jwks" => arguments.jwks = Some(value()?),
                "--typ" => arguments.token_type = Some(value()?),
                "--introspection" => arguments.introspection = Some(value()?),
                "--client" => arguments.client = Some((value()?, value()?)),
                "--authorization-server" => arguments.authorization_server = Some(value()?),
                "--scram-ttl" => {
                    let seconds = value()?.parse().map_err(|_| USAGE)?;
                    arguments.scram_lifetime = Duration::from_secs(seconds);
                }
                "--redis" => arguments.redis = Some(value()?),
                "--nodes" => arguments.nodes = value()?.parse().map_err(|_| USAGE)?,
                "--audience" => arguments.audience = Some(value()?),
                "--origin" => arguments.origin = Some(value()?),
                _ => return Err(USAGE),
            }
        }
        if arguments.jwks.is_some() && arguments.issuer.is_none() {
            return Err("--jwks needs --issuer: tokens name their issuer");
        }
        if arguments.introspection.is_some() != arguments.client.is_some() {
            return Err("--introspection needs --client, and --client needs --introspection");
        }
        Ok(arguments)
    }

    /// The origin that clients see, without a slash at its end: that of the first listener, unless `--origin` names one.
    pub(crate) fn origin(&self, address: SocketAddr) -> String {
        let origin = self.origin.clone();
        origin.unwrap_or_else(|| format!("http://{address}"))
    }

    /// The audience of the tokens for `/jwt`.
    pub(crate) fn audience(&self, origin: &str) -> String {
        let audience = self.audience.clone();
        audience.unwrap_or_else(|| format!("{origin}/jwt"))
    }
}
