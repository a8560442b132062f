//! `CanonicalRequest`: the parts of a request that a signature covers, in their canonical form.

mod headers;
mod query;
mod request_fields;
mod sink;
mod uri;
mod uri_encode;

pub(super) use self::headers::SignedHeaders;
pub(super) use self::query::CanonicalQuery;
pub(super) use self::request_fields::RequestFields;
pub(super) use self::sink::{BufferedHash, TextSink};
pub use self::uri::PathRule;
pub(super) use self::uri::is_normal_path;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::reason::ReasonText;

/// The signed parts of a request, without the payload.
pub(super) struct CanonicalRequest<'a, F> {
    pub(super) method: &'a str,
    pub(super) path: &'a [u8],
    pub(super) rule: PathRule,
    pub(super) query: &'a CanonicalQuery,
    /// The names of query parameters that are not signed.
    pub(super) without: &'a [&'a str],
    pub(super) fields: F,
    pub(super) signed_headers: SignedHeaders<'a>,
}

impl<F: RequestFields> CanonicalRequest<'_, F> {
    /// Writes all lines except the last one, which is the payload.
    pub(super) fn write(&self, sink: &mut impl TextSink) -> Result<(), ReasonText> {
        sink.put(self.method.as_bytes());
        sink.put(b"\n");
        uri::write(self.path, self.rule, sink)?;
        sink.put(b"\n");
        self.query.write(self.without, sink);
        sink.put(b"\n");
        headers::write(self.signed_headers, &self.fields, sink)?;
        sink.put(b"\n");
        sink.put(self.signed_headers.text().as_bytes());
        sink.put(b"\n");
        Ok(())
    }
}

/// Returns the signed fields that the client sent in several lines, each joined to one line.
///
/// The canonical request joins such lines with commas, so the client has signed the joined value. The inner service
/// gets the joined line: an application that reads the first line alone would otherwise miss a part of the signed
/// value.
pub(super) fn joined(
    headers: &HeaderMap,
    signed: SignedHeaders<'_>,
) -> Vec<(HeaderName, HeaderValue)> {
    // Nearly every request has one line for each field. The check saves it the search below.
    if headers.len() == headers.keys_len() {
        return Vec::new();
    }
    let names = headers.keys().filter(|name| signed.contain(name.as_str()));
    let names = names.filter(|name| headers.get_all(*name).iter().nth(1).is_some());
    names
        .filter_map(|name| {
            let lines = headers.lines(name.as_str()).map(<[u8]>::trim_ascii);
            let line = lines.collect::<Vec<_>>().join(&b","[..]);
            Some((name.clone(), HeaderValue::from_bytes(&line).ok()?))
        })
        .collect()
}
