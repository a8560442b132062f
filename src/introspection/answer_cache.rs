//! Remembers the answers of the authorization server.

use std::sync::Arc;
use std::time::Duration;

use super::answer::Why;
use super::outage::Outage;
use super::reasons;
use crate::clock::Clock;
use crate::config_error::ConfigError;
use crate::scheme::bearer::TokenConfirmation;
use crate::secret::Secret;
use crate::set_cache::{MacKey, SetCache, TextMac};
use crate::token_claims::{BindingCheck, NumericDate, UncheckedBinding, ValidTime};

/// Remembers answers, so that a token that comes again costs a hash and no request.
///
/// The cache holds no token. An entry is found by a MAC of the whole token, under a random key that no other verifier has.
/// Good and refused tokens are apart: a client that invents tokens can evict refused ones alone. A token about which the
/// authorization server refuses to answer is among the refused ones, so that a client cannot cause a question with each
/// request.
pub(super) struct AnswerCache<I> {
    key: MacKey,
    good: SetCache<TextMac, Dated<Arc<KnownToken<I>>>, WAYS>,
    refused: SetCache<TextMac, Dated<Result<Why, Outage>>, WAYS>,
    times: CacheTimes,
}

/// How many entries one set has.
const WAYS: usize = 4;

/// How many refused tokens a verifier remembers.
const REFUSED: usize = 1024;

/// For how long answers count.
#[derive(Clone, Copy, Debug)]
pub(super) struct CacheTimes {
    pub(super) good: Duration,
    pub(super) refused: Duration,
}

/// A good token.
pub(super) struct KnownToken<I> {
    pub(super) identity: I,
    pub(super) valid: ValidTime,
    pub(super) confirmation: Option<TokenConfirmation>,
}

/// The answer about a token, or why there is none.
pub(super) type Answer<I> = Result<Result<Arc<KnownToken<I>>, Why>, Outage>;

/// An answer, and until when it counts on the monotonic clock.
struct Dated<T> {
    answer: T,
    until: Duration,
}

impl<I> KnownToken<I> {
    /// Returns the identity for a caller that checks bindings as `C` says.
    ///
    /// # Errors
    ///
    /// The token is bound, and the caller does not check to what.
    #[inline]
    pub(super) fn found<C: BindingCheck<I>>(&self) -> Result<C::Found, Why> {
        let found = C::found(&self.identity, self.confirmation.as_ref());
        found.map_err(|UncheckedBinding| reasons::BOUND_TO_KEY)
    }
}

impl<I> AnswerCache<I> {
    pub(super) fn new(capacity: usize, times: CacheTimes) -> Result<Self, ConfigError> {
        Ok(Self {
            key: MacKey::new()?,
            good: SetCache::new(capacity),
            refused: SetCache::new(capacity.min(REFUSED)),
            times,
        })
    }

    #[inline]
    pub(super) fn mac(&self, token: Secret<'_>) -> TextMac {
        self.key.mac(token)
    }

    /// Returns the answer about a token, or `None` if the authorization server has to be asked.
    #[inline]
    pub(super) fn find<C: BindingCheck<I>>(
        &self,
        mac: &TextMac,
        clock: &(impl Clock + ?Sized),
    ) -> Option<Result<Result<C::Found, Why>, Outage>> {
        let now = clock.monotonic();
        let good = self.good.find(mac, |known| {
            let token = &known.answer;
            let is_good =
                now < known.until && token.valid.check(NumericDate::of(clock.wall())).is_ok();
            is_good.then(|| token.found::<C>())
        });
        good.map(Ok).or_else(|| {
            let refused = self.refused.find(mac, |known| {
                (now < known.until).then(|| known.answer.clone())
            });
            refused.map(|known| known.map(Err))
        })
    }

    /// Keeps an answer, or that there is none about this token. The authorization server was asked at the time `asked`: so a
    /// token that is revoked later is refused after the time for good tokens at the latest. An outage that may end for the
    /// same token is not kept.
    pub(super) fn keep(&self, mac: TextMac, answer: &Answer<I>, asked: Duration) {
        let answer = match answer {
            Ok(Ok(token)) => {
                let until = asked.saturating_add(self.times.good);
                let answer = Arc::clone(token);
                return self.good.keep(mac, Dated { answer, until });
            }
            Ok(Err(why)) => Ok(*why),
            Err(outage) if outage.is_of_the_token() => Err(outage.clone()),
            Err(_) => return,
        };
        let until = asked.saturating_add(self.times.refused);
        self.refused.keep(mac, Dated { answer, until });
    }
}
