//! What does a throttle count an attempt as?

/// How a reserved attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// The credentials were good.
    Success,
    /// They were bad.
    Failure,
    /// They broke the rules of their scheme, which is the client's failure and no account's.
    Malformed,
    /// No verdict came, and a comparison may have begun: the verifier was [`Unavailable`](crate::Unavailable). The account
    /// keeps the attempt, since a comparison may go on and its result may be remembered. The network gets it back, so that
    /// an outage of the verifier uses up no budget that many callers share.
    Unjudged,
    /// One of these:
    ///
    /// - The credentials were for no scheme of the layer.
    /// - They were right and came too late, or for a second time. For example, their nonce was old.
    /// - They were one leg of an exchange that goes on.
    /// - They proved a secret that the account had before.
    /// - The verifier was [`Unavailable`](crate::Unavailable) and compared no secret: [`Unavailable::not_compared`](crate::Unavailable::not_compared).
    ///
    /// The throttle gives the attempt back.
    NotCounted,
}
