//! Why does the scheme refuse a token? The codes and the texts, for the audit.

use crate::reason::reasons;

reasons! {
    PARAMETER_MISSING = "vapid_parameter_missing": "the parameter `t` or `k` is missing";
    NOT_A_KEY = "vapid_not_a_key": "the parameter `k` is no uncompressed point of P-256 in base64url";
    ANOTHER_ALGORITHM = "vapid_another_algorithm": "the algorithm is not ES256 (alg)";
    CLAIMS_UNREADABLE = "vapid_claims_unreadable": "the claims are no JSON object, or a claim has a value of the wrong type";
    NEVER_EXPIRES = "vapid_never_expires": "the token has no time of expiry (exp)";
    EXPIRED = "vapid_expired": "the time of the token is over (exp)";
    TOO_LONG_LIVED = "vapid_too_long_lived": "the token expires in more than 24 hours (exp)";
    ANOTHER_ORIGIN = "vapid_another_origin": "the token is for another origin, or for none (aud)";
}
