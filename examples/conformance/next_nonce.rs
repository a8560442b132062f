//! A scheme around Digest that names the nonce to use next in every response.

use http::HeaderValue;
use tower_challenge::Account;
use tower_challenge::header::{AuthenticationInfo, Challenge, ErrorParams};
use tower_challenge::scheme::{Admission, Attempt, Head, Judgement, Scheme, Verdict};

/// Digest by itself names the next nonce when the present one nears its end. Here every nonce is at its end at once.
pub(crate) struct NextNonce<S>(pub(crate) S);

impl<S: Scheme<Reads = Head>> NextNonce<S> {
    /// A nonce such as a stranger is given.
    fn mint(&self, attempt: &Attempt<'_>) -> Option<Vec<u8>> {
        let mut challenges = Vec::new();
        self.0.challenge(attempt, &mut challenges);
        let nonce = challenges.first()?.param("nonce")?.to_bytes();
        Some(nonce.into_owned())
    }
}

impl<S: Scheme<Reads = Head>> Scheme for NextNonce<S> {
    type Identity = S::Identity;
    type Reads = Head;

    fn challenge(&self, attempt: &Attempt<'_>, challenges: &mut Vec<Challenge>) {
        self.0.challenge(attempt, challenges);
    }

    fn explain(&self, attempt: &Attempt<'_>, error: &ErrorParams, challenges: &mut Vec<Challenge>) {
        self.0.explain(attempt, error, challenges);
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<Account<'r>> {
        self.0.account(attempt)
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<Judgement<S::Identity>> {
        let judgement = self.0.authenticate(attempt)?;
        let Some(nonce) = self.mint(attempt) else {
            return Some(judgement);
        };
        Some(judgement.map(move |verdict| {
            Ok(match verdict? {
                Verdict::Admit(admission) => Verdict::Admit(announce(admission, &nonce)),
                other => other,
            })
        }))
    }
}

fn announce<I>(admission: Admission<I>, nonce: &[u8]) -> Admission<I> {
    let (identity, mut reply) = admission.into_parts();
    let admission = Admission::new(identity);
    reply.drain().fold(admission, |admission, (name, info)| {
        let info = with_next_nonce(&info, nonce).unwrap_or(info);
        admission.with_reply(name, info)
    })
}

/// `None` if there is one already, or nothing that it could be added to.
fn with_next_nonce(info: &HeaderValue, nonce: &[u8]) -> Option<HeaderValue> {
    let read = AuthenticationInfo::parse([info.as_bytes()]).ok()?;
    let is_there = read.params().get("nextnonce").is_some();
    let parts = [info.as_bytes(), b", nextnonce=\"", nonce, b"\""];
    let longer = HeaderValue::from_bytes(&parts.concat()).ok()?;
    (!is_there).then_some(longer)
}
