//! Why does Basic refuse credentials? The codes and the texts, for the audit.

use crate::reason::reasons;

reasons! {
    NOT_TOKEN68 = "basic_not_token68": "the credentials are not a token68";
    TOO_LONG = "basic_too_long": "the name or the password is too long";
    EMPTY = "basic_empty": "the name or the password is empty";
    WRONG = "basic_wrong": "the name or the password is wrong";
    NOT_BASE64 = "basic_not_base64": "the credentials are not base64";
    NO_COLON = "basic_no_colon": "the credentials contain no colon";
    CONTROL_CHARACTER = "basic_control_character": "the credentials contain a control character";
    NOT_UTF8 = "basic_not_utf8": "the credentials are not UTF-8";
}
