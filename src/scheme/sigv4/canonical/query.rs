//! `CanonicalQueryString`: the query parameters, encoded and sorted.

use std::ops::Range;

use super::super::reasons;
use super::sink::TextSink;
use super::uri_encode::reencode;
use crate::reason::ReasonText;
use crate::text::percent::decode;

/// The parameters of a query in canonical encoding, in the order in which they are signed.
#[derive(Debug, Default)]
pub(in crate::scheme::sigv4) struct CanonicalQuery {
    text: Vec<u8>,
    pairs: Vec<QueryPair>,
}

#[derive(Clone, Debug)]
struct QueryPair {
    name: Range<usize>,
    value: Range<usize>,
}

impl CanonicalQuery {
    /// Parses the part of a target after `?`. Skips empty pieces. A piece without `=` is a name with an empty value.
    pub(in crate::scheme::sigv4) fn read(query: &[u8]) -> Result<Self, ReasonText> {
        let mut read = Self::default();
        for piece in query
            .split(|&byte| byte == b'&')
            .filter(|piece| !piece.is_empty())
        {
            let equals = piece.iter().position(|&byte| byte == b'=');
            let (name, value) = piece.split_at(equals.unwrap_or(piece.len()));
            let name = read.append(name)?;
            let value = read.append(value.strip_prefix(b"=").unwrap_or(value))?;
            read.pairs.push(QueryPair { name, value });
        }
        let Self { text, pairs } = &mut read;
        // Compares names first and then values. Comparing `name=value` as one text gives another order: it puts `a-b=`
        // before `a=`, because '-' is less than '='.
        pairs.sort_by(|one, other| name_and_value(text, one).cmp(&name_and_value(text, other)));
        Ok(read)
    }

    fn append(&mut self, text: &[u8]) -> Result<Range<usize>, ReasonText> {
        let start = self.text.len();
        reencode(text, &mut self.text).ok_or(reasons::INVALID_QUERY_ENCODING)?;
        Ok(start..self.text.len())
    }

    /// Returns `true` if two parameters have the same name, and `counts` returns `true` for the name in its canonical
    /// encoding. The signature does not cover the order of their values.
    pub(in crate::scheme::sigv4) fn has_repeats(&self, counts: impl Fn(&[u8]) -> bool) -> bool {
        let name = |pair: &QueryPair| &self.text[pair.name.clone()];
        // The pairs are sorted, so that equal names are neighbours.
        self.pairs
            .windows(2)
            .any(|two| name(&two[0]) == name(&two[1]) && counts(name(&two[0])))
    }

    /// Returns the decoded value of the parameter `name`. The name must not contain characters that are
    /// percent-encoded.
    pub(in crate::scheme::sigv4) fn value(&self, name: &str) -> Option<Vec<u8>> {
        let mut pairs = self.pairs.iter();
        let pair = pairs.find(|pair| self.text[pair.name.clone()] == *name.as_bytes())?;
        decode(&self.text[pair.value.clone()], Some)
    }

    /// Writes all parameters except those with a name in `without`.
    pub(super) fn write(&self, without: &[&str], sink: &mut impl TextSink) {
        let mut separator: &[u8] = b"";
        for pair in &self.pairs {
            let (name, value) = name_and_value(&self.text, pair);
            if without.iter().any(|left_out| left_out.as_bytes() == name) {
                continue;
            }
            for part in [separator, name, b"=", value] {
                sink.put(part);
            }
            separator = b"&";
        }
    }
}

fn name_and_value<'t>(text: &'t [u8], pair: &QueryPair) -> (&'t [u8], &'t [u8]) {
    (&text[pair.name.clone()], &text[pair.value.clone()])
}

#[cfg(test)]
mod tests {
    use super::{CanonicalQuery, ReasonText};

    fn written(query: &str) -> Result<String, ReasonText> {
        let mut out = Vec::new();
        CanonicalQuery::read(query.as_bytes())?.write(&[], &mut out);
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    #[test]
    fn parameters_are_encoded_and_sorted_by_name_and_then_by_value() {
        for (query, canonical) in [
            ("", ""),
            ("acl", "acl="),
            ("&&acl&", "acl="),
            ("b=2&a=1", "a=1&b=2"),
            ("a=2&a=1&a", "a=&a=1&a=2"),
            ("Param-3=v&Param=v", "Param=v&Param-3=v"),
            ("a=b=c", "a=b%3Dc"),
            ("a=%7e&%61=+", "a=%2B&a=~"),
            ("a=/&b=%2f", "a=%2F&b=%2F"),
            ("a b=c d", "a%20b=c%20d"),
            ("=x", "=x"),
        ] {
            assert_eq!(written(query).as_deref(), Ok(canonical), "{query}");
        }
        assert!(written("a=%zz").is_err());
        assert!(written("%=a").is_err());
    }

    #[test]
    fn a_repeated_parameter_is_found_in_any_encoding() {
        let repeats = |query: &str| {
            CanonicalQuery::read(query.as_bytes()).map(|query| query.has_repeats(|_| true))
        };
        assert_eq!(repeats("a=1&b=2&%61=3"), Ok(true));
        assert_eq!(repeats("a=1&b=2&A=3"), Ok(false));
        let query = CanonicalQuery::read(b"a=1&b=2&%61=3&b=2").expect("a valid query");
        assert!(query.has_repeats(|name| name == b"a"));
        assert!(!query.has_repeats(|name| name == b"c"));
    }
}
