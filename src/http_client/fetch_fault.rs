//! Says why a request to another server failed.

use std::error::Error;
use std::fmt::{self, Write as _};

use http::StatusCode;

/// Says why a request to another server failed, in a text for the operator.
#[derive(Debug)]
pub(crate) struct FetchFault {
    why: String,
    /// The status of the response. `None` if there was no response, or if it broke off.
    pub(crate) status: Option<StatusCode>,
}

/// The longest text of a cause in bytes. The other server can influence it.
const LONGEST_CAUSE: usize = 256;

impl FetchFault {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            status: None,
        }
    }

    /// A response whose status is 200, and whose document cannot be used.
    pub(crate) fn document(why: impl Into<String>) -> Self {
        let status = Some(StatusCode::OK);
        let why = why.into();
        Self { why, status }
    }

    /// A response whose status is not 200.
    pub(crate) fn status(status: StatusCode) -> Self {
        let code = status.as_u16();
        let why = if status.is_redirection() {
            format!("the status is {code}, and redirects are not followed")
        } else {
            format!("the status is {code}")
        };
        Self {
            why,
            status: Some(status),
        }
    }

    /// An error of the HTTP client. Its causes say more than the error itself: the text of hyper's is `client error
    /// (Connect)`.
    pub(crate) fn client(error: &dyn Error) -> Self {
        let mut why = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let _ = write!(why, ": {error}");
            cause = error.source();
        }
        Self::new(cut(&why))
    }

    /// Says which URL or issuer the fault is about.
    pub(crate) fn at(mut self, place: impl fmt::Display) -> Self {
        self.why = format!("{place}: {}", self.why);
        self
    }

    /// Joins the faults of two requests, of which one would have been enough.
    pub(crate) fn and(self, other: &Self) -> Self {
        Self::new(format!("{}; {}", self.why, other.why))
    }

    pub(crate) fn into_text(self) -> String {
        self.why
    }
}

/// Cuts a text that the other server can influence.
pub(crate) fn cut(text: &str) -> &str {
    let end = (0..=text.len().min(LONGEST_CAUSE)).rev();
    let end = end.into_iter().find(|&end| text.is_char_boundary(end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_long_text_is_cut_between_two_characters() {
        let long = format!("{}ää", "a".repeat(253));
        assert_eq!(cut(&long).len(), 255);
        assert_eq!(cut("short"), "short");
    }
}
