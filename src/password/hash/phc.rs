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

/// A shorter hash could be matched by chance, and a longer one is no password hash.
const HASH_LENGTHS: std::ops::RangeInclusive<usize> = 16..=64;

/// Eight octets is the least that implementations of Argon2 take (RFC 9106 names none); the format allows 48.
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
            salt: octets(parts.next()?)?,
            hash: octets(parts.next()?)?,
        };
        let fits = SALT_LENGTHS.contains(&phc.salt.len()) && HASH_LENGTHS.contains(&phc.hash.len());
        (fits && parts.next().is_none()).then_some(phc)
    }

    /// Takes the value of a parameter out.
    pub(super) fn take(&mut self, name: &str) -> Option<u32> {
        let place = self.params.iter().position(|(it, _)| *it == name)?;
        Some(self.params.swap_remove(place).1)
    }

    /// Whether every parameter has been taken: one that is not known may change the hash.
    pub(super) fn is_used_up(&self) -> bool {
        self.params.is_empty()
    }
}

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

/// A decimal number in its one spelling: no sign, no zeros in front.
pub(super) fn number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|octet| octet.is_ascii_digit());
    let one_spelling = text == "0" || !text.starts_with('0');
    text.parse().ok().filter(|_| plain && one_spelling)
}

fn octets(text: &str) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(text).ok()
}
