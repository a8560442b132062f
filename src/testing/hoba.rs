//! Logs the survey in with HOBA.

use std::convert::Infallible;
use std::sync::Arc;

use http::Request;
use http::header::AUTHORIZATION;

use super::TestLogin;
use super::login::ReceivedChallenges;
use crate::config_error::ConfigError;
use crate::scheme::hoba::client::{HobaChallenge, authorization};
use crate::scheme::hoba::{HobaAlgorithm, HobaOrigin};

/// The nonce of the client. The challenge makes each signature another one.
const NONCE: [u8; 16] = *b"tower-challenge!";

impl TestLogin {
    /// Logs in with HOBA (RFC 7486) with the key `kid` of the server `origin`. `sign` makes the signature of a text with the
    /// private key, under RSASSA-PKCS1-v1_5 with SHA-256. The wrong credentials have a signature of which one bit differs.
    ///
    /// It answers the first HOBA challenge. Its nonce is a constant, so never use it outside of tests.
    ///
    /// # Errors
    ///
    /// The origin is not one: see [`HobaOrigin::parse`].
    pub fn hoba<F>(origin: &str, kid: &str, sign: F) -> Result<Self, ConfigError>
    where
        F: Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static,
    {
        let sign = Arc::new(sign);
        let origin = HobaOrigin::parse(origin)?;
        let login = |change: fn(&mut [u8])| {
            let (origin, kid, sign) = (origin.clone(), kid.to_owned(), Arc::clone(&sign));
            move |request: &mut Request<()>, received: &ReceivedChallenges<'_>| {
                let mut challenges = received.challenges().iter();
                let Some(challenge) = challenges.find_map(HobaChallenge::read) else {
                    return;
                };
                let sign = |text: &[u8]| {
                    let mut signature = sign(text);
                    change(&mut signature);
                    Ok::<_, Infallible>(signature)
                };
                let sha_256 = HobaAlgorithm::RsaSha256;
                let Ok(line) = authorization(&challenge, &origin, &kid, sha_256, NONCE, sign);
                request.headers_mut().insert(AUTHORIZATION, line);
            }
        };
        Ok(Self::with(login(|_| {}), login(flip_one_bit)))
    }
}

fn flip_one_bit(signature: &mut [u8]) {
    if let Some(last) = signature.last_mut() {
        *last ^= 1;
    }
}
