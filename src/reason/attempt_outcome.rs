//! What does a throttle count an attempt as?

/// How a reserved attempt ended. The layer settles the attempt with the [throttle](crate::throttle) by this value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// The credentials were good.
    Success,
    /// The credentials were wrong.
    Failure,
    /// The credentials broke the grammar of their scheme. The throttle counts this failure for the client and not for
    /// an account. For example, Basic credentials that are not Base64 name no account.
    Malformed,
    /// The verifier was [`Unavailable`](crate::Unavailable), and it may have begun a comparison. The account keeps the
    /// attempt, because the comparison may go on and the verifier may remember its result. The network gets the attempt
    /// back, so that an outage of the verifier uses up no budget that many callers share.
    Unjudged,
    /// The throttle gives the attempt back, for one of these reasons:
    ///
    /// - No scheme of the layer claims the credentials.
    /// - The credentials were right, but they came too late or for a second time. For example, their nonce was old.
    /// - The credentials were one step of an exchange that goes on.
    /// - The credentials proved a secret that the account had before.
    /// - The verifier was [`Unavailable`](crate::Unavailable) and compared no secret, see
    ///   [`Unavailable::not_compared`](crate::Unavailable::not_compared).
    NotCounted,
}
