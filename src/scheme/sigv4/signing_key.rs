//! The key of one secret for one day, region and service.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::canonical::{BufferedHash, TextSink};
use super::credential_scope::{CredentialScope, TERMINATOR};
use crate::secret::{Secret, same};

/// What signatures of one day are made with. Making it costs four MACs; using it, one. It has no `Debug`.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "a secret has none")]
pub struct SigningKey(Hmac<Sha256>);

/// Takes the text that is signed.
pub(super) type SigningHmac<'s> = BufferedHash<'s, Hmac<Sha256>>;

impl SigningKey {
    /// Derives the key of a secret for a day, written `YYYYMMDD`.
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
        Self(Hmac::new_from_slice(key).expect("a key of any length"))
    }

    /// The signature of what `write` writes.
    pub(super) fn sign(&self, write: impl FnOnce(&mut SigningHmac<'_>)) -> [u8; 32] {
        #[cfg(test)]
        tests::SIGNED.set(tests::SIGNED.get() + 1);
        let mut mac = self.0.clone();
        let mut text = BufferedHash::new(&mut mac);
        write(&mut text);
        text.finish();
        mac.finalize().into_bytes().into()
    }

    /// Whether `signature` is the one of what `write` writes.
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
        /// How many keys were derived on this thread.
        pub(in crate::scheme::sigv4) static DERIVED: Cell<u32> = const { Cell::new(0) };
        /// How many MACs were computed on this thread.
        pub(in crate::scheme::sigv4) static SIGNED: Cell<u32> = const { Cell::new(0) };
    }

    #[test]
    fn a_key_signs_what_its_day_region_and_service_signed() {
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
