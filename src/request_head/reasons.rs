//! Why is the host or the target of a request refused? The codes and the texts, for the audit.

use crate::reason::reasons;

reasons! {
    FORWARDED_TARGET_UNREADABLE = "forwarded_target_unreadable": "X-Forwarded-Host or X-Forwarded-Prefix cannot be read";
    HOST_MISSING = "host_missing": "the request names no host";
    TWO_HOSTS = "two_hosts": "the request names more than one host";
}
