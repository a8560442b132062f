//! Why the authorization server could not say whether a token is good.

use std::sync::Arc;
use std::time::Duration;

use crate::unavailable::Unavailable;

/// Says why there is no answer about a token. All callers that wait for the answer get it.
#[derive(Clone, Debug)]
pub(super) struct Outage {
    why: Arc<str>,
    retry_after: Duration,
}

/// After this time a client may ask again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

impl Outage {
    pub(super) fn new(why: impl Into<Arc<str>>) -> Self {
        Self {
            why: why.into(),
            retry_after: RETRY_AFTER,
        }
    }

    pub(super) const fn retry_after(mut self, time: Duration) -> Self {
        self.retry_after = time;
        self
    }
}

/// No part of the token was compared, and nothing of the question is remembered. So it is not a guess.
impl From<Outage> for Unavailable {
    fn from(outage: Outage) -> Self {
        let why = Self::new(&*outage.why);
        why.retry_after(outage.retry_after).not_compared()
    }
}
