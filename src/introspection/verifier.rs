//! Verifies tokens by asking an authorization server.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::answer::{ActiveToken, AnswerRules, Why};
use super::answer_cache::{Answer, AnswerCache, KnownToken};
use super::circuit::{Circuit, QuestionPermit};
use super::outage::Outage;
use super::question::IntrospectionEndpoint;
use super::reasons;
use crate::derives::{clones, shows};
use crate::header::is_token68;
use crate::http_client::caught;
use crate::now_or_later::NowOrLater;
use crate::principal::Principal;
use crate::scheme::bearer::{BoundNowOrLater, VerifyBoundToken, VerifyToken};
use crate::secret::{Secret, SecretString};
use crate::set_cache::TextMac;
use crate::single_flight::{FlightEntry, Leader, LeaderOrWaiter, NoResult, SharedComputations};
use crate::token_claims::{BindingCheck, BoundTokens, NumericDate, PlainTokens, ReadIdentity};
use crate::verified::{VerifiedNowOrLater, VerifyFailure};

/// Verifies tokens by asking an authorization server. See the [module](super) for what it asks, and for an example.
///
/// [`builder`](Self::builder) makes one. `I` is the type of the caller's identity. A clone shares the cache.
pub struct IntrospectionVerifier<I = Principal>(Arc<VerifierParts<I>>);

pub(super) struct VerifierParts<I> {
    pub(super) endpoint: IntrospectionEndpoint,
    pub(super) rules: AnswerRules,
    pub(super) cache: AnswerCache<I>,
    pub(super) questions: SharedComputations<TextMac, Answer<I>>,
    pub(super) circuit: Arc<Circuit>,
    pub(super) read: ReadIdentity<I>,
}

/// The longest token in bytes.
const LONGEST: usize = 16 * 1024;

/// Refuses tokens that are bound to a key.
impl<I: Clone + Send + Sync + 'static> VerifyToken for IntrospectionVerifier<I> {
    type Identity = I;

    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<I> {
        self.find::<PlainTokens>(token)
    }
}

/// Returns the key to which a token is bound, for a scheme that checks the proof.
impl<I: Clone + Send + Sync + 'static> VerifyBoundToken for IntrospectionVerifier<I> {
    type Identity = I;

    fn verify_bound(&self, token: Secret<'_>) -> BoundNowOrLater<I> {
        self.find::<BoundTokens>(token)
    }
}

impl<I: Clone + Send + Sync + 'static> IntrospectionVerifier<I> {
    #[inline]
    fn find<C: BindingCheck<I>>(&self, token: Secret<'_>) -> VerifiedNowOrLater<C::Found> {
        let parts = &*self.0;
        if token.expose_bytes().len() > LONGEST {
            return refused(reasons::TOO_LONG);
        }
        let mac = parts.cache.mac(token);
        match parts.cache.find::<C>(&mac, &*parts.endpoint.clock) {
            Some(Ok(known)) => NowOrLater::now(Ok(known.map_err(failure))),
            Some(Err(outage)) => NowOrLater::now(Err(outage.into())),
            None => self.ask::<C>(token, mac),
        }
    }

    /// Joins a question about the same token, or begins one.
    #[inline(never)]
    fn ask<C: BindingCheck<I>>(
        &self,
        token: Secret<'_>,
        mac: TextMac,
    ) -> VerifiedNowOrLater<C::Found> {
        if !is_token68(token.expose_bytes()) {
            return refused(reasons::NOT_B64TOKEN);
        }
        let waiter = match self.0.questions.join(mac) {
            LeaderOrWaiter::Waiter(waiter) => waiter,
            LeaderOrWaiter::Leader(leader, waiter, entry) => {
                self.begin(token, Question { mac, leader, entry });
                waiter
            }
        };
        NowOrLater::later(async move {
            let known = waiter
                .await
                .unwrap_or_else(|why| Err(without_answer(why)))?;
            let found = known.and_then(|known| known.found::<C>());
            Ok(found.map_err(failure))
        })
    }

    /// Begins a question. It is a task of its own, so that a client that disconnects does not end it for the others.
    fn begin(&self, token: Secret<'_>, question: Question<I>) {
        let now = self.0.endpoint.clock.monotonic();
        let begun = self.0.circuit.admit(now).and_then(|permit| {
            let runtime = Handle::try_current();
            let runtime = runtime.map_err(|_| Outage::new("there is no tokio runtime"))?;
            Ok((permit, runtime))
        });
        match begun {
            Err(outage) => question.leader.complete(Err(outage)),
            Ok((permit, runtime)) => {
                let (verifier, token) = (self.clone(), token.to_owned());
                runtime.spawn(async move { verifier.run(token, question, permit).await });
            }
        }
    }

    async fn run(&self, token: SecretString, question: Question<I>, permit: QuestionPermit) {
        let parts = &*self.0;
        if !question.leader.has_waiters() {
            return question.leader.fail(NoResult::Late);
        }
        let asked = parts.endpoint.clock.monotonic();
        let answer = caught(parts.answer(token.as_secret(), &permit)).await;
        let answer =
            answer.unwrap_or_else(|| Err(parts.endpoint.broken("the HTTP client panicked")));
        parts.cache.keep(question.mac, &answer, asked);
        question.leader.complete(answer);
        // The next caller finds the answer in the cache, so the question may go.
        drop(question.entry);
    }
}

impl<I> VerifierParts<I> {
    async fn answer(&self, token: Secret<'_>, permit: &QuestionPermit) -> Answer<I> {
        let document = self.endpoint.ask(token, permit).await?;
        let now = NumericDate::of(self.endpoint.clock.wall());
        let judged = self.rules.judge(&document, now);
        let judged = judged.map_err(|why| self.endpoint.broken(why))?;
        Ok(judged.and_then(|token| self.known(token, &document.body)))
    }

    fn known(&self, token: ActiveToken, body: &[u8]) -> Result<Arc<KnownToken<I>>, Why> {
        let identity = (self.read)(token.owner, body);
        let identity = identity.ok_or(reasons::ANSWER_DOES_NOT_FIT)?;
        Ok(Arc::new(KnownToken {
            identity,
            valid: token.valid,
            confirmation: token.confirmation,
        }))
    }
}

/// A question that other callers can wait for.
struct Question<I> {
    mac: TextMac,
    leader: Leader<Answer<I>>,
    entry: FlightEntry<TextMac, Answer<I>>,
}

fn without_answer(why: NoResult) -> Outage {
    Outage::new(match why {
        NoResult::Late | NoResult::Displaced => {
            "the question to the authorization server was not sent"
        }
        NoResult::Dropped => "the question to the authorization server was cut off",
    })
}

fn refused<T: Send + 'static>(why: Why) -> VerifiedNowOrLater<T> {
    NowOrLater::now(Ok(Err(failure(why))))
}

/// Refuses a token. A token of another time is no guess: the authorization server knows it.
fn failure(why: Why) -> VerifyFailure {
    let failure = VerifyFailure::for_reason(why);
    match [reasons::EXPIRED, reasons::NOT_YET_VALID].contains(&why) {
        true => failure.uncounted(),
        false => failure,
    }
}

impl<I> IntrospectionVerifier<I> {
    pub(super) fn of(parts: VerifierParts<I>) -> Self {
        Self(Arc::new(parts))
    }
}

clones! { impl[I] IntrospectionVerifier[I] { 0 } }

shows! {
    impl[I] IntrospectionVerifier[I] as self {
        endpoint: self.0.endpoint.url.to_string(),
        credentials: self.0.endpoint.credentials,
        rules: self.0.rules,
    }
}
