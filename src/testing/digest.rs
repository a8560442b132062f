//! Logs the survey in with Digest.

use http::Request;

use super::TestLogin;
use super::login::{ReceivedChallenges, altered, write};
use crate::header::{Challenge, SchemeName};
use crate::scheme::digest::DigestAlgorithm;
use crate::scheme::digest::proof::{Ha1, ResponseInputs};

impl TestLogin {
    /// Logs in with Digest (RFC 7616), `qop=auth`, as `user`. The wrong credentials have another password.
    ///
    /// It answers the first Digest challenge whose algorithm this crate knows. Its `cnonce` is a constant, so never use
    /// it outside of tests.
    #[must_use]
    pub fn digest(user: &str, password: &str) -> Self {
        let sign = |password: String| {
            let user = user.to_owned();
            move |request: &mut Request<()>, received: &ReceivedChallenges<'_>| {
                let mut challenges = received.challenges().iter();
                let line =
                    challenges.find_map(|challenge| answer(challenge, request, &user, &password));
                if let Some(line) = line {
                    write(request, &line);
                }
            }
        };
        Self::with(sign(password.to_owned()), sign(altered(password)))
    }
}

/// Makes the credentials of RFC 7616 section 3.4. Returns `None` if the challenge is not Digest, has no realm or nonce,
/// or names an unknown algorithm.
fn answer(
    challenge: &Challenge,
    request: &Request<()>,
    user: &str,
    password: &str,
) -> Option<String> {
    if challenge.scheme() != SchemeName::DIGEST {
        return None;
    }
    let param = |name| Some(challenge.param(name)?.to_str()?.into_owned());
    // A challenge without an algorithm means MD5 (RFC 7616 section 3.3).
    let algorithm = param("algorithm").unwrap_or_else(|| "MD5".to_owned());
    let algorithm = DigestAlgorithm::from_name(&algorithm)?;
    let (realm, nonce) = (param("realm")?, param("nonce")?);
    let uri = request.uri().to_string();
    let (nc, cnonce) = ("00000001", "dG93ZXItY2hhbGxlbmdl");
    let proof = ResponseInputs {
        method: request.method().as_str().as_bytes(),
        uri: uri.as_bytes(),
        nonce: nonce.as_bytes(),
        nc: nc.as_bytes(),
        cnonce: cnonce.as_bytes(),
        qop: b"auth",
    };
    let ha1 = Ha1::of(
        algorithm,
        user.as_bytes(),
        realm.as_bytes(),
        password.as_bytes(),
    );
    let response = proof.responses(&ha1).response();
    let opaque = param("opaque").map(|opaque| format!(", opaque={}", quoted(&opaque)));
    Some(format!(
        "Digest username={}, realm={}, nonce={}, uri=\"{uri}\", algorithm={}, qop=auth, nc={nc}, \
         cnonce=\"{cnonce}\", response=\"{response}\"{}",
        quoted(user),
        quoted(&realm),
        quoted(&nonce),
        algorithm.name(),
        opaque.unwrap_or_default(),
    ))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
