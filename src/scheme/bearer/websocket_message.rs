//! Reads the token in the subprotocols that a WebSocket client offers, and takes it out (RFC 6455 section 11.3.4).

use std::str;

use http::header::{CONNECTION, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderName, HeaderValue, Method, Version};

use super::reasons;
use crate::reason::ReasonText;
use crate::request_head::RequestHead;
use crate::scheme::contract::presented_field::MAX_FIELD_LENGTH;

/// The subprotocol in front of a token. Names of subprotocols are case-sensitive.
const MARK: &[u8] = b"bearer";

/// Returns the token of a handshake that offers `bearer, TOKEN`, or the reason why it is none. Returns `None` if the request
/// opens no WebSocket, or offers no token.
///
/// A request may have other subprotocols before and behind the two, and several lines of the field, which are one list.
pub(super) fn token<'r>(head: &RequestHead<'r>) -> Option<Result<&'r str, ReasonText>> {
    if !opens_websocket(head) {
        return None;
    }
    let mut offered = offered(head);
    offered.find(|name| *name == MARK)?;
    let token = offered.next()?;
    Some(match token == MARK || offered.any(|name| name == MARK) {
        true => Err(reasons::SEVERAL_WEBSOCKET_TOKENS),
        false => token_of(token),
    })
}

/// Returns the offered subprotocols without the tokens. The name `bearer` goes to the end. Otherwise a layer inside of this
/// one would take the name behind it for a token. Returns `None` if the request offers no token.
pub(super) fn without_token(head: &RequestHead<'_>) -> Option<HeaderValue> {
    token(head).is_some().then_some(())?;
    let mut rest = Vec::new();
    let mut is_token = false;
    for name in offered(head) {
        let is_mark = name == MARK;
        if !is_mark && !is_token {
            rest.extend([name, b", "].concat());
        }
        is_token = is_mark;
    }
    rest.extend(MARK);
    HeaderValue::from_bytes(&rest).ok()
}

/// Whether the request asks for a WebSocket: by `Upgrade` (RFC 6455 section 4.1), or by an extended `CONNECT` (RFC 8441
/// section 4), which has a path where a plain `CONNECT` has none.
fn opens_websocket(head: &RequestHead<'_>) -> bool {
    let has = |field: HeaderName, expected: &[u8]| {
        let mut entries = head.list(field.as_str());
        entries.any(|entry| entry.eq_ignore_ascii_case(expected))
    };
    match head.version() {
        // RFC 6455 section 4.2.1: the request is of HTTP/1.1 or higher.
        Version::HTTP_09 | Version::HTTP_10 => false,
        Version::HTTP_11 => {
            *head.method() == Method::GET
                && has(CONNECTION, b"upgrade")
                && has(UPGRADE, b"websocket")
        }
        _ => {
            *head.method() == Method::CONNECT
                && head.uri().path_and_query().is_some()
                && head.headers().contains_key(SEC_WEBSOCKET_VERSION)
        }
    }
}

fn offered<'r>(head: &RequestHead<'r>) -> impl Iterator<Item = &'r [u8]> + use<'r> {
    head.list(SEC_WEBSOCKET_PROTOCOL.as_str())
}

fn token_of(name: &[u8]) -> Result<&str, ReasonText> {
    let is_short = name.len() <= MAX_FIELD_LENGTH;
    let token = str::from_utf8(name).ok();
    let token = token.filter(|_| is_short && name.iter().all(is_token_byte));
    token.ok_or(reasons::NOT_WEBSOCKET_TOKEN)
}

/// Whether the name of a subprotocol may have this byte: visible ASCII without the delimiters of RFC 9110 section 5.6.2.
fn is_token_byte(byte: &u8) -> bool {
    byte.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(byte)
}
