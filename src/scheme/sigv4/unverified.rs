//! What a request claims, once everything was read that can be read without a secret.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use super::amz_date::AmzDate;
use super::aws_chunked::ChunkFraming;
use super::canonical::{
    BufferedHash, CanonicalQuery, CanonicalRequest, PathRule, SignedHeaders, is_normal_path,
    joined, lines,
};
use super::credential_scope::CredentialParam;
use super::message::{SignatureMessage, SignatureParams};
use super::payload::SignedPayload;
use super::presigned;
use super::rules::SigV4Rules;
use crate::request_head::RequestHead;
use crate::scheme::Refusal;
use crate::secret::SecretString;

/// What has to be compared with what a secret says.
pub(super) struct UnverifiedSignature {
    /// The canonical request, hashed up to its payload.
    pub(super) request: Sha256,
    /// The same without the session token, where it need not be signed.
    pub(super) without_token: Option<Box<Sha256>>,
    pub(super) signed_at: AmzDate,
    pub(super) signature: [u8; 32],
    pub(super) token: Option<SecretString>,
    pub(super) payload: SignedPayload,
    /// How many bytes the body has, if the head says so.
    pub(super) length: Option<u64>,
    /// How the body is cut into chunks, if it is.
    pub(super) framing: Option<Box<ChunkFraming>>,
    /// Signed fields that came in several lines, and were signed as one.
    pub(super) joined: Vec<(HeaderName, HeaderValue)>,
    /// For how long the signature could be presented again.
    pub(super) remaining: Duration,
}

impl UnverifiedSignature {
    /// Reads a request that carries a signature in a field with this value, or in its query. Answers with the access key
    /// id, too.
    ///
    /// In the order in which AWS answers: form, fields, time, scope.
    pub(super) fn read<'a>(
        rules: &SigV4Rules,
        head: &RequestHead<'a>,
        field: Option<&'a HeaderValue>,
        now: SystemTime,
    ) -> Result<(Self, Cow<'a, str>), Refusal> {
        let query = read_query(rules, head)?;
        let form = match field {
            Some(field) => SignatureMessage::of_field(field, head.headers()),
            None => presigned::read_alone(&query, head.headers()),
        };
        let form = form.map_err(Refusal::malformed)?;
        let presigned = field.is_none();
        let credential =
            CredentialParam::read(&form.signed.credential).map_err(Refusal::malformed)?;
        let signed =
            SignedHeaders::read(&form.signed.signed_headers).map_err(Refusal::malformed)?;
        let payload = payload(rules, presigned, form.payload.as_deref())?;
        rules.covers(head.headers(), signed, payload)?;
        let remaining = rules.remaining(&form.signed_at, form.lifetime, now)?;
        rules.is_ours(&credential, &form.signed_at)?;
        let hash = |without: &[&str]| hash(rules, head, &query, without, signed);
        let hides_token = rules.unsigned_token && presigned && form.token.is_some();
        let without_token = [presigned::SIGNATURE, presigned::SECURITY_TOKEN];
        let claimed = Self {
            request: hash(&without_token[..1])?,
            without_token: hides_token
                .then(|| hash(&without_token).map(Box::new))
                .transpose()?,
            signed_at: form.signed_at,
            signature: form.signed.signature,
            token: form.token,
            payload,
            length: length(head.headers()),
            framing: ChunkFraming::read(payload, head.headers()).map_err(Refusal::malformed)?,
            joined: joined(head.headers(), signed),
            remaining,
        };
        let length = credential.access_key_id.len();
        Ok((claimed, start_of(form.signed.credential, length)))
    }

    /// The access key id alone, unverified.
    pub(super) fn access_key_id<'a>(
        head: &RequestHead<'a>,
        field: Option<&'a HeaderValue>,
    ) -> Option<Cow<'a, str>> {
        let credential = match field {
            Some(field) => SignatureParams::read(field.as_bytes()).ok()?.credential,
            None => {
                let query = CanonicalQuery::read(head.target().query()?.as_bytes()).ok()?;
                presigned::read(&query).ok()?.signed.credential
            }
        };
        let length = CredentialParam::read(&credential).ok()?.access_key_id.len();
        Some(start_of(credential, length))
    }
}

fn start_of(text: Cow<'_, str>, length: usize) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => text.get(..length).unwrap_or(text).into(),
        Cow::Owned(mut text) => {
            text.truncate(length);
            text.into()
        }
    }
}

fn length(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(CONTENT_LENGTH)?.to_str().ok()?;
    text.parse().ok()
}

fn read_query(rules: &SigV4Rules, head: &RequestHead<'_>) -> Result<CanonicalQuery, Refusal> {
    let Some(raw) = head.target().query() else {
        return Ok(CanonicalQuery::default());
    };
    let query = CanonicalQuery::read(raw.as_bytes()).map_err(Refusal::malformed)?;
    if query.has_repeats() {
        // They are signed in the order of their values, and the application takes the first, or the last.
        return Err(Refusal::malformed("a query parameter is there twice"));
    }
    if raw.contains('+') && !rules.literal_plus {
        return Err(Refusal::malformed(
            "the query has a + that is signed as %2B",
        ));
    }
    Ok(query)
}

fn payload(
    rules: &SigV4Rules,
    presigned: bool,
    text: Option<&[u8]>,
) -> Result<SignedPayload, Refusal> {
    let payload = text.map(SignedPayload::read).transpose();
    let payload = payload.map_err(Refusal::malformed)?;
    match (payload, rules.is_s3, presigned) {
        (Some(payload), true, _) => Ok(payload),
        (Some(payload @ SignedPayload::Hash(_)), false, _) => Ok(payload),
        (None, false, _) if !rules.names_payload => Ok(SignedPayload::OfBody),
        (None, true, true) => Ok(SignedPayload::Unsigned),
        (None, ..) => Err(Refusal::malformed("there is no x-amz-content-sha256")),
        (Some(_), false, _) => Err(Refusal::malformed("only S3 takes a payload like that")),
    }
}

fn hash(
    rules: &SigV4Rules,
    head: &RequestHead<'_>,
    query: &CanonicalQuery,
    without: &[&str],
    signed_headers: SignedHeaders<'_>,
) -> Result<Sha256, Refusal> {
    let headers = head.headers();
    let path = head.target().path().as_bytes();
    if !rules.any_path && rules.path_rule == PathRule::Normalized && !is_normal_path(path) {
        return Err(Refusal::malformed("the path is not the one that is signed"));
    }
    let host = head.host().map_err(Refusal::malformed)?;
    let request = CanonicalRequest {
        method: head.method().as_str(),
        path,
        rule: rules.path_rule,
        query,
        without,
        headers: |name: &str| {
            let is_host = name == "host";
            let others = (!is_host).then(|| lines(headers, name));
            let host = is_host.then_some(host);
            host.into_iter().chain(others.into_iter().flatten())
        },
        signed_headers,
    };
    let mut hash = Sha256::new();
    let mut text = BufferedHash::new(&mut hash);
    request.write(&mut text).map_err(Refusal::malformed)?;
    text.finish();
    Ok(hash)
}
