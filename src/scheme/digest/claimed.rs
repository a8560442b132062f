//! What can be said about credentials without a secret.

use http::{HeaderValue, Method};

use super::algorithm::Algorithm;
use super::core::Core;
use super::message::DigestCredentials;
use super::proof::{Ha1, Proof, Responses};
use super::target::designates;
use crate::header::Credentials;
use crate::request_head::RequestHead;
use crate::scheme::{Attempt, Refusal, Role};

/// Credentials that are fit to be compared.
pub(super) struct Claimed<'a> {
    pub(super) credentials: DigestCredentials<'a>,
    pub(super) algorithm: Algorithm,
    /// Whether the body is covered.
    pub(super) integrity: bool,
}

/// What of a request the digest covers beside the target, and where the reply goes.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    pub(super) role: Role,
    /// The body; empty where it is not covered.
    pub(super) body: &'a [u8],
}

/// What is kept of a request to go on with it later.
pub(super) struct Held {
    field: Option<HeaderValue>,
    method: Method,
    role: Role,
}

impl Held {
    pub(super) fn of(attempt: &Attempt<'_>) -> Self {
        Self {
            field: attempt.field_value().cloned(),
            method: attempt.head().method().clone(),
            role: attempt.role(),
        }
    }

    pub(super) const fn asked<'a>(&'a self, body: &'a [u8]) -> Asked<'a> {
        Asked {
            method: &self.method,
            role: self.role,
            body,
        }
    }

    pub(super) fn field(&self) -> &[u8] {
        self.field.as_ref().map_or(b"", HeaderValue::as_bytes)
    }
}

impl Claimed<'_> {
    /// What the responses have to be, with this secret.
    pub(super) fn responses(&self, asked: &Asked<'_>, ha1: &Ha1) -> Responses {
        let Self { credentials, .. } = self;
        let mut proof = Proof {
            method: asked.method.as_str().as_bytes(),
            uri: &credentials.uri,
            nonce: &credentials.nonce,
            nc: b"",
            cnonce: b"",
            qop: b"",
        };
        let Some(protection) = &credentials.protection else {
            return proof.responses_without_qop(ha1);
        };
        let cnonce = protection.cnonce.to_bytes();
        (proof.nc, proof.cnonce) = (protection.nc.as_bytes(), &cnonce);
        proof.qop = protection.qop.raw();
        match self.integrity {
            // What the reply will hold nobody knows yet, and nobody is told.
            true => proof.responses_with_bodies(ha1, asked.body, b""),
            false => proof.responses(ha1),
        }
    }

    /// Whether the key of the session could be a response to the same nonce, which whoever saw it would have.
    ///
    /// RFC 7616 section 3.4.2 makes the key of a session, `H(H(A1) ":" nonce ":" cnonce)`, in the form in which section
    /// 3.4.1 makes a response. The same octets are hashed if the client's nonce holds what follows there: a count, a nonce and
    /// a quality of protection, with colons between them, and `H(A2)`; or, in the form of RFC 2069, `H(A2)` alone.
    fn could_be_a_response(&self) -> bool {
        let protection = self.credentials.protection.as_ref();
        let session = protection.filter(|_| self.credentials.session);
        session.is_some_and(|session| {
            let cnonce = session.cnonce.to_bytes();
            let is_digit = |octet: &u8| matches!(octet, b'0'..=b'9' | b'a'..=b'f');
            let is_hash = cnonce.len() == 2 * self.algorithm.hash_len();
            cnonce.contains(&b':') || is_hash && cnonce.iter().all(is_digit)
        })
    }

    /// The secret of the session that the nonces of this request begin.
    pub(super) fn in_session(&self, ha1: &Ha1) -> Option<Ha1> {
        let protection = self.credentials.protection.as_ref();
        let protection = protection.filter(|_| self.credentials.session)?;
        Some(ha1.in_session(&self.credentials.nonce, &protection.cnonce.to_bytes()))
    }
}

impl<L> Core<L> {
    /// Everything that can be checked without a secret, in an order that tells nothing about one.
    pub(super) fn read<'a>(
        &self,
        credentials: Credentials<'a>,
        head: &RequestHead<'_>,
    ) -> Result<Claimed<'a>, Refusal> {
        let claimed = self.read_again(credentials)?;
        match designates(&claimed.credentials.uri, head, self.rules.quirks) {
            true => Ok(claimed),
            false => Err(Refusal::malformed("the uri is not what was requested")),
        }
    }

    /// The same, for credentials that were found to be for their target before.
    pub(super) fn read_again<'a>(
        &self,
        credentials: Credentials<'a>,
    ) -> Result<Claimed<'a>, Refusal> {
        let read = DigestCredentials::read_by(credentials.params(), &self.rules);
        let credentials = read.map_err(Refusal::malformed)?;
        let claimed = Claimed {
            algorithm: self.offered(&credentials)?,
            integrity: self.covers_the_body(&credentials)?,
            credentials,
        };
        let response = claimed.credentials.response.as_bytes();
        if response.len() != claimed.algorithm.hash_len() {
            return Err(Refusal::malformed(
                "the response is not as long as the hash",
            ));
        }
        if claimed.could_be_a_response() {
            return Err(Refusal::malformed(
                "the key of the session could be a response that was seen",
            ));
        }
        self.is_for_us(&claimed.credentials)?;
        Ok(claimed)
    }

    fn offered(&self, read: &DigestCredentials<'_>) -> Result<Algorithm, Refusal> {
        let offered = self
            .offers
            .iter()
            .any(|offer| Some(offer.algorithm) == read.algorithm && offer.session == read.session);
        let algorithm = read.algorithm.filter(|_| offered);
        algorithm.ok_or_else(|| Refusal::wrong("the algorithm was not offered"))
    }

    /// Compared as it was written: it is hashed like that.
    fn covers_the_body(&self, read: &DigestCredentials<'_>) -> Result<bool, Refusal> {
        let qop = read.protection.as_ref().map(|it| it.qop.raw());
        match qop {
            None => Ok(false),
            Some(b"auth") if self.rules.auth => Ok(false),
            Some(b"auth-int") if self.rules.auth_int => Ok(true),
            Some(_) => Err(Refusal::malformed(
                "the quality of protection was not offered",
            )),
        }
    }

    fn is_for_us(&self, read: &DigestCredentials<'_>) -> Result<(), Refusal> {
        let opaque = self.opaque.as_deref().map(str::as_bytes);
        if *read.realm != *self.realm.as_bytes() {
            return Err(Refusal::wrong("the realm is another"));
        }
        if opaque.is_some() && read.opaque.as_deref() != opaque {
            return Err(Refusal::wrong("the opaque text is another"));
        }
        Ok(())
    }
}
