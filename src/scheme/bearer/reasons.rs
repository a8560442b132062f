//! Why does Bearer refuse a token? The codes and the texts, for the audit.

use crate::reason::reasons;

reasons! {
    NOT_B64TOKEN = "bearer_not_b64token": "the credentials are not a b64token";
    SEVERAL_TOKENS_IN_QUERY = "bearer_several_tokens_in_query": "several tokens in the query";
    TOKEN_IN_QUERY = "bearer_token_in_query": "token in the query";
    UNKNOWN_TOKEN = "bearer_unknown_token": "unknown token";
    EXPIRED = "bearer_expired": "the token has expired";
}
