//! The errors that a challenge of SigV4 reports.

/// An error of a signature that the scheme SigV4 finds before it looks an access key up. The challenge reports it in
/// the auth-param `error`.
///
/// A client without any key gets the same error, so that the error says nothing about a key. No specification defines
/// the codes. For example, a client whose clock is wrong gets `error="clock_skew"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SigV4Error {
    /// The day of the credential scope is not the day of the signing time.
    WrongDay,
    /// The server does not accept the region of the credential scope.
    WrongRegion,
    /// The server does not accept the service of the credential scope.
    WrongService,
    /// A signature in a field was made too long before or after the time of the server.
    ClockSkew,
    /// A presigned URL has expired.
    Expired,
    /// The signing time of a presigned URL is too far in the future.
    NotYetValid,
}

impl SigV4Error {
    pub(crate) const ALL: [Self; 6] = [
        Self::WrongDay,
        Self::WrongRegion,
        Self::WrongService,
        Self::ClockSkew,
        Self::Expired,
        Self::NotYetValid,
    ];

    /// Returns the value of the auth-param `error`.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::WrongDay => "wrong_day",
            Self::WrongRegion => "wrong_region",
            Self::WrongService => "wrong_service",
            Self::ClockSkew => "clock_skew",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
        }
    }

    /// Returns the error with this code. Returns `None` for other codes, such as `invalid_token`.
    pub(crate) fn of_code(code: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|error| error.code().as_bytes() == code)
    }
}
