//! The facts about a server, and the epochs of its parts.

use super::keys::{PARTS, Part, StoreKeys};
use super::reply::{MisfitReply, ReplyItems};
use crate::config_error::ConfigError;
use crate::store::StoreEpoch;

/// How many random bytes an epoch of a part has.
pub(super) const EPOCH_BYTES: usize = 16;

pub(super) type PartEpoch = [u8; EPOCH_BYTES];

/// The epochs of all parts, as the store saw them last. Together they are the epoch of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoreEpochs {
    whole: StoreEpoch,
    parts: [PartEpoch; PARTS as usize],
}

impl StoreEpochs {
    pub(super) fn new(keys: &StoreKeys, parts: [PartEpoch; PARTS as usize]) -> Self {
        let whole = StoreEpoch::new(keys.number(parts.as_flattened()));
        Self { whole, parts }
    }

    pub(super) const fn whole(&self) -> StoreEpoch {
        self.whole
    }

    pub(super) fn of(&self, part: Part) -> PartEpoch {
        self.parts[part.index()]
    }
}

/// The answers of `INFO` about a server. A text is empty if the server does not say it, for example because a hosted server
/// refuses the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServerFacts {
    run: String,
    policy: String,
    most_memory: String,
    append_only: String,
    cluster: String,
}

impl ServerFacts {
    /// Reads the reply of the script, which also has the epochs of the parts that it was asked for.
    pub(super) fn read(mut items: ReplyItems) -> Result<(Self, Vec<PartEpoch>), MisfitReply> {
        let run = items.text()?;
        let _replication = items.text()?;
        let facts = Self {
            run,
            policy: items.text()?,
            most_memory: items.text()?,
            append_only: items.text()?,
            cluster: items.text()?,
        };
        let mut epochs = Vec::new();
        while !items.is_empty() {
            let epoch = PartEpoch::try_from(items.bytes()?).map_err(|_| MisfitReply)?;
            epochs.push(epoch);
        }
        Ok((facts, epochs))
    }

    /// Whether all keys are on this server. If it does not say so, the store takes it for a node of a cluster: that costs
    /// more calls, and is right for a single server, too.
    pub(super) fn is_single(&self) -> bool {
        self.cluster == "0"
    }

    /// The policy, if the server may forget keys before they expire.
    pub(super) fn evicts(&self) -> Option<&str> {
        let evicts = self.evicts_when_full() && self.most_memory != "0";
        evicts.then_some(&*self.policy)
    }

    fn evicts_when_full(&self) -> bool {
        !self.policy.is_empty() && self.policy != "noeviction"
    }

    /// Notes about the server for the operator.
    pub(super) fn notes(&self) -> Vec<ConfigError> {
        let mut notes = Vec::new();
        if self.run.is_empty() {
            notes.push(ConfigError::new("Redis refuses INFO: a restart or fail-over is noticed only if the epoch is lost with it, and nonces may be accepted again"));
        }
        if self.policy.is_empty() {
            notes.push(ConfigError::new(
                "Redis does not say its maxmemory-policy: it must be noeviction",
            ));
        } else if self.evicts_when_full() {
            notes.push(ConfigError::new(format!(
                "maxmemory-policy is {}: set it to noeviction",
                self.policy
            )));
        }
        match &*self.append_only {
            "1" => {}
            "0" => notes.push(ConfigError::new("append-only files are off: set `appendonly yes`, or the throttle forgets failures when Redis restarts")),
            _ => notes.push(ConfigError::new("Redis does not say whether append-only files are on: set `appendonly yes`")),
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use redis::Value;

    use super::{PartEpoch, ServerFacts, StoreEpochs};
    use crate::store::redis::keys::{Part, StoreKeys};
    use crate::store::redis::reply::ReplyItems;

    fn reply(texts: &[&[u8]]) -> ReplyItems {
        let texts = [&[b"9".as_slice()], texts].concat();
        let values = texts.iter().map(|text| Value::BulkString(text.to_vec()));
        ReplyItems::new(Value::Array(values.collect()), "9").unwrap()
    }

    fn facts(policy: &str, most: &str, append_only: &str) -> ServerFacts {
        let facts = [
            b"run",
            b"replid".as_slice(),
            policy.as_bytes(),
            most.as_bytes(),
            append_only.as_bytes(),
            b"0",
        ];
        ServerFacts::read(reply(&facts)).unwrap().0
    }

    #[test]
    fn a_server_that_can_evict_keys_is_found() {
        assert_eq!(facts("noeviction", "100", "1").evicts(), None);
        assert_eq!(
            facts("allkeys-lru", "0", "1").evicts(),
            None,
            "no limit, so it is never full"
        );
        assert_eq!(
            facts("allkeys-lru", "100", "1").evicts(),
            Some("allkeys-lru")
        );
        assert_eq!(
            facts("volatile-ttl", "100", "1").evicts(),
            Some("volatile-ttl")
        );
        assert_eq!(facts("", "", "").evicts(), None, "unknown is a note");
    }

    #[test]
    fn notes_say_what_the_operator_should_know() {
        let count = |facts: ServerFacts| facts.notes().len();
        assert_eq!(count(facts("noeviction", "0", "1")), 0);
        assert_eq!(count(facts("noeviction", "0", "0")), 1);
        assert_eq!(count(facts("allkeys-lru", "0", "1")), 1);
        let unknown = ServerFacts::read(reply(&[b"", b"", b"", b"", b"", b""]))
            .unwrap()
            .0;
        assert_eq!(unknown.notes().len(), 3);
        assert!(!unknown.is_single(), "unknown is taken for a cluster");
        assert!(facts("noeviction", "0", "1").is_single());
    }

    #[test]
    fn a_short_epoch_or_a_missing_fact_does_not_fit() {
        assert!(ServerFacts::read(reply(&[b"", b"", b"", b"", b""])).is_err());
        assert!(ServerFacts::read(reply(&[b"", b"", b"", b"", b"", b"", &[1; 15]])).is_err());
        let (_, epochs) =
            ServerFacts::read(reply(&[b"", b"", b"", b"", b"", b"", &[1; 16]])).unwrap();
        assert_eq!(epochs, [[1; 16]]);
    }

    #[test]
    fn the_epoch_of_the_store_changes_with_that_of_any_part() {
        let keys = StoreKeys::new([7; 32]);
        let parts: [PartEpoch; 64] = [[3; 16]; 64];
        let before = StoreEpochs::new(&keys, parts);
        for part in Part::all() {
            let mut parts = parts;
            parts[part.index()][15] ^= 1;
            let after = StoreEpochs::new(&keys, parts);
            assert!(after.whole() != before.whole());
            assert!(after.of(part) != before.of(part));
        }
    }
}
