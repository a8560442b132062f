//! The chain of chunk signatures: each chunk signature covers the one before it.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::scheme::sigv4::accepted_scopes::ScopeIndex;
use crate::scheme::sigv4::amz_date::AmzDate;
use crate::scheme::sigv4::rules::SigV4Rules;
use crate::scheme::sigv4::signing_key::SigningKey;
use crate::scheme::sigv4::string_to_sign::SigningContext;

/// The state that is needed to verify the next chunk signature.
pub(in crate::scheme::sigv4) struct SignatureChain {
    key: SigningKey,
    rules: Arc<SigV4Rules>,
    signed_at: AmzDate,
    scope: ScopeIndex,
    /// The previous signature: that of the request at first, and then that of the previous chunk.
    before: [u8; 32],
}

impl SignatureChain {
    pub(in crate::scheme::sigv4) fn new(
        key: SigningKey,
        rules: Arc<SigV4Rules>,
        (signed_at, scope): (AmzDate, ScopeIndex),
        seed: [u8; 32],
    ) -> Self {
        Self {
            key,
            rules,
            signed_at,
            scope,
            before: seed,
        }
    }

    /// Returns `true` if `signature` is the chunk signature of the next chunk, which contains `data`.
    pub(super) fn continues_with(&mut self, signature: [u8; 32], data: &[u8]) -> bool {
        let data = Sha256::digest(data).into();
        let (context, before) = (self.context(), self.before);
        let is_valid = self.key.verifies(&signature, |sink| {
            context.write_chunk(&before, &data, sink);
        });
        self.before = signature;
        is_valid
    }

    /// Returns `true` if `signature` is the signature of the trailer, which ends the chain.
    pub(super) fn ends_with(&self, signature: [u8; 32], trailer: &[u8]) -> bool {
        let trailer = Sha256::digest(trailer).into();
        let (context, before) = (self.context(), self.before);
        self.key.verifies(&signature, |sink| {
            context.write_trailer(&before, &trailer, sink);
        })
    }

    fn context(&self) -> SigningContext<'_> {
        SigningContext {
            signed_at: &self.signed_at,
            scope: self.rules.scopes.at(self.scope),
        }
    }
}
