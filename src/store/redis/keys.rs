//! Makes the keys under which the server holds data.

use blake3::Hasher;
use zeroize::Zeroizing;

use crate::store::{ClaimHolder, ClaimKey};

/// How many parts the store has. Each has its own hash tag, so that a cluster spreads the parts over its nodes. Never
/// change the number: processes with different numbers would grant a key twice.
pub(super) const PARTS: u8 = 64;

/// A part of the store: the keys with one hash tag, which are on the same node of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part(u8);

impl Part {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..PARTS).map(Self)
    }

    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The purpose of a key, as a letter. No two kinds have the same.
#[derive(Clone, Copy)]
pub(super) struct KeyKind(pub(super) u8);

impl KeyKind {
    const ACCOUNTS: Self = Self(b'a');
    const ACCOUNT_SLOTS: Self = Self(b'b');
    const CLAIM: Self = Self(b'c');
    const EPOCH: Self = Self(b'e');
    const FAMILIAR: Self = Self(b'f');
    const HOLDERS: Self = Self(b'h');
    const NETWORK: Self = Self(b'n');
    const NETWORKS: Self = Self(b'w');
    const NETWORK_SLOTS: Self = Self(b'y');
    const UNFAMILIAR: Self = Self(b'u');
}

/// Makes keys with a secret. So a reader of the server learns nothing from them, and a client can neither choose the part
/// of the store nor a slot in it. Stores with different secrets share nothing.
pub(super) struct StoreKeys {
    pub(super) secret: Zeroizing<[u8; 32]>,
    /// The keys that each part has once.
    of_parts: Vec<PartKeys>,
}

/// The keys that a part has once.
struct PartKeys {
    epoch: Vec<u8>,
    holders: Vec<u8>,
    accounts: [Vec<u8>; 2],
    networks: [Vec<u8>; 2],
}

impl StoreKeys {
    pub(super) fn new(secret: [u8; 32]) -> Self {
        let mut keys = Self {
            secret: Zeroizing::new(secret),
            of_parts: Vec::new(),
        };
        let of_part = |part: Part| {
            let key = |kind| name(part, kind, &keys.hash(kind, &[part.0]));
            PartKeys {
                epoch: key(KeyKind::EPOCH),
                holders: key(KeyKind::HOLDERS),
                accounts: [KeyKind::ACCOUNTS, KeyKind::ACCOUNT_SLOTS].map(key),
                networks: [KeyKind::NETWORKS, KeyKind::NETWORK_SLOTS].map(key),
            }
        };
        keys.of_parts = Part::all().map(of_part).collect();
        keys
    }

    /// The key of a claim, and its part.
    pub(super) fn claim(&self, key: &ClaimKey) -> (Part, Vec<u8>) {
        let hash = self.hash(KeyKind::CLAIM, key.as_bytes());
        let part = part_of(hash);
        (part, name(part, KeyKind::CLAIM, &hash))
    }

    pub(super) fn epoch(&self, part: Part) -> Vec<u8> {
        self.of_parts[part.index()].epoch.clone()
    }

    /// The key of the table of holders in a part.
    pub(super) fn holders(&self, part: Part) -> Vec<u8> {
        self.of_parts[part.index()].holders.clone()
    }

    /// The keys of the table of accounts in a part, and of its shared slots.
    pub(super) fn accounts(&self, part: Part) -> [Vec<u8>; 2] {
        self.of_parts[part.index()].accounts.clone()
    }

    /// The slot of a holder in the table of a part, among `slots`. Two holders that share a slot in one part have
    /// different slots in most others.
    pub(super) fn slot(&self, part: Part, holder: ClaimHolder, slots: u16) -> u16 {
        let mut name = [0; 9];
        name[0] = part.0;
        name[1..].copy_from_slice(&holder.tag().to_be_bytes());
        let [first, second, ..] = self.hash(KeyKind::HOLDERS, &name);
        u16::from_be_bytes([first, second]) % slots
    }

    /// The key of the record of unfamiliar locations of an account, and its part.
    pub(super) fn unfamiliar(&self, key: ClaimKey) -> (Part, Vec<u8>) {
        let hash = self.hash(KeyKind::UNFAMILIAR, key.as_bytes());
        let part = part_of(hash);
        (part, name(part, KeyKind::UNFAMILIAR, &hash))
    }

    /// The key of the record of familiar locations. It is in the part of the account, so that one script touches both.
    pub(super) fn familiar(&self, part: Part, key: ClaimKey) -> Vec<u8> {
        let hash = self.hash(KeyKind::FAMILIAR, key.as_bytes());
        name(part, KeyKind::FAMILIAR, &hash)
    }

