//! The errors for hashes of formats that this crate does not read. Each says which format it is, and what to do.

use super::crypt64;
use crate::config_error::ConfigError;

/// The error for a hash that no parser reads. It quotes nothing of the hash.
pub(super) fn unsupported(text: &str) -> ConfigError {
    let known = PREFIXES.iter().find(|(prefix, _)| text.starts_with(prefix));
    let problem = match known {
        Some((_, problem)) => problem,
        None if text.is_empty() => "the hash is empty",
        None if is_des(text) => DES,
        None if is_bsdi_des(text) => BSDI_DES,
        None => UNKNOWN,
    };
    ConfigError::new(problem)
}

/// Prefixes of hashes, and the error for each.
const PREFIXES: &[(&str, &str)] = &[
    ("!", LOCKED),
    ("*", LOCKED),
    (
        "$2$",
        "bcrypt hash of the withdrawn version $2$: create a new hash, for example with `htpasswd -B`",
    ),
    (
        "$2x$",
        "bcrypt hash of a program with a bug ($2x$): create a new hash, for example with `htpasswd -B`",
    ),
    (
        "$3$",
        "NT hash, which is not supported because it is one round of MD4: create a new hash, for example with \
         `htpasswd -B`",
    ),
    (
        "$gy$",
        "gost-yescrypt hash, which is not supported: create a new hash, for example with `htpasswd -B`",
    ),
    (
        "$md5",
        "SunMD5 hash, which is not supported: create a new hash, for example with `htpasswd -B`",
    ),
    (
        "$sha1$",
        "SHA1-crypt hash, which is not supported: create a new hash, for example with `htpasswd -B`",
    ),
    (
        "{PLAIN}",
        "plaintext password, which is not supported: create a hash, for example with `htpasswd -B`",
    ),
];

const LOCKED: &str = "locked: a hash that begins with `!` or `*` matches no password";

const DES: &str = "DES crypt hash (13 characters, as `htpasswd -d` writes it), which is not supported because it ignores \
                   all but the first 8 bytes of a password: create a new hash, for example with `htpasswd -B`";

const BSDI_DES: &str = "extended DES crypt hash (`_` and 19 characters), which is not supported because DES is broken: \
                        create a new hash, for example with `htpasswd -B`";

const UNKNOWN: &str = "unknown hash format: supported are Argon2, scrypt and PBKDF2 as PHC strings, bcrypt, SHA-crypt, \
                       yescrypt ($y$), scrypt ($7$) and PBKDF2 of passlib";

fn is_des(text: &str) -> bool {
    crypt64::is_encoded(text, 13)
}

fn is_bsdi_des(text: &str) -> bool {
    let rest = text.strip_prefix('_');
    rest.is_some_and(|rest| crypt64::is_encoded(rest, 19))
}
