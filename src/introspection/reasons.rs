//! Why is a token refused that an authorization server was asked about? The codes and the texts, for the audit.

use crate::reason::reasons;

reasons! {
    INACTIVE = "introspection_inactive": "the authorization server says that the token is not active";
    TOO_LONG = "introspection_too_long": "the token is too long for a question to the authorization server";
    NOT_B64TOKEN = "introspection_not_b64token": "the token is not a b64token, so the authorization server is not asked";
    EXPIRED = "introspection_expired": "the token has expired, by the clock of this server";
    NOT_YET_VALID = "introspection_not_yet_valid": "the token is not valid yet (nbf), by the clock of this server";
    AUDIENCE_MISSING = "introspection_audience_missing": "the answer names no audience (aud)";
    ANOTHER_AUDIENCE = "introspection_another_audience": "the answer names another audience (aud)";
    ISSUER_MISSING = "introspection_issuer_missing": "the answer names no issuer (iss)";
    ANOTHER_ISSUER = "introspection_another_issuer": "the answer names another issuer (iss)";
    ANOTHER_TYPE = "introspection_another_type": "the token is no bearer token (token_type)";
    UNKNOWN_BINDING = "introspection_unknown_binding": "the token is bound in a way that is not known, or not as its type says (cnf)";
    BOUND_TO_KEY = "introspection_bound_to_key": "the token is bound to a key, and the scheme checks no proof (cnf)";
    REQUIRED_MEMBER = "introspection_required_member": "a member that the verifier requires is missing from the answer or has another value";
    OWNER_MISSING = "introspection_owner_missing": "the answer names no owner of the token";
    ANSWER_DOES_NOT_FIT = "introspection_answer_does_not_fit": "the answer does not fit the type of the application";
}
