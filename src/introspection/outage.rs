//! Why the authorization server could not say whether a token is good.

use std::sync::Arc;
use std::time::Duration;

use crate::unavailable::Unavailable;

/// Says why there is no answer about a token. All callers that wait for the answer get it.
#[derive(Clone, Debug)]
pub(super) struct Outage {
    why: Arc<str>,
    retry_after: Duration,
    /// Whether the authorization server refuses to answer about this token.
    of_the_token: bool,
}

/// After this time a client may ask again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

impl Outage {
    pub(super) fn new(why: impl Into<Arc<str>>) -> Self {
        Self {
            why: why.into(),
            retry_after: RETRY_AFTER,
            of_the_token: false,
        }
    }

    pub(super) const fn retry_after(mut self, time: Duration) -> Self {
        self.retry_after = time;
        self
    }

    /// Says that the authorization server refuses to answer about this token, and answers about others.
    pub(super) const fn of_the_token(mut self) -> Self {
        self.of_the_token = true;
        self
    }

    pub(super) const fn is_of_the_token(&self) -> bool {
        self.of_the_token
    }
}

/// No part of the token was compared, and nothing of the question is remembered. So it is not a guess, unless the fault is
/// that of the token: the client chose it.
impl From<Outage> for Unavailable {
    fn from(outage: Outage) -> Self {
        let why = Self::new(&*outage.why).retry_after(outage.retry_after);
        match outage.of_the_token {
            true => why,
            false => why.not_compared(),
        }
    }
}
