//! The fields of DPoP: the proof of the client, and the nonce of the server.

use http::header::{HeaderMap, HeaderName};

use super::reasons;
use crate::reason::ReasonText;

/// The field with the proof (RFC 9449 section 4.1).
pub const DPOP: HeaderName = HeaderName::from_static("dpop");

/// The field with the nonce of a server (RFC 9449 section 8.1).
pub const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The longest proof in bytes. A proof with a key of RSA with 8,192 bits has about 4 KiB.
const LONGEST: usize = 8 * 1024;

/// Returns the proof of a request.
///
/// RFC 9449 section 4.3: a request has exactly one field with a proof. Proofs that a client or a proxy has joined with a
/// comma are no JWT.
pub(super) fn proof(headers: &HeaderMap) -> Result<&str, ReasonText> {
    let mut lines = headers.get_all(DPOP).iter();
    let line = lines.next().ok_or(reasons::PROOF_MISSING)?;
    if lines.next().is_some() {
        return Err(reasons::SEVERAL_PROOFS);
    }
    if line.len() > LONGEST {
        return Err(reasons::PROOF_TOO_LONG);
    }
    line.to_str().map_err(|_| reasons::NOT_JWT)
}
