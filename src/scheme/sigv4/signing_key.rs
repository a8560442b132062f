//! The signing key: derived from a secret for one day, region and service.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::canonical::{BufferedHash, TextSink};
use super::credential_scope::{CredentialScope, TERMINATOR};
use crate::secret::{Secret, same};

/// The signing key of one secret for one day, region and service.
///
/// Deriving it costs four MACs, and each signature costs one. A clone shares the key. The type has no `Debug`, because the
/// key is a secret.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "a secret has none")]
pub struct SigningKey(Arc<Hmac<Sha256>>);

/// The HMAC that receives the text to sign.
pub(super) type SigningHmac<'s> = BufferedHash<'s, Hmac<Sha256>>;

impl SigningKey {
    /// Derives the signing key of a secret for a day, region and service. The `day` has the format `YYYYMMDD`.
    #[must_use]
    pub fn derive(secret: Secret<'_>, day: &[u8], scope: CredentialScope<'_>) -> Self {
        #[cfg(test)]
        tests::DERIVED.set(tests::DERIVED.get() + 1);
        let secret = Zeroizing::new([b"AWS4", secret.expose().as_bytes()].concat());
        let parts = [
            day,
            scope.region.as_bytes(),
            scope.service.as_bytes(),
            TERMINATOR.as_bytes(),
        ];
        parts.into_iter().fold(Self::of(&secret), |key, part| {
            Self::of(&*Zeroizing::new(key.sign(|sink| sink.put(part))))
        })
    }

    fn of(key: &[u8]) -> Self {
        // HMAC takes keys of any length (RFC 2104 section 2).
        let key = Hmac::new_from_slice(key).expect("a key of any length");
        Self(Arc::new(key))
    }

    /// Returns the signature of the text that `write` writes.
    pub(super) fn sign(&self, write: impl FnOnce(&mut SigningHmac<'_>)) -> [u8; 32] {
        #[cfg(test)]
        tests::SIGNED.set(tests::SIGNED.get() + 1);
        let mut mac = Hmac::clone(&self.0);
        let mut text = BufferedHash::new(&mut mac);
        write(&mut text);
        text.finish();
        mac.finalize().into_bytes().into()
    }

    /// Returns `true` if `signature` is the signature of the text that `write` writes. The comparison takes constant
    /// time.
    pub(super) fn verifies(
        &self,
        signature: &[u8; 32],
        write: impl FnOnce(&mut SigningHmac<'_>),
    ) -> bool {
        same(signature, &self.sign(write))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::Cell;

    use super::{CredentialScope, SigningKey};
    use crate::secret::Secret;

    thread_local! {
        /// The number of signing keys that this thread has derived.
        pub(in crate::scheme::sigv4) static DERIVED: Cell<u32> = const { Cell::new(0) };
        /// The number of MACs that this thread has computed.
        pub(in crate::scheme::sigv4) static SIGNED: Cell<u32> = const { Cell::new(0) };
    }

    #[test]
    fn the_signature_depends_on_the_day_the_region_and_the_service_of_the_key() {
        let scope = CredentialScope {
            region: "us-east-1",
            service: "iam",
        };
        let secret = Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let sign = |day: &[u8], scope| {
            let key = SigningKey::derive(secret, day, scope);
            key.sign(|sink| super::TextSink::put(sink, b"text"))
        };
        let ours = sign(b"20150830", scope);
        assert_eq!(ours, sign(b"20150830", scope));
        assert_ne!(ours, sign(b"20150831", scope));
        let service = "s3";
        assert_ne!(
            ours,
            sign(b"20150830", CredentialScope { service, ..scope })
        );
        let region = "eu-west-1";
        assert_ne!(ours, sign(b"20150830", CredentialScope { region, ..scope }));
    }
}
