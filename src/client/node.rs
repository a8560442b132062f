//! Reads a client's address in the forms that proxies write.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longer than any address in brackets with a port.
const MAX_LENGTH: usize = 64;

/// Reads `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` and `[2001:db8::1]:80`.
///
/// Returns `None` for everything else: `unknown`, an obfuscated identifier (RFC 7239 section 6.3), or an IPv6 address
/// with a zone. A zone names an interface of the proxy, so it means nothing on this machine.
pub(super) fn address(bytes: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(bytes).ok()?;
    if text.len() > MAX_LENGTH {
        return None;
    }
    let address = bracketed(text).or_else(|| plain(text))?;
    Some(address.to_canonical())
}

fn bracketed(text: &str) -> Option<IpAddr> {
    let (address, rest) = text.strip_prefix('[')?.split_once(']')?;
    let address: Ipv6Addr = address.parse().ok()?;
    let ends = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
    ends.then_some(IpAddr::V6(address))
}

fn plain(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| with_port(text))
}

/// Reads an IPv4 address with a port. IPv6 addresses need brackets before a port, since they hold colons themselves.
fn with_port(text: &str) -> Option<IpAddr> {
    let (address, port) = text.split_once(':')?;
    let address: Ipv4Addr = address.parse().ok()?;
    is_port(port).then_some(IpAddr::V4(address))
}

/// RFC 7239 section 6: `port = 1*5DIGIT`, or an obfuscated one.
fn is_port(text: &str) -> bool {
    match text.strip_prefix('_') {
        Some(name) => !name.is_empty() && name.bytes().all(is_obfuscated),
        None => (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// RFC 7239 section 6: `obfport = "_" 1*(ALPHA / DIGIT / "." / "_" / "-")`.
const fn is_obfuscated(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}
