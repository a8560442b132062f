//! How does the server recognise an exchange without storing it? The `sid` holds the first message under a MAC.
//!
//! ```text
//! sid    = nonce base64url( epoch first-message )
//! nonce  = 52 characters     ; the nonce of the server in the exchange: its MAC covers the rest of the sid
//! epoch  = 8 bytes           ; that of the store when the server made the sid
//! ```
//!
//! The client has sent the message itself, so it learns nothing from the sid.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::reasons;
use crate::reason::ReasonText;
use crate::stateless_nonce::{IssuedNonce, LENGTH, NonceIssuer};
use crate::store::StoreEpoch;

const EPOCH: usize = 8;

/// A sid of this server, with its parts. It may have expired.
pub(super) struct RecognisedSid {
    pub(super) nonce: IssuedNonce,
    pub(super) epoch: StoreEpoch,
    pub(super) client_first: String,
}

/// Makes a sid for an exchange that began with this message. Returns the nonce of the server and the sid.
pub(super) fn issue(
    nonces: &NonceIssuer,
    epoch: StoreEpoch,
    client_first: &str,
) -> (String, String) {
    let nonce = nonces.issue_for(epoch.tag(), client_first.as_bytes());
    let nonce = String::from_utf8_lossy(&nonce).into_owned();
    let rest = [&epoch.tag().to_be_bytes(), client_first.as_bytes()].concat();
    let sid = nonce.clone() + &URL_SAFE_NO_PAD.encode(rest);
    (nonce, sid)
}

/// Recognises a sid that this server has made.
pub(super) fn recognise(nonces: &NonceIssuer, sid: &str) -> Result<RecognisedSid, ReasonText> {
    read(nonces, sid).ok_or(reasons::UNKNOWN_SID)
}

fn read(nonces: &NonceIssuer, sid: &str) -> Option<RecognisedSid> {
    let (nonce, rest) = sid.split_at_checked(LENGTH)?;
    let rest = URL_SAFE_NO_PAD.decode(rest).ok()?;
    let (epoch, client_first) = rest.split_first_chunk::<EPOCH>()?;
    let epoch = StoreEpoch::new(u64::from_be_bytes(*epoch));
    let nonce = nonces.issued_for(nonce.as_bytes(), epoch.tag(), client_first)?;
    let client_first = std::str::from_utf8(client_first).ok()?.to_owned();
    Some(RecognisedSid {
        nonce,
        epoch,
        client_first,
    })
}

/// The nonce of the server in a sid.
pub(super) fn server_nonce(sid: &str) -> &str {
    sid.get(..LENGTH).unwrap_or(sid)
}
