//! Where else a token could be (RFC 6750 section 2.3).

/// How many `access_token` parameters a query holds.
pub(super) fn tokens_in(query: &str) -> usize {
    let names = query.split('&').map(|pair| pair.split('=').next());
    names.flatten().filter(|name| is_access_token(name)).count()
}

/// Whether a parameter is called `access_token`, percent-encoded or not.
fn is_access_token(name: &str) -> bool {
    const EXPECTED: &[u8] = b"access_token";
    name.len() >= EXPECTED.len() && decoded(name.as_bytes()).eq(EXPECTED.iter().copied())
}

/// The octets of `name` with the percent-encoding undone.
fn decoded(mut name: &[u8]) -> impl Iterator<Item = u8> + '_ {
    std::iter::from_fn(move || {
        let (octet, rest) = match name {
            [b'%', high, low, rest @ ..] => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, rest),
                _ => (b'%', &name[1..]),
            },
            [octet, rest @ ..] => (*octet, rest),
            [] => return None,
        };
        name = rest;
        Some(octet)
    })
}

fn digit(octet: u8) -> Option<u8> {
    let digit = char::from(octet).to_digit(16)?;
    u8::try_from(digit).ok()
}
