//! Why is a signature in a token refused? The codes and the texts, for the audit.

use crate::reason::reasons;

reasons! {
    PARTS = "jws_parts": "the token has not three parts";
    HEADER_NOT_BASE64URL = "jws_header_not_base64url": "the header is not base64url";
    SIGNATURE_NOT_BASE64URL = "jws_signature_not_base64url": "the signature is not base64url";
    WRONG_SIGNATURE = "jws_wrong_signature": "the signature is wrong";
    PAYLOAD_NOT_BASE64URL = "jws_payload_not_base64url": "the payload is not base64url";
    CRITICAL_EXTENSION = "jws_critical_extension": "the header has critical extensions (crit)";
    PAYLOAD_NOT_ENCODED = "jws_payload_not_encoded": "the payload is not encoded (b64)";
    UNKNOWN_ALGORITHM = "jws_unknown_algorithm": "the algorithm is missing or unknown (alg)";
    ANOTHER_TYPE = "jws_another_type": "the token is of another kind (typ)";
    HEADER_NOT_JSON = "jws_header_not_json": "the header is not valid JSON";
    UNKNOWN_KEY = "jws_unknown_key": "no key of the set fits the token";
    ALGORITHM_OF_ANOTHER_KEY = "jws_algorithm_of_another_key": "the algorithm does not fit the key";
}
