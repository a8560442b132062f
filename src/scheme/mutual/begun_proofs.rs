//! How does the server keep the secret of a session in few bytes? It begins the hashes of both proofs, and keeps their
//! states.
//!
//! ```text
//! VK_c  = H(4 K_c1 K_s1 z VI(nc) VS(vh))     VK_s = H(3 K_c1 K_s1 z VI(nc) VS(vh))
//! begun = state_c state_s rest
//! state_c = the state of the hash after the whole blocks of `4 K_c1 K_s1 z`; state_s the same with 3
//! rest    = the bytes after the last whole block. They are the same for both.
//! ```
//!
//! `K_c1 K_s1 z` has more bytes than a block, so the first byte is in a whole block. With the group of 4,096 bits, `begun`
//! has 161 bytes, and the three elements have 1,536.

use sha2::digest::block_api::{Buffer, CoreProxy};
use sha2::digest::common::BlockSizeUser;
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::digest::typenum::Unsigned;
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

use super::algorithm::MutualAlgorithm;
use super::encoding::{variable_integer, variable_string};
use super::group::SecretBytes;
use super::proof::{CLIENT, Proof, SERVER, SessionSecret};

/// The proofs of a session, without the count and the host.
#[expect(
    clippy::large_enum_variant,
    reason = "it lives as long as one request, so a pointer would only cost an allocation"
)]
pub(super) enum BegunProofs {
    Sha256(BegunHashes<Sha256>),
    Sha512(BegunHashes<Sha512>),
}

/// The hashes of both proofs, over the same bytes but the first.
pub(super) struct BegunHashes<H> {
    client: H,
    server: H,
}

impl BegunProofs {
    pub(super) fn new(secret: &SessionSecret) -> Self {
        match secret.algorithm().hash_len() {
            32 => Self::Sha256(BegunHashes::new(secret.octets())),
            _ => Self::Sha512(BegunHashes::new(secret.octets())),
        }
    }

    /// Reads what [`octets`](Self::octets) has written, and returns the bytes after it.
    pub(super) fn read(algorithm: MutualAlgorithm, octets: &[u8]) -> Option<(Self, &[u8])> {
        let hashed = 1 + 3 * algorithm.element_len();
        Some(match algorithm.hash_len() {
            32 => {
                let (begun, rest) = BegunHashes::read(hashed, octets)?;
                (Self::Sha256(begun), rest)
            }
            _ => {
                let (begun, rest) = BegunHashes::read(hashed, octets)?;
                (Self::Sha512(begun), rest)
            }
        })
    }

    pub(super) fn octets(&self) -> SecretBytes {
        match self {
            Self::Sha256(begun) => begun.octets(),
            Self::Sha512(begun) => begun.octets(),
        }
    }

    /// `VK_c`, as [`SessionSecret::client_proof`].
    pub(super) fn client_proof(&self, count: u64, host: &[u8]) -> Proof {
        match self {
            Self::Sha256(begun) => finish(&begun.client, count, host),
            Self::Sha512(begun) => finish(&begun.client, count, host),
        }
    }

    /// `VK_s`, as [`SessionSecret::server_proof`].
    pub(super) fn server_proof(&self, count: u64, host: &[u8]) -> Proof {
        match self {
            Self::Sha256(begun) => finish(&begun.server, count, host),
            Self::Sha512(begun) => finish(&begun.server, count, host),
        }
    }
}

impl<H> BegunHashes<H>
where
    H: Digest + Clone + CoreProxy,
    H::Core: SerializableState,
{
    fn new(octets: &[u8]) -> Self {
        let begin = |kind: u8| H::new_with_prefix([kind]).chain_update(octets);
        Self {
            client: begin(CLIENT),
            server: begin(SERVER),
        }
    }

    fn octets(&self) -> SecretBytes {
        let (client, rest) = self.client.clone().decompose();
        let (server, _) = self.server.clone().decompose();
        let states =
            [client.serialize(), server.serialize()].map(|state| Zeroizing::new(state.to_vec()));
        Zeroizing::new([&*states[0], &*states[1], rest.get_data()].concat())
    }

    /// `hashed` is the number of bytes that have been hashed.
    fn read(hashed: usize, octets: &[u8]) -> Option<(Self, &[u8])> {
        let (client, octets) = state(octets)?;
        let (server, octets) = state(octets)?;
        let rest = hashed % <H::Core as BlockSizeUser>::BlockSize::USIZE;
        let (rest, octets) = octets.split_at_checked(rest)?;
        let rest = Buffer::<H::Core>::try_new(rest).ok()?;
        let begun = Self {
            client: H::compose(client, rest.clone()),
            server: H::compose(server, rest),
        };
        Some((begun, octets))
    }
}

fn state<C: SerializableState>(octets: &[u8]) -> Option<(C, &[u8])> {
    let (state, octets) = octets.split_at_checked(C::SerializedStateSize::USIZE)?;
    let state = SerializedState::<C>::try_from(state).ok()?;
    Some((C::deserialize(&state).ok()?, octets))
}

fn finish<H: Digest + Clone>(begun: &H, count: u64, host: &[u8]) -> Proof {
    #[cfg(test)]
    super::group::tests::count_hash();
    let hash = begun.clone().chain_update(variable_integer(count.into()));
    let hash = hash.chain_update(variable_string(host)).finalize();
    Proof::new(Zeroizing::new(hash.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::{BegunProofs, MutualAlgorithm, SessionSecret};

    #[test]
    fn begun_proofs_give_the_proofs_of_the_whole_secret() {
        for (algorithm, len) in MutualAlgorithm::ALL.into_iter().zip([116, 231, 81, 161]) {
            let element = |byte| vec![byte; algorithm.element_len()];
            let secret = SessionSecret::new(algorithm, &element(1), &element(2), &element(3));
            let mut octets = BegunProofs::new(&secret).octets().to_vec();
            assert_eq!(octets.len(), len, "{algorithm}");
            octets.extend(b"ada");
            let (begun, rest) = BegunProofs::read(algorithm, &octets).expect("its own bytes");
            assert_eq!(rest, b"ada");
            for (count, host) in [(1, "a"), (1024, ""), (u64::MAX, &*"long".repeat(100))] {
                let host = host.as_bytes();
                let client = secret.client_proof(count, host);
                assert!(client.matches(begun.client_proof(count, host).as_bytes()));
                let server = secret.server_proof(count, host);
                assert!(server.matches(begun.server_proof(count, host).as_bytes()));
                assert!(!server.matches(client.as_bytes()));
            }
            assert!(BegunProofs::read(algorithm, &octets[..len - 1]).is_none());
        }
    }
}
