//! Hashes the canonical request of a request head.

use http::HeaderMap;
use sha2::{Digest, Sha256};

use super::canonical::{
    BufferedHash, CanonicalQuery, CanonicalRequest, PathRule, RequestFields, SignedHeaders,
    is_normal_path,
};
use super::reasons;
use super::rules::SigV4Rules;
use crate::request_head::RequestHead;
use crate::scheme::Refusal;

/// The parts of a request that a signature covers, without the payload.
pub(super) struct CoveredParts<'r, 'a> {
    pub(super) head: &'r RequestHead<'a>,
    pub(super) query: &'r CanonicalQuery,
    pub(super) path_rule: PathRule,
    pub(super) signed_headers: SignedHeaders<'r>,
}

impl CoveredParts<'_, '_> {
    /// Hashes the canonical request up to its last line. Leaves out the query parameters `without`.
    pub(super) fn hash(&self, rules: &SigV4Rules, without: &[&str]) -> Result<Sha256, Refusal> {
        let headers = self.head.headers();
        let target = self
            .head
            .signed_target_or_reason()
            .map_err(Refusal::malformed_because)?;
        let path = target.path().as_bytes();
        if !rules.any_path && self.path_rule == PathRule::Normalized && !is_normal_path(path) {
            return Err(Refusal::malformed_because(reasons::PATH_NOT_NORMALIZED));
        }
        let host = self
            .head
            .signed_host_or_reason()
            .map_err(Refusal::malformed_because)?;
        let request = CanonicalRequest {
            method: self.head.method().as_str(),
            path,
            rule: self.path_rule,
            query: self.query,
            without,
            fields: FieldsWithHost { host, headers },
            signed_headers: self.signed_headers,
        };
        let mut hash = Sha256::new();
        let mut text = BufferedHash::new(&mut hash);
        request
            .write(&mut text)
            .map_err(Refusal::malformed_because)?;
        text.finish();
        Ok(hash)
    }
}

/// The fields of a request, with the host that the client signed. HTTP/2 does not send it as a field.
struct FieldsWithHost<'a> {
    host: &'a [u8],
    headers: &'a HeaderMap,
}

impl RequestFields for FieldsWithHost<'_> {
    fn lines<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f [u8]> {
        let is_host = name == "host";
        let others = (!is_host).then(|| self.headers.lines(name));
        let host = is_host.then_some(self.host);
        host.into_iter().chain(others.into_iter().flatten())
    }
}
