//! `CanonicalRequest`: everything that a signature covers, in the one way in which it is signed.

mod headers;
mod query;
mod sink;
mod uri;
mod uri_encode;

pub(super) use self::headers::SignedHeaders;
pub(super) use self::query::CanonicalQuery;
pub(super) use self::sink::{BufferedHash, TextSink};
pub use self::uri::PathRule;
pub(super) use self::uri::is_normal_path;

use http::{HeaderMap, HeaderName, HeaderValue};

/// The parts of a request that are signed, but for its payload.
pub(super) struct CanonicalRequest<'a, H> {
    pub(super) method: &'a str,
    pub(super) path: &'a [u8],
    pub(super) rule: PathRule,
    pub(super) query: &'a CanonicalQuery,
    /// Parameters that are not signed.
    pub(super) without: &'a [&'a str],
    /// Finds the lines of a field.
    pub(super) headers: H,
    pub(super) signed_headers: SignedHeaders<'a>,
}

impl<'h, H, V> CanonicalRequest<'_, H>
where
    H: Fn(&str) -> V,
    V: Iterator<Item = &'h [u8]>,
{
    /// Writes all lines but the last, which is the payload.
    pub(super) fn write(&self, sink: &mut impl TextSink) -> Result<(), &'static str> {
        sink.put(self.method.as_bytes());
        sink.put(b"\n");
        uri::write(self.path, self.rule, sink)?;
        sink.put(b"\n");
        self.query.write(self.without, sink);
        sink.put(b"\n");
        headers::write(self.signed_headers, &self.headers, sink)?;
        sink.put(b"\n");
        sink.put(self.signed_headers.text().as_bytes());
        sink.put(b"\n");
        Ok(())
    }
}

/// The lines of a field, as they came.
pub(super) fn lines<'h>(
    headers: &'h HeaderMap,
    name: &str,
) -> impl Iterator<Item = &'h [u8]> + use<'h> {
    headers.get_all(name).iter().map(HeaderValue::as_bytes)
}

/// Signed fields of several lines, each in the one that was signed: whoever reads the first line alone would otherwise read
/// less than that.
pub(super) fn joined(
    headers: &HeaderMap,
    signed: SignedHeaders<'_>,
) -> Vec<(HeaderName, HeaderValue)> {
    // In nearly every request each field has one.
    if headers.len() == headers.keys_len() {
        return Vec::new();
    }
    let names = headers.keys().filter(|name| signed.contain(name.as_str()));
    let names = names.filter(|name| headers.get_all(*name).iter().nth(1).is_some());
    names
        .filter_map(|name| {
            let lines = lines(headers, name.as_str()).map(<[u8]>::trim_ascii);
            let line = lines.collect::<Vec<_>>().join(&b","[..]);
            Some((name.clone(), HeaderValue::from_bytes(&line).ok()?))
        })
        .collect()
}
