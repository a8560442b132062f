//! The arguments of the program.

/// The settings of the server.
pub(crate) struct Arguments {
    /// The address and the port.
    pub(crate) listen: String,
    /// The origin that clients see, without a slash at its end; `None` for that of the address.
    pub(crate) origin: Option<String>,
    /// The authorization server. Without one, the server accepts the tokens of its list.
    pub(crate) issuer: Option<String>,
    /// The authorization server that the metadata document names if there is no issuer.
    pub(crate) authorization_server: String,
}

impl Arguments {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self {
            listen: "127.0.0.1:9200".to_owned(),
            origin: None,
            issuer: None,
            authorization_server: "http://127.0.0.1:9101".to_owned(),
        };
        while let Some(name) = words.next() {
            let value = words.next().ok_or(format!("{name} needs a value"))?;
            match &*name {
                "--listen" => arguments.listen = value,
                "--origin" => arguments.origin = Some(value),
                "--issuer" => arguments.issuer = Some(value),
                "--authorization-server" => arguments.authorization_server = value,
                _ => return Err(format!("there is no argument {name}")),
            }
        }
        Ok(arguments)
    }
}
