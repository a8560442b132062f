//! Why the server gave no answer that can be used.

use std::fmt;
use std::time::Duration;

use redis::{ErrorKind, RedisError, ServerErrorKind};

use super::reply::MisfitReply;
use crate::unavailable::Unavailable;

/// Why a step has no result. Except for [`Closed`](Self::Closed), the server may have run the step.
#[derive(Clone, Debug)]
pub(super) enum LinkFault {
    /// The server failed several times, so this step was not sent.
    Closed,
    /// There was no answer within the time.
    Late,
    /// The connection is broken.
    Broken(String),
    /// The server refused the step, for example because it has no memory left.
    Refused(String),
    /// The reply does not fit the step.
    Misfit,
    /// The server would forget keys before their time.
    Evicting(String),
}

/// A client may try again after this time: the store looks once a second whether the server is back.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl LinkFault {
    /// Whether the connection must not be used any more.
    pub(super) const fn ends_connection(&self) -> bool {
        matches!(self, Self::Broken(_) | Self::Misfit)
    }
}

/// Whether the server does not know the script, and so has not run it.
pub(super) fn is_unknown_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

impl From<RedisError> for LinkFault {
    fn from(error: RedisError) -> Self {
        let text = error.to_string();
        let is_of_server = matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension);
        match is_of_server && !has_other_role(&text, error.code()) {
            true => Self::Refused(text),
            false => Self::Broken(text),
        }
    }
}

/// Whether the server has another role now, or is starting. Then the connection leads to the wrong server. The error of a
/// script has the code of the command only in its text, before version 7.
fn has_other_role(text: &str, code: Option<&str>) -> bool {
    const CODES: [&str; 5] = ["READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "MOVED"];
    let is_one = |word: &str| CODES.contains(&word);
    code.is_some_and(is_one)
        || text
            .split(|letter: char| !letter.is_ascii_uppercase())
            .any(is_one)
}

/// A part of the text of an error, and an advice for the operator. The server writes some of these texts, and the crate
/// `redis` writes the others. The comparison ignores case, because the crate writes the code `READONLY` as `ReadOnly`.
const ADVICE: [(&str, &str); 11] = [
    ("NOAUTH", ASK_FOR_PASSWORD),
    ("authentication required", ASK_FOR_PASSWORD),
    ("WRONGPASS", CORRECT_PASSWORD),
    ("AuthenticationFailed", CORRECT_PASSWORD),
    (
        "refused to switch database",
        "correct the number of the database in the URL, or allow `+select`",
    ),
    ("OOM ", "raise `maxmemory`"),
    (
        "NOREPLICAS",
        "connect its replicas, or lower `min-replicas-to-write`",
    ),
    ("READONLY", "this is a replica: connect to the primary"),
    ("NOPERM", ALLOW_COMMAND),
    ("The user executing the script can't", ALLOW_COMMAND),
    ("connection refused", "start Redis, or correct its address"),
];

const ASK_FOR_PASSWORD: &str = "put the password into the URL: `redis://:PASSWORD@HOST/`";
const CORRECT_PASSWORD: &str = "correct the user and the password in the URL";
const ALLOW_COMMAND: &str =
    "give the user of the URL all rights that the guide of several machines lists";

/// Shows an error of the crate `redis`, and what the operator can do about it.
struct AdvisedError<'a>(&'a str);

impl fmt::Display for AdvisedError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Behind this word, the server names the script and the line. With them, one fault would have many texts, and the
        // listener would hear of each.
        let why = self.0.split(" script: ").next().unwrap_or_default();
        f.write_str(why)?;
        let lower = why.to_ascii_lowercase();
        let mut advice = ADVICE.iter();
        match advice.find(|(part, _)| lower.contains(&part.to_ascii_lowercase())) {
            Some((_, advice)) => write!(f, ": {advice}"),
            None => Ok(()),
        }
    }
}

impl From<MisfitReply> for LinkFault {
    fn from(_: MisfitReply) -> Self {
        Self::Misfit
    }
}

impl fmt::Display for LinkFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => {
                f.write_str("Redis failed several times, and is asked again once a second")
            }
            Self::Late => f.write_str("Redis did not answer in time"),
            Self::Broken(why) => {
                write!(f, "the connection to Redis failed: {}", AdvisedError(why))
            }
            Self::Refused(why) => write!(f, "Redis refused a command: {}", AdvisedError(why)),
            Self::Misfit => f.write_str("Redis sent a reply that does not fit the command"),
            Self::Evicting(policy) => write!(
                f,
                "Redis evicts keys before they expire: set maxmemory-policy to noeviction, was {policy}"
            ),
        }
    }
}

impl From<LinkFault> for Unavailable {
    fn from(fault: LinkFault) -> Self {
        Self::new(fault.to_string()).retry_after(RETRY_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::has_other_role;

    #[test]
    fn an_error_of_another_role_is_told_by_its_code_or_its_text() {
        for code in ["READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "MOVED"] {
            assert!(has_other_role("", Some(code)), "{code}");
        }
        let of_old_script = "ERR Error running script: @user_script:7: -READONLY You can't write";
        assert!(has_other_role(of_old_script, Some("ERR")));
        let full = "OOM command not allowed when used memory > 'maxmemory'";
        assert!(!has_other_role(full, Some("OOM")));
        assert!(!has_other_role("ERR loading of a module", None));
    }
}
