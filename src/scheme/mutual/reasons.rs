//! Why does Mutual refuse credentials? The codes and the texts, for the audit.

use crate::reason::reasons;

reasons! {
    NO_PARAMETERS = "mutual_no_parameters": "the credentials have no parameters";
    VERSION = "mutual_version": "version is missing, or it is not 1";
    MISSING_PARAMETER = "mutual_missing_parameter": "algorithm, validation, auth-scope or realm is missing";
    ALGORITHM_MISMATCH = "mutual_algorithm_mismatch": "algorithm mismatch";
    VALIDATION_MISMATCH = "mutual_validation_mismatch": "validation mismatch";
    SCOPE_MISMATCH = "mutual_scope_mismatch": "auth-scope mismatch";
    REALM_MISMATCH = "mutual_realm_mismatch": "realm mismatch";
    NEITHER_MESSAGE = "mutual_neither_message": "the parameters are those of neither message of a client";
    INVALID_USER = "mutual_invalid_user": "user is missing, given twice, too long or not UTF-8";
    INVALID_KC1 = "mutual_invalid_kc1": "kc1 is no element of the group";
    INVALID_SID = "mutual_invalid_sid": "sid is not hexadecimal";
    INVALID_NC = "mutual_invalid_nc": "nc is not a number above 0";
    INVALID_VKC = "mutual_invalid_vkc": "vkc has the wrong length";
    NO_KEY = "mutual_no_key": "the key of the server is no element that a client accepts";
    UNKNOWN_SID = "mutual_unknown_sid": "the sid is not from this server";
    SESSION_EXPIRED = "mutual_session_expired": "the session has expired";
    SESSION_CLOSED = "mutual_session_closed": "the session has ended";
    NC_TOO_HIGH = "mutual_nc_too_high": "nc is above nc-max";
    NC_USED = "mutual_nc_used": "nc was used before, or the session began before a restart";
    ACCOUNT_CHANGED = "mutual_account_changed": "the account was removed or has a new password";
    WRONG = "mutual_wrong": "the name or the password is wrong";
}
