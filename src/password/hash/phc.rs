//! The PHC string format: `$id[$v=version][$name=value,..]$salt$hash`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// The parts of a PHC string that holds a salt and a hash.
pub(super) struct PhcString<'a> {
    pub(super) id: &'a str,
    pub(super) version: Option<u32>,
    params: Vec<(&'a str, u32)>,
    pub(super) salt: Vec<u8>,
    pub(super) hash: Vec<u8>,
}

/// In bytes. A password could match a shorter hash by chance. Programs that store passwords do not write longer hashes.
const HASH_LENGTHS: std::ops::RangeInclusive<usize> = 16..=64;

/// In bytes. Implementations of Argon2 take at least 8 (RFC 9106 sets no minimum). The PHC format allows up to 48; this
/// parser accepts up to 64.
const SALT_LENGTHS: std::ops::RangeInclusive<usize> = 8..=64;

impl<'a> PhcString<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix('$')?.split('$').peekable();
        let id = parts.next()?;
        let version = parts.next_if(|part| part.starts_with("v="));
        let version = version.map(|part| number(&part[2..]));
        let params = parts.next_if(|part| part.contains('='));
        let phc = Self {
            id,
            version: match version {
                Some(version) => Some(version?),
                None => None,
            },
            params: pairs(params.unwrap_or_default())?,
            salt: bytes(parts.next()?)?,
            hash: bytes(parts.next()?)?,
        };
        let fits = SALT_LENGTHS.contains(&phc.salt.len()) && HASH_LENGTHS.contains(&phc.hash.len());
        (fits && parts.next().is_none()).then_some(phc)
    }

    /// Removes the parameter `name` and returns its value.
    pub(super) fn take(&mut self, name: &str) -> Option<u32> {
        let index = self.params.iter().position(|(known, _)| *known == name)?;
        Some(self.params.swap_remove(index).1)
    }

    /// Whether every parameter has been [taken](Self::take). A parameter that is left over is unknown and may change
    /// the hash, so the string must be refused.
    pub(super) fn has_no_params_left(&self) -> bool {
        self.params.is_empty()
    }
}

/// Parses `name=value,..`. A name that appears twice is an error.
fn pairs(text: &str) -> Option<Vec<(&str, u32)>> {
    let mut pairs: Vec<(&str, u32)> = Vec::new();
    for pair in text.split(',').filter(|_| !text.is_empty()) {
        let (name, value) = pair.split_once('=')?;
        if pairs.iter().any(|(known, _)| *known == name) {
            return None;
        }
        pairs.push((name, number(value)?));
    }
    Some(pairs)
}

/// Parses a decimal number without a sign and without leading zeros, so that each number has one spelling.
pub(super) fn number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let one_spelling = text == "0" || !text.starts_with('0');
    text.parse().ok().filter(|_| plain && one_spelling)
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(text).ok()
}
