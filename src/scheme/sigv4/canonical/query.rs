//! `CanonicalQueryString`: the parameters of the query, encoded and sorted.

use std::ops::Range;

use super::sink::TextSink;
use super::uri_encode::encode_again;
use crate::text::percent::decode;

/// The parameters of a query, each encoded in its one way, in the order in which they are signed.
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
    /// Reads the part of a target after `?`. An empty piece is nothing, and a piece without `=` is a name with no value.
    pub(in crate::scheme::sigv4) fn read(query: &[u8]) -> Result<Self, &'static str> {
        let mut read = Self::default();
        for piece in query
            .split(|&octet| octet == b'&')
            .filter(|it| !it.is_empty())
        {
            let equals = piece.iter().position(|&octet| octet == b'=');
            let (name, value) = piece.split_at(equals.unwrap_or(piece.len()));
            let name = read.append(name)?;
            let value = read.append(value.strip_prefix(b"=").unwrap_or(value))?;
            read.pairs.push(QueryPair { name, value });
        }
        let Self { text, pairs } = &mut read;
        // Pair by pair, never as joined text: `a=` comes before `a-b=`, and '-' before '='.
        pairs.sort_by(|one, other| key(text, one).cmp(&key(text, other)));
        Ok(read)
    }

    fn append(&mut self, text: &[u8]) -> Result<Range<usize>, &'static str> {
        let start = self.text.len();
        encode_again(text, &mut self.text).ok_or("the query has a bad escape")?;
        Ok(start..self.text.len())
    }

    /// Whether a name is there twice. In which order its values came is not signed.
    pub(in crate::scheme::sigv4) fn has_repeats(&self) -> bool {
        let names = |pair: &QueryPair| &self.text[pair.name.clone()];
        self.pairs
            .windows(2)
            .any(|two| names(&two[0]) == names(&two[1]))
    }

    /// The decoded value of a parameter whose name needs no encoding.
    pub(in crate::scheme::sigv4) fn value(&self, name: &str) -> Option<Vec<u8>> {
        let mut pairs = self.pairs.iter();
        let pair = pairs.find(|pair| self.text[pair.name.clone()] == *name.as_bytes())?;
        decode(&self.text[pair.value.clone()], Some)
    }

    /// Writes all but the parameters of these names.
    pub(super) fn write(&self, without: &[&str], sink: &mut impl TextSink) {
        let mut separator: &[u8] = b"";
        for pair in &self.pairs {
            let (name, value) = key(&self.text, pair);
            if without.iter().any(|it| it.as_bytes() == name) {
                continue;
            }
            for part in [separator, name, b"=", value] {
                sink.put(part);
            }
            separator = b"&";
        }
    }
}

fn key<'t>(text: &'t [u8], pair: &QueryPair) -> (&'t [u8], &'t [u8]) {
    (&text[pair.name.clone()], &text[pair.value.clone()])
}

#[cfg(test)]
mod tests {
    use super::CanonicalQuery;

    fn written(query: &str) -> Result<String, &'static str> {
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
    fn a_name_that_is_there_twice_is_found_however_it_is_spelled() {
        let repeats =
            |query: &str| CanonicalQuery::read(query.as_bytes()).map(|it| it.has_repeats());
        assert_eq!(repeats("a=1&b=2&%61=3"), Ok(true));
        assert_eq!(repeats("a=1&b=2&A=3"), Ok(false));
    }
}
