//! What a password hash is made with.

use crate::derives::writes;

/// An algorithm that passwords are hashed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "they are called what they are called")]
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
    /// Apache's variant of MD5-crypt.
    Apr1,
    Sha1,
    SaltedSha1,
    /// None: the password is kept as it is.
    Plaintext,
}

impl HashAlgorithm {
    /// Its usual name.
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
            Self::Apr1 => "apr1",
            Self::Sha1 => "sha1",
            Self::SaltedSha1 => "salted sha1",
            Self::Plaintext => "plaintext",
        }
    }
}

writes! { impl[] HashAlgorithm[] as self => self.name() }
