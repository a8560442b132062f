//! The scripts that the server runs, and how a command calls them.

use std::io::Write;

use redis::Cmd;

/// A script. The server knows it by its hash after the first call.
pub(super) struct StoreScript {
    source: &'static str,
    hash: String,
}

/// The scripts of the store.
pub(super) struct StoreScripts {
    pub(super) claim: StoreScript,
    pub(super) epoch: StoreScript,
    pub(super) throttle: StoreScript,
}

impl StoreScripts {
    pub(super) fn new() -> Self {
        Self {
            claim: StoreScript::new(include_str!("lua/claim.lua")),
            epoch: StoreScript::new(include_str!("lua/epoch.lua")),
            throttle: StoreScript::new(concat!(
                include_str!("lua/throttle/arguments.lua"),
                include_str!("lua/throttle/familiar.lua"),
                include_str!("lua/throttle/familiar_steps.lua"),
                include_str!("lua/throttle/networks.lua"),
                include_str!("lua/throttle/room.lua"),
                include_str!("lua/throttle/unfamiliar.lua"),
                include_str!("lua/throttle/steps.lua"),
            )),
        }
    }
}

impl StoreScript {
    pub(super) fn new(source: &'static str) -> Self {
        let hash = redis::Script::new(source).get_hash().to_owned();
        Self { source, hash }
    }

    /// Makes a call of the script with these keys, and no arguments yet.
    pub(super) fn with_keys(&self, keys: Vec<Vec<u8>>) -> ScriptCall<'_> {
        ScriptCall {
            script: self,
            keys,
            arguments: Vec::with_capacity(128),
            ends: Vec::with_capacity(24),
        }
    }
}

/// A call of a script. The link adds its tag as the first argument.
pub(super) struct ScriptCall<'a> {
    script: &'a StoreScript,
    keys: Vec<Vec<u8>>,
    /// All arguments, one after another.
    arguments: Vec<u8>,
    /// Where each argument ends.
    ends: Vec<usize>,
}

impl ScriptCall<'_> {
    pub(super) fn bytes(mut self, argument: impl AsRef<[u8]>) -> Self {
        self.arguments.extend_from_slice(argument.as_ref());
        self.ends.push(self.arguments.len());
        self
    }

    pub(super) fn number(mut self, argument: u64) -> Self {
        // Writing into memory cannot fail.
        let _written = write!(self.arguments, "{argument}");
        self.ends.push(self.arguments.len());
        self
    }

    /// The command that names the script by its hash.
    pub(super) fn by_hash(&self, tag: &str) -> Cmd {
        self.command("EVALSHA", &self.script.hash, tag)
    }

    /// The command that contains the script, for a server that does not know it yet. It knows the script afterwards.
    pub(super) fn by_source(&self, tag: &str) -> Cmd {
        self.command("EVAL", self.script.source, tag)
    }

    fn command(&self, name: &str, script: &str, tag: &str) -> Cmd {
        let length = script.len() + self.arguments.len() + 30 * self.keys.len() + 40;
        let mut command = Cmd::with_capacity(4 + self.keys.len() + self.ends.len(), length);
        command.arg(name).arg(script).arg(self.keys.len());
        for key in &self.keys {
            command.arg(&key[..]);
        }
        command.arg(tag);
        let mut start = 0;
        for end in &self.ends {
            command.arg(&self.arguments[start..*end]);
            start = *end;
        }
        command
    }
}
