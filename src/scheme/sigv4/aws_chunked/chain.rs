//! The chain of signatures over the chunks of a body.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::scheme::sigv4::amz_date::AmzDate;
use crate::scheme::sigv4::rules::SigV4Rules;
use crate::scheme::sigv4::signing_key::SigningKey;
use crate::scheme::sigv4::string_to_sign::SigningContext;

/// What the next signature is made with, and over.
pub(in crate::scheme::sigv4) struct SignatureChain {
    key: SigningKey,
    rules: Arc<SigV4Rules>,
    signed_at: AmzDate,
    /// The signature before: of the head, at first.
    before: [u8; 32],
}

impl SignatureChain {
    pub(in crate::scheme::sigv4) fn new(
        key: SigningKey,
        rules: Arc<SigV4Rules>,
        signed_at: AmzDate,
        seed: [u8; 32],
    ) -> Self {
        Self {
            key,
            rules,
            signed_at,
            before: seed,
        }
    }

    /// Whether `signature` is that of the next chunk, with this `data`.
    pub(super) fn continues_with(&mut self, signature: [u8; 32], data: &[u8]) -> bool {
        let data = Sha256::digest(data).into();
        let (occasion, before) = (self.occasion(), self.before);
        let right = self.key.verifies(&signature, |sink| {
            occasion.write_chunk(&before, &data, sink);
        });
        self.before = signature;
        right
    }

    /// Whether `signature` is that of the trailer, which ends the chain.
    pub(super) fn ends_with(&self, signature: [u8; 32], trailer: &[u8]) -> bool {
        let trailer = Sha256::digest(trailer).into();
        let (occasion, before) = (self.occasion(), self.before);
        self.key.verifies(&signature, |sink| {
            occasion.write_trailer(&before, &trailer, sink);
        })
    }

    fn occasion(&self) -> SigningContext<'_> {
        SigningContext {
            signed_at: &self.signed_at,
            scope: self.rules.scope(),
        }
    }
}
