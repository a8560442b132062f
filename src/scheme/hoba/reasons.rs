//! Why does HOBA refuse credentials? The codes and the texts, for the audit.

use crate::reason::reasons;

reasons! {
    RESULT_MISSING = "hoba_result_missing": "result is missing";
    NOT_FOUR_PARTS = "hoba_not_four_parts": "result has not four parts";
    INVALID_KID = "hoba_invalid_kid": "the kid is not base64url, or is longer than 256 characters";
    INVALID_CHALLENGE = "hoba_invalid_challenge": "the challenge has a character that is not base64";
    INVALID_NONCE = "hoba_invalid_nonce": "the nonce is not base64url, or is longer than 256 characters";
    INVALID_SIGNATURE = "hoba_invalid_signature": "the signature is not base64url without padding";
    UNKNOWN_KID = "hoba_unknown_kid": "no key has this kid";
    SHA1_NOT_ENABLED = "hoba_sha1_not_enabled": "the key is for RSA with SHA-1, which is not enabled";
    WRONG_SIGNATURE = "hoba_wrong_signature": "the signature is wrong";
    CHALLENGE_EXPIRED = "hoba_challenge_expired": "the challenge has expired, or is from another server or from before a restart";
    REPLAYED = "hoba_replayed": "the challenge or the signature was used before";
    UNKNOWN_SESSION = "hoba_unknown_session": "the session cookie is from another server or from before a restart";
    SESSION_EXPIRED = "hoba_session_expired": "the session has expired";
    SESSION_ENDED = "hoba_session_ended": "the session has ended, or its key was removed";
    SESSION_CROSS_ORIGIN = "hoba_session_cross_origin": "another origin sent the request with the session cookie";
}
