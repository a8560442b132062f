//! Why does Bearer refuse a token? The codes and the texts, for the audit.

use crate::reason::reasons;

reasons! {
    NOT_B64TOKEN = "bearer_not_b64token": "the credentials are not a b64token";
    SEVERAL_TOKENS_IN_QUERY = "bearer_several_tokens_in_query": "several tokens in the query";
    TOKEN_IN_QUERY = "bearer_token_in_query": "token in the query";
    UNKNOWN_TOKEN = "bearer_unknown_token": "unknown token";
    WEBSOCKET_TOKEN_AND_FIELD = "bearer_websocket_token_and_field": "a token in Sec-WebSocket-Protocol beside an Authorization field";
    SEVERAL_WEBSOCKET_TOKENS = "bearer_several_websocket_tokens": "several tokens in Sec-WebSocket-Protocol";
    NOT_WEBSOCKET_TOKEN = "bearer_not_websocket_token": "the subprotocol behind `bearer` is no token";
    EXPIRED = "bearer_expired": "the token has expired";
}