    /// The keys of a subscriber, of its subnet, of their table and of its shared slots. They are in the same part.
    pub(super) fn network(&self, subscriber: ClaimKey, subnet: ClaimKey) -> [Vec<u8>; 4] {
        let around = self.hash(KeyKind::NETWORK, subnet.as_bytes());
        let part = part_of(around);
        let subscriber = self.hash(KeyKind::NETWORK, subscriber.as_bytes());
        let [subscriber, around] =
            [subscriber, around].map(|hash| name(part, KeyKind::NETWORK, &hash));
        let [table, slots] = self.of_parts[part.index()].networks.clone();
        [subscriber, around, table, slots]
    }

    /// A number that only processes with the same secret compute from `text`.
    pub(super) fn number(&self, text: &[u8]) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.hash(KeyKind::EPOCH, text);
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    pub(super) fn hash(&self, kind: KeyKind, text: &[u8]) -> [u8; 16] {
        let mut hasher = Hasher::new_keyed(&self.secret);
        hasher.update(&[kind.0]).update(text);
        let mut hash = [0; 16];
        hash.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        hash
    }
}

pub(super) const fn part_of(hash: [u8; 16]) -> Part {
    Part(hash[0] % PARTS)
}

/// For example `tc{3f}c` and 16 bytes. The text in braces is the hash tag.
pub(super) fn name(part: Part, kind: KeyKind, hash: &[u8; 16]) -> Vec<u8> {
    let mut name = format!("tc{{{:02x}}}", part.0).into_bytes();
    name.push(kind.0);
    name.extend(hash);
    name
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Part, StoreKeys};
    use crate::store::{ClaimHolder, ClaimKey};

    fn tag(key: &[u8]) -> &[u8] {
        &key[..6]
    }

    #[test]
    fn keys_that_one_step_touches_have_the_same_hash_tag() {
        let keys = StoreKeys::new([7; 32]);
        for number in 0..=255_u8 {
            let one = ClaimKey::new([number; 16]);
            let other = ClaimKey::new([!number; 16]);
            let (part, claim) = keys.claim(&one);
            assert_eq!(tag(&claim), tag(&keys.epoch(part)));
            assert_eq!(tag(&claim), tag(&keys.holders(part)));
            let (part, unfamiliar) = keys.unfamiliar(one);
            assert_eq!(tag(&unfamiliar), tag(&keys.familiar(part, other)));
            for key in keys.accounts(part) {
                assert_eq!(tag(&unfamiliar), tag(&key));
            }
            let [subscriber, others @ ..] = keys.network(one, other);
            for key in others {
                assert_eq!(tag(&subscriber), tag(&key));
            }
        }
    }

    #[test]
    fn no_two_keys_are_the_same() {
        let mut seen = BTreeSet::new();
        for secret in [[7; 32], [8; 32]] {
            let keys = StoreKeys::new(secret);
            for part in Part::all() {
                assert!(seen.insert(keys.epoch(part)) && seen.insert(keys.holders(part)));
                for key in keys.accounts(part) {
                    assert!(seen.insert(key));
                }
                for key in keys.of_parts[part.index()].networks.clone() {
                    assert!(seen.insert(key));
                }
            }
            for number in 0..200 {
                let (one, other) = (ClaimKey::new([number; 16]), ClaimKey::new([250; 16]));
                assert!(seen.insert(keys.claim(&one).1));
                let (part, unfamiliar) = keys.unfamiliar(one);
                assert!(seen.insert(unfamiliar) && seen.insert(keys.familiar(part, one)));
                assert!(seen.insert(keys.network(one, other)[0].clone()));
            }
        }
        assert!(seen.iter().all(|key| key.len() == 23));
    }

    #[test]
    fn claims_and_holders_spread_evenly() {
        let keys = StoreKeys::new([7; 32]);
        let mut parts = [0; 64];
        let mut slots = BTreeSet::new();
        for number in 0..6400_u64 {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            let (part, _) = keys.claim(&ClaimKey::new(bytes));
            parts[part.index()] += 1;
            slots.insert(keys.slot(part, ClaimHolder::new(number), 4096));
        }
        assert!(
            parts.iter().all(|held| (50..160).contains(held)),
            "{parts:?}"
        );
        assert!(slots.len() > 3000 && slots.iter().all(|slot| *slot < 4096));
    }
}
