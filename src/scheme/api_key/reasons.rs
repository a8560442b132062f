//! Why does the scheme refuse a key? The codes and the texts, for the audit.

use crate::reason::reasons;

reasons! {
    SEVERAL_KEYS = "api_key_several_keys": "several API keys";
    EMPTY = "api_key_empty": "the API key is empty";
    TOO_LONG = "api_key_too_long": "the API key is too long";
    NOT_VISIBLE = "api_key_not_visible": "the API key has a character that is not visible ASCII";
    UNKNOWN = "api_key_unknown": "unknown API key";
}
