//! Reads and checks the parts of a signed request that need no secret.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use http::{HeaderName, HeaderValue};
use sha2::Sha256;

use super::accepted_scopes::ScopeIndex;
use super::amz_date::AmzDate;
use super::aws_chunked::ChunkFraming;
use super::canonical::{CanonicalQuery, SignedHeaders, joined};
use super::covered_parts::CoveredParts;
use super::credential_scope::{CredentialParam, CredentialScope};
use super::fields::SignatureFields;
use super::message::{ParsedSignature, SignatureParams};
use super::payload::{EMPTY, SignedPayload};
use super::presigned;
use super::reasons;
use super::rules::SigV4Rules;
use crate::error_params::SigV4Error;
use crate::request_head::RequestHead;
use crate::scheme::Refusal;
use crate::secret::SecretString;

/// A signature that has passed all checks that need no secret. It is still to be verified with the secret.
pub(super) struct UnverifiedSignature {
    /// The hash of the canonical request so far: of all lines but the payload.
    pub(super) request: Sha256,
    /// The same hash without the session token, for a presigned URL whose session token need not be signed.
    pub(super) without_token: Option<Box<Sha256>>,
    pub(super) signed_at: AmzDate,
    /// The accepted region and service for which the client has signed.
    pub(super) scope: ScopeIndex,
    pub(super) signature: [u8; 32],
    pub(super) token: Option<SecretString>,
    pub(super) payload: SignedPayload,
    /// The length of the body in bytes, if the head has it.
    pub(super) length: Option<u64>,
    /// Whether the body is at its end, and the head announces none.
    pub(super) has_no_body: bool,
    /// The framing of the body, if the body is `aws-chunked`.
    pub(super) framing: Option<Box<ChunkFraming>>,
    /// Signed fields that the client sent in several lines. They are signed as one line.
    pub(super) joined: Vec<(HeaderName, HeaderValue)>,
    /// For how long a client could present the signature again.
    pub(super) remaining: Duration,
}

impl UnverifiedSignature {
    /// Reads a request whose signature is in the credentials field, or in the query if `field` is `None`. Also returns
    /// the access key id. The signature is behind a pointer, because the scheme moves it several times.
    ///
    /// The checks run in the order in which AWS reports errors: syntax, signed header fields, signing time, credential
    /// scope.
    pub(super) fn read<'a>(
        rules: &SigV4Rules,
        head: &RequestHead<'a>,
        field: Option<&'a HeaderValue>,
        now: SystemTime,
    ) -> Result<(Box<Self>, Cow<'a, str>), Refusal> {
        let query = read_query(rules, head)?;
        let fields = SignatureFields::read(head.headers());
        let form = match field {
            Some(field) => ParsedSignature::of_field(field, &fields),
            None => presigned::read_alone(&query, &fields),
        };
        let form = form.map_err(Refusal::malformed_because)?;
        let presigned = field.is_none();
        let credential =
            CredentialParam::read(&form.signed.credential).map_err(Refusal::malformed_because)?;
        let signed =
            SignedHeaders::read(&form.signed.signed_headers).map_err(Refusal::malformed_because)?;
        let index = rules.scopes.find(credential.scope);
        let payload = form.payload.as_deref().map(SignedPayload::read).transpose();
        let payload = payload.map_err(Refusal::malformed_because)?;
        let length = fields.body_length();
        let has_no_body = head.has_no_body() && length.is_none_or(|length| length == 0);
        let payload = match index {
            Ok(index) => payload_of(rules, rules.scopes.at(index), presigned, payload)?,
            // The rules for payloads differ between services, and none of them applies to a client of no accepted scope.
            // It is refused below for its scope.
            Err(_) => payload.unwrap_or(SignedPayload::Unsigned),
        };
        let payload = match payload {
            SignedPayload::OfBody if has_no_body => SignedPayload::Hash(EMPTY),
            payload => payload,
        };
        rules.covers(head.headers(), &fields, signed, payload)?;
        let refuse = |error| rules.errors.refuse(error);
        let remaining = rules.remaining(&form.signed_at, form.lifetime, now);
        let remaining = remaining.map_err(refuse)?;
        if credential.day.as_bytes() != form.signed_at.day() {
            return Err(refuse(SigV4Error::WrongDay));
        }
        let index = index.map_err(refuse)?;
        let covered = CoveredParts {
            head,
            query: &query,
            path_rule: rules.path_rule(rules.scopes.at(index)),
            signed_headers: signed,
        };
        let hash = |without: &[&str]| covered.hash(rules, without);
        let hides_token = rules.unsigned_token && presigned && form.token.is_some();
        let without_token = [presigned::SIGNATURE, presigned::SECURITY_TOKEN];
        let claimed = Box::new(Self {
            request: hash(&without_token[..1])?,
            without_token: hides_token
                .then(|| hash(&without_token).map(Box::new))
                .transpose()?,
            signed_at: form.signed_at,
            scope: index,
            signature: form.signed.signature,
            token: form.token,
            payload,
            length,
            has_no_body,
            framing: ChunkFraming::read(payload, head.headers())
                .map_err(Refusal::malformed_because)?,
            joined: joined(head.headers(), signed),
            remaining,
        });
        let length = credential.access_key_id.len();
        Ok((claimed, start_of(form.signed.credential, length)))
    }

    /// Reads the access key id alone, without verifying it.
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

fn read_query(rules: &SigV4Rules, head: &RequestHead<'_>) -> Result<CanonicalQuery, Refusal> {
    let Some(raw) = head.target().query() else {
        return Ok(CanonicalQuery::default());
    };
    let query = CanonicalQuery::read(raw.as_bytes()).map_err(Refusal::malformed_because)?;
    if query.has_repeats(|name| !rules.repeated_parameters || is_reserved(name)) {
        // The canonical request sorts repeated parameters by their values. An attacker could therefore change their
        // order, and an application that reads the first or the last one would read another value.
        return Err(Refusal::malformed_because(
            reasons::DUPLICATE_QUERY_PARAMETER,
        ));
    }
    if raw.contains('+') && !rules.literal_plus {
        return Err(Refusal::malformed_because(reasons::PLUS_IN_QUERY));
    }
    Ok(query)
}

/// Returns `true` for the names of the parameters of a presigned URL, in any case. No client repeats them.
fn is_reserved(name: &[u8]) -> bool {
    const PREFIX: &[u8] = b"x-amz-";
    let start = name.get(..PREFIX.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

/// Applies the rules of the service of `scope` to the payload that the client names, if it names one.
fn payload_of(
    rules: &SigV4Rules,
    scope: CredentialScope<'_>,
    presigned: bool,
    payload: Option<SignedPayload>,
) -> Result<SignedPayload, Refusal> {
    match (payload, scope.is_s3(), presigned) {
        (Some(payload), true, _) => Ok(payload),
        (Some(payload @ SignedPayload::Hash(_)), false, _) => Ok(payload),
        (None, false, _) if !rules.names_payload => Ok(SignedPayload::OfBody),
        (None, true, true) => Ok(SignedPayload::Unsigned),
        (None, ..) => Err(Refusal::malformed_because(reasons::PAYLOAD_HASH_MISSING)),
        (Some(_), false, _) => Err(Refusal::malformed_because(reasons::PAYLOAD_FOR_S3_ONLY)),
    }
}
