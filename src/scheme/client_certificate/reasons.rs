//! Why is a certificate refused? The codes and the texts, for the audit.

use crate::reason::reasons;

reasons! {
    UNKNOWN = "client_certificate_unknown": "the certificate belongs to no known caller";
    UNREADABLE = "client_certificate_unreadable": "the certificate of the proxy cannot be read, or the client used no TLS";
    ANOTHER_CALLER = "client_certificate_another_caller": "the certificate and the credentials belong to different callers";
    MISSING = "client_certificate_missing": "the token is bound to a certificate, and the client has shown none";
    MISMATCH = "client_certificate_mismatch": "the token is bound to another certificate";
    BOUND_TO_KEY = "client_certificate_bound_to_key": "the token is bound to a key, and Bearer has no proof of that key";
    NOT_BOUND = "client_certificate_not_bound": "the token is bound to no certificate, and the server requires that";
}
