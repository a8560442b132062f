//! How does the survey answer a challenge of Digest?

use http::Request;

use super::TestLogin;
use super::login::{ReceivedChallenges, altered, write};
use crate::header::{Challenge, SchemeName};
use crate::scheme::digest::DigestAlgorithm;
use crate::scheme::digest::proof::{DigestProof, Ha1};

impl TestLogin {
    /// Digest (RFC 7616) with `qop=auth`, as `user`; the wrong password is another. It answers the first challenge of
    /// Digest whose algorithm it knows. Its `cnonce` is always the same, so it is for tests alone.
    #[must_use]
    pub fn digest(user: &str, password: &str) -> Self {
        let sign = |password: String| {
            let user = user.to_owned();
            move |request: &mut Request<()>, told: &ReceivedChallenges<'_>| {
                let mut challenges = told.challenges().iter();
                let line = challenges.find_map(|it| answer(it, request, &user, &password));
                if let Some(line) = line {
                    write(request, &line);
                }
            }
        };
        Self::with(sign(password.to_owned()), sign(altered(password)))
    }
}

/// RFC 7616 section 3.4. `None` if it is no challenge of Digest, or one for others.
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
    // Without one, it is MD5 (RFC 7616 section 3.3).
    let algorithm = param("algorithm").unwrap_or_else(|| "MD5".to_owned());
    let algorithm = DigestAlgorithm::from_name(&algorithm)?;
    let (realm, nonce) = (param("realm")?, param("nonce")?);
    let uri = request.uri().to_string();
    let (nc, cnonce) = ("00000001", "dG93ZXItY2hhbGxlbmdl");
    let proof = DigestProof {
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
    let opaque = param("opaque").map(|it| format!(", opaque={}", quoted(&it)));
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
