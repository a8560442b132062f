//! The algorithms of password hashes.

use crate::derives::writes;

/// The algorithm of a password hash. See the [table of text forms](crate::password::hash).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is the name of its algorithm")]
pub enum HashAlgorithm {
    Argon2id,
    Argon2i,
    Argon2d,
    Scrypt,
    Pbkdf2Sha256,
    Pbkdf2Sha512,
    Bcrypt,
    Sha256Crypt,
    Sha512Crypt,
    Yescrypt,
    /// FreeBSD's MD5-crypt, `$1$`.
    Md5Crypt,
    /// Apache's variant of MD5-crypt.
    Apr1,
    Sha1,
    SaltedSha1,
    /// No hash: the password is stored in clear text.
    Plaintext,
}

impl HashAlgorithm {
    /// The usual name of the algorithm in lower case, for example `argon2id`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Argon2id => "argon2id",
            Self::Argon2i => "argon2i",
            Self::Argon2d => "argon2d",
            Self::Scrypt => "scrypt",
            Self::Pbkdf2Sha256 => "pbkdf2-sha256",
            Self::Pbkdf2Sha512 => "pbkdf2-sha512",
            Self::Bcrypt => "bcrypt",
            Self::Sha256Crypt => "sha256-crypt",
            Self::Sha512Crypt => "sha512-crypt",
            Self::Yescrypt => "yescrypt",
            Self::Md5Crypt => "md5-crypt",
            Self::Apr1 => "apr1",
            Self::Sha1 => "sha1",
            Self::SaltedSha1 => "salted sha1",
            Self::Plaintext => "plaintext",
        }
    }
}

writes! { impl[] HashAlgorithm[] as self => self.name() }
