//! The scripts that the server runs, and how a command calls them.

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
            throttle: StoreScript::new(include_str!("lua/throttle.lua")),
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
            arguments: Vec::new(),
        }
    }
}

/// One call of a script. The link adds its tag as the first argument.
pub(super) struct ScriptCall<'a> {
    script: &'a StoreScript,
    keys: Vec<Vec<u8>>,
    arguments: Vec<Vec<u8>>,
}

impl ScriptCall<'_> {
    pub(super) fn bytes(mut self, argument: impl Into<Vec<u8>>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(super) fn number(self, argument: u64) -> Self {
        self.bytes(argument.to_string())
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
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len());
        command.arg(&self.keys).arg(tag).arg(&self.arguments);
        command
    }
}
