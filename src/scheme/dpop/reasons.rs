//! Why does DPoP refuse a request? The codes and the texts, for the audit.

use crate::reason::reasons;

reasons! {
    NOT_TOKEN68 = "dpop_not_token68": "the credentials are not a token68";
    PROOF_MISSING = "dpop_proof_missing": "the request has no proof (DPoP)";
    SEVERAL_PROOFS = "dpop_several_proofs": "the request has several proofs (DPoP)";
    PROOF_TOO_LONG = "dpop_proof_too_long": "the proof is longer than 8 KiB";
    NOT_JWT = "dpop_not_jwt": "the proof is not a signed JWT";
    CLAIM_MISSING = "dpop_claim_missing": "the proof lacks jti, htm, htu or iat";
    CLAIM_TYPE = "dpop_claim_type": "a claim of the proof has a value of the wrong type";
    JTI_LENGTH = "dpop_jti_length": "the jti of the proof is empty or longer than 256 bytes";
    CRITICAL_EXTENSION = "dpop_critical_extension": "the header of the proof has an extension (crit, b64)";
    ANOTHER_TYPE = "dpop_another_type": "the typ of the proof is not dpop+jwt";
    ALGORITHM_NOT_ALLOWED = "dpop_algorithm_not_allowed": "the algorithm of the proof is not allowed";
    NO_PUBLIC_KEY = "dpop_no_public_key": "the proof has no public key that fits its algorithm (jwk)";
    WRONG_SIGNATURE = "dpop_wrong_signature": "the signature of the proof is wrong";
    ANOTHER_METHOD = "dpop_another_method": "the proof is for another method (htm)";
    ANOTHER_TARGET = "dpop_another_target": "the proof is for another target (htu)";
    NONCE_MISSING = "dpop_nonce_missing": "the proof has no nonce";
    NONCE_EXPIRED = "dpop_nonce_expired": "the nonce has expired, or is from another server or from before a restart";
    OUT_OF_TIME = "dpop_out_of_time": "the proof is too old or from the future (iat)";
    TOKEN_HASH_MISSING = "dpop_token_hash_missing": "the proof is for no token (ath is missing)";
    ANOTHER_TOKEN = "dpop_another_token": "the proof is for another token (ath)";
    UNKNOWN_TOKEN = "dpop_unknown_token": "unknown token";
    TOKEN_NOT_BOUND = "dpop_token_not_bound": "the token is not bound to a key";
    ANOTHER_KEY = "dpop_another_key": "the token is bound to another key";
    ANOTHER_CERTIFICATE = "dpop_another_certificate": "the token is also bound to a certificate, which the connection does not have";
    REPLAYED = "dpop_replayed": "the proof was used before (jti)";
}
