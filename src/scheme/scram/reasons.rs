//! Why does SCRAM refuse credentials? The codes and the texts, for the audit.

use crate::reason::reasons;

reasons! {
    FIELD_GRAMMAR = "scram_field_grammar": "the parameters break the grammar";
    DUPLICATE_PARAMETER = "scram_duplicate_parameter": "a parameter occurs twice";
    DATA_MISSING = "scram_data_missing": "data is missing";
    REALM_MISMATCH = "scram_realm_mismatch": "realm mismatch";
    INVALID_BASE64 = "scram_invalid_base64": "data is not base64";
    NOT_UTF8 = "scram_not_utf8": "the message is not UTF-8";
    TOO_LONG = "scram_too_long": "the message is too long";
    INVALID_MESSAGE = "scram_invalid_message": "the message breaks the grammar of SCRAM";
    CHANNEL_BINDING = "scram_channel_binding": "the message asks for channel binding";
    MANDATORY_EXTENSION = "scram_mandatory_extension": "the message needs an extension";
    INVALID_NAME = "scram_invalid_name": "the name is empty, too long or badly escaped";
    INVALID_NONCE = "scram_invalid_nonce": "the nonce is empty, too long or not printable";
    OTHER_AUTHORIZATION = "scram_other_authorization": "the client wants to act for another user";
    UNKNOWN_SID = "scram_unknown_sid": "the sid is not from this server, or it belongs to another exchange";
    HEADER_CHANGED = "scram_header_changed": "the GS2 header differs from that of the first message";
    NONCE_MISMATCH = "scram_nonce_mismatch": "the nonce differs from that of the exchange";
    WRONG = "scram_wrong": "the name or the password is wrong";
    SID_EXPIRED = "scram_sid_expired": "the exchange has expired";
    SR_EXPIRED = "scram_sr_expired": "the nonce of a reauthentication has expired";
    COUNT_USED = "scram_count_used": "the nonce count of a reauthentication was used before or is out of range";
    SID_USED = "scram_sid_used": "the exchange is over, or it began before a restart";
}
