//! Makes the tokens of invitations.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::config_error::ConfigError;
use crate::random_stream::RandomStream;

/// Makes tokens that an attacker cannot guess.
pub(super) struct InvitationTokens(RandomStream);

impl InvitationTokens {
    pub(super) fn new() -> Result<Self, ConfigError> {
        Ok(Self(RandomStream::new()?))
    }

    /// Makes a new token: 256 bits in base64url, 43 characters.
    pub(super) fn issue(&self) -> String {
        let mut token = [0; 32];
        self.0.filler(b"invitation")(&mut token);
        URL_SAFE_NO_PAD.encode(token)
    }
}
