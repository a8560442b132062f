//! Why is a token of an issuer refused? The codes and the texts, for the audit.

use crate::reason::reasons;

reasons! {
    UNKNOWN_KEY = "jwt_unknown_key": "no key of the issuer fits the token";
    TOO_LONG = "jwt_too_long": "the token is too long";
    ALGORITHM_NOT_ALLOWED = "jwt_algorithm_not_allowed": "the algorithm is not allowed";
    CLAIMS_NOT_JSON = "jwt_claims_not_json": "the claims are not valid JSON";
    REVOKED = "jwt_revoked": "the token is revoked";
    SUBJECT_MISSING = "jwt_subject_missing": "the token has no subject (sub)";
    NAME_MISSING = "jwt_name_missing": "the token has no name where the profile looks for one";
    CLAIMS_DO_NOT_FIT = "jwt_claims_do_not_fit": "the claims do not fit the type of the application";
    ISSUER_MISSING = "jwt_issuer_missing": "the token has no issuer (iss)";
    UNKNOWN_ISSUER = "jwt_unknown_issuer": "no verifier is configured for the issuer that the token claims (iss)";
    NO_OPAQUE_TOKENS = "jwt_no_opaque_tokens": "the token is no JWT, and no verifier is configured for other tokens";
    ANOTHER_ISSUER = "jwt_another_issuer": "the token is of another issuer";
    NEVER_EXPIRES = "jwt_never_expires": "the token never expires (exp is missing)";
    BOUND_TO_KEY = "jwt_bound_to_key": "the token is bound to a key, and there is no proof of that key (cnf)";
    UNKNOWN_BINDING = "jwt_unknown_binding": "the token is bound to a key in a way that is not known (cnf)";
    REQUIRED_CLAIM = "jwt_required_claim": "a claim that the profile requires is missing or has another value";
    AUDIENCE_MISSING = "jwt_audience_missing": "the token is for no audience (aud is missing)";
    ANOTHER_AUDIENCE = "jwt_another_audience": "the token is for another audience";
    CLAIM_TYPE = "jwt_claim_type": "a claim has a value of the wrong type";
    EXPIRED = "jwt_expired": "the token has expired";
    NOT_YET_VALID = "jwt_not_yet_valid": "the token is not valid yet (nbf, iat)";
}
