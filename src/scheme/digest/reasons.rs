//! Why does Digest refuse credentials? The codes and the texts, for the audit.

use crate::reason::reasons;

reasons! {
    FORBIDDEN_QUOTES = "digest_forbidden_quotes": "algorithm, qop or nc is quoted";
    SESSION_WITHOUT_QOP = "digest_session_without_qop": "a session algorithm needs qop";
    REALM_MISSING = "digest_realm_missing": "realm is missing";
    NONCE_MISSING = "digest_nonce_missing": "nonce is missing";
    URI_MISSING = "digest_uri_missing": "uri is missing";
    RESPONSE_MISSING = "digest_response_missing": "response is missing";
    QOP_MISSING = "digest_qop_missing": "qop is missing";
    NC_MISSING = "digest_nc_missing": "nc is missing";
    CNONCE_MISSING = "digest_cnonce_missing": "cnonce is missing";
    INVALID_USERHASH = "digest_invalid_userhash": "userhash is neither true nor false";
    INVALID_RESPONSE = "digest_invalid_response": "response is not hexadecimal";
    INVALID_NC = "digest_invalid_nc": "nc is not 8 hexadecimal digits";
    CNONCE_EMPTY = "digest_cnonce_empty": "cnonce is empty";
    CNONCE_TOO_LONG = "digest_cnonce_too_long": "cnonce is longer than 256 bytes";
    CNONCE_NOT_ASCII = "digest_cnonce_not_ascii": "cnonce is not ASCII";
    TWO_USERNAMES = "digest_two_usernames": "both username and username* are present";
    USERNAME_MISSING = "digest_username_missing": "username is missing";
    USERHASH_WITH_EXTENDED_USERNAME = "digest_userhash_with_extended_username": "userhash=true needs username, not username*";
    INVALID_EXTENDED_USERNAME = "digest_invalid_extended_username": "username* is not a valid ext-value (RFC 8187)";
    RESPONSE_LENGTH = "digest_response_length": "the response length does not match the algorithm";
    CNONCE_LIKE_HASH = "digest_cnonce_like_hash": "the cnonce is not allowed with a session algorithm";
    URI_MISMATCH = "digest_uri_mismatch": "the uri does not match the request target";
    ALGORITHM_NOT_OFFERED = "digest_algorithm_not_offered": "the algorithm was not offered";
    QOP_NOT_OFFERED = "digest_qop_not_offered": "the qop was not offered";
    REALM_MISMATCH = "digest_realm_mismatch": "realm mismatch";
    OPAQUE_MISMATCH = "digest_opaque_mismatch": "opaque mismatch";
    FORMER_PASSWORD = "digest_former_password": "the password is a former password of the account";
    ACCOUNT_OF_ANOTHER_REALM = "digest_account_of_another_realm": "the account belongs to another realm";
    WRONG = "digest_wrong": "the name or the password is wrong";
    NONCE_EXPIRED = "digest_nonce_expired": "the nonce has expired, or is from another server or from before a restart";
    NONCE_COUNT_USED = "digest_nonce_count_used": "the nonce count was used before or is too large";
}
