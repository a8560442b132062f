//! The arguments of the program.

/// The settings of the server.
pub(crate) struct Arguments {
    /// The address and the port.
    pub(crate) listen: String,
    /// The origin that clients see, without a slash at its end; `None` for that of the address.
    pub(crate) origin: Option<String>,
    /// The issuer identifier of the authorization server.
    pub(crate) authorization_server: String,
}

impl Arguments {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self {
            listen: "127.0.0.1:9200".to_owned(),
            origin: None,
            authorization_server: "http://127.0.0.1:9101".to_owned(),
        };
        while let Some(name) = words.next() {
            let value = words.next().ok_or(format!("{name} needs a value"))?;
            match &*name {
                "--listen" => arguments.listen = value,
                "--origin" => arguments.origin = Some(value),
                "--authorization-server" => arguments.authorization_server = value,
                _ => return Err(format!("there is no argument {name}")),
            }
        }
        Ok(arguments)
    }
}
