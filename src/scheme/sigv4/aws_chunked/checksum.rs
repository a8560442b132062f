//! The checksums that a trailer can contain.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crc::{CRC_32_ISCSI, CRC_32_ISO_HDLC, CRC_64_NVME, Crc, Digest as Register, Table};
use sha1::Sha1;
use sha2::{Digest, Sha256};

static CRC32: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC);
static CRC32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);
static CRC64NVME: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_NVME);

/// The checksum of a body, computed while the body arrives.
///
/// It detects transmission errors. It does not authenticate the body: an attacker who changes the body can change the
/// checksum as well.
pub(super) struct TrailingChecksum {
    name: &'static str,
    sum: ChecksumState,
}

enum ChecksumState {
    Crc32(Register<'static, u32, Table<16>>),
    Crc64(Register<'static, u64, Table<16>>),
    Sha1(Sha1),
    Sha256(Sha256),
}

impl TrailingChecksum {
    /// Returns the checksum that a trailer field of this name contains, or `None` for an unknown name. Ignores case.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        let (name, sum) = match &*name.to_ascii_lowercase() {
            b"x-amz-checksum-crc32" => {
                ("x-amz-checksum-crc32", ChecksumState::Crc32(CRC32.digest()))
            }
            b"x-amz-checksum-crc32c" => (
                "x-amz-checksum-crc32c",
                ChecksumState::Crc32(CRC32C.digest()),
            ),
            b"x-amz-checksum-crc64nvme" => (
                "x-amz-checksum-crc64nvme",
                ChecksumState::Crc64(CRC64NVME.digest()),
            ),
            b"x-amz-checksum-sha1" => ("x-amz-checksum-sha1", ChecksumState::Sha1(Sha1::new())),
            b"x-amz-checksum-sha256" => (
                "x-amz-checksum-sha256",
                ChecksumState::Sha256(Sha256::new()),
            ),
            _ => return None,
        };
        Some(Self { name, sum })
    }

    /// The name of the trailer field, in lower case.
    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match &mut self.sum {
            ChecksumState::Crc32(register) => register.update(bytes),
            ChecksumState::Crc64(register) => register.update(bytes),
            ChecksumState::Sha1(hash) => hash.update(bytes),
            ChecksumState::Sha256(hash) => hash.update(bytes),
        }
    }

    /// Returns the checksum in base64, as the trailer field contains it.
    pub(super) fn finish(self) -> String {
        match self.sum {
            ChecksumState::Crc32(register) => STANDARD.encode(register.finalize().to_be_bytes()),
            ChecksumState::Crc64(register) => STANDARD.encode(register.finalize().to_be_bytes()),
            ChecksumState::Sha1(hash) => STANDARD.encode(hash.finalize()),
            ChecksumState::Sha256(hash) => STANDARD.encode(hash.finalize()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TrailingChecksum;

    #[test]
    fn each_checksum_of_the_digits_1_to_9_is_the_published_check_value() {
        for (name, check_value) in [
            ("x-amz-checksum-crc32", "y/Q5Jg=="),
            ("x-amz-checksum-crc32c", "4waSgw=="),
            ("X-Amz-Checksum-CRC64NVME", "rosUhgp5mIg="),
            ("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="),
            (
                "x-amz-checksum-sha256",
                "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
            ),
        ] {
            let mut sum = TrailingChecksum::named(name.as_bytes()).expect(name);
            sum.update(b"1234");
            sum.update(b"56789");
            assert_eq!(sum.finish(), check_value, "{name}");
        }
        assert!(TrailingChecksum::named(b"x-amz-checksum-md5").is_none());
    }
}
