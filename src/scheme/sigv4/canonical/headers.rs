//! `CanonicalHeaders` and `SignedHeaders`: which fields were signed, and what they say.

use super::sink::TextSink;

/// The names that a client says it signed: in lower case, sorted, none twice.
#[derive(Clone, Copy, Debug)]
pub(in crate::scheme::sigv4) struct SignedHeaders<'a>(&'a str);

impl<'a> SignedHeaders<'a> {
    /// Reads names with `;` between them.
    pub(in crate::scheme::sigv4) fn read(list: &'a str) -> Result<Self, &'static str> {
        let mut last: &[u8] = b"";
        for name in Self(list).octets() {
            if name.is_empty() || !name.iter().all(|&it| is_of_a_lower_case_name(it)) {
                return Err("a signed header has no name in lower case");
            }
            // Sorted and without repeats: each comes after the one before it.
            if name <= last {
                return Err("the signed headers are not sorted, each once");
            }
            last = name;
        }
        Ok(Self(list))
    }

    /// As they were sent.
    pub(super) const fn text(self) -> &'a str {
        self.0
    }

    pub(super) fn names(self) -> impl Iterator<Item = &'a str> {
        let names = self.octets();
        names.map(|name| std::str::from_utf8(name).unwrap_or_default())
    }

    /// Names are short, and a search would begin anew for each.
    fn octets(self) -> impl Iterator<Item = &'a [u8]> {
        self.0.as_bytes().split(|&octet| octet == b';')
    }

    pub(in crate::scheme::sigv4) fn contain(self, name: &str) -> bool {
        self.octets().any(|it| it == name.as_bytes())
    }
}

/// The token of RFC 9110 section 5.6.2, without capitals.
fn is_of_a_lower_case_name(octet: u8) -> bool {
    octet.is_ascii_lowercase() || octet.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&octet)
}

/// Writes a line for each signed field; `values` finds the lines of one, in the order in which they came.
pub(super) fn write<'h, V>(
    signed: SignedHeaders<'_>,
    values: impl Fn(&str) -> V,
    sink: &mut impl TextSink,
) -> Result<(), &'static str>
where
    V: Iterator<Item = &'h [u8]>,
{
    for name in signed.names() {
        let mut separator: &[u8] = b":";
        sink.put(name.as_bytes());
        for value in values(name) {
            sink.put(separator);
            put_trimmed(value, sink);
            separator = b",";
        }
        if separator == b":" {
            return Err("a signed header is not there");
        }
        sink.put(b"\n");
    }
    Ok(())
}

/// Without white space around it, and with one space for each run of it within, quoted or not.
fn put_trimmed(value: &[u8], sink: &mut impl TextSink) {
    let value = value.trim_ascii();
    if is_single_spaced(value) {
        sink.put(value);
        return;
    }
    let words = value.split(is_space).filter(|word| !word.is_empty());
    for (place, word) in words.enumerate() {
        if place > 0 {
            sink.put(b" ");
        }
        sink.put(word);
    }
}

/// Whether there is nothing but single spaces between words, as nearly everywhere.
fn is_single_spaced(value: &[u8]) -> bool {
    let mut before = b'-';
    value.iter().all(|&octet| {
        let is_fine = !is_space(&octet) || octet == b' ' && before != b' ';
        before = octet;
        is_fine
    })
}

const fn is_space(octet: &u8) -> bool {
    octet.is_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use super::{SignedHeaders, write};

    #[test]
    fn names_are_in_lower_case_sorted_and_there_once() {
        for good in ["host", "host;x-amz-date", "a;a-b;b"] {
            assert!(SignedHeaders::read(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            ";",
            "host;",
            "Host",
            "x-amz-date;host",
            "host;host",
            "ho st",
            "host,x",
            "h\u{e9}",
        ] {
            assert!(SignedHeaders::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn values_are_trimmed_within_and_joined_in_order() {
        let values = |name: &str| {
            let values: &[&[u8]] = match name {
                "a" => &[b"  1  2\t3 ", b"\"x  y\"", b""],
                "b" => &[b"one"],
                _ => &[],
            };
            values.iter().copied()
        };
        let mut out = Vec::new();
        let signed = SignedHeaders::read("a;b").expect("two names");
        assert_eq!(write(signed, values, &mut out), Ok(()));
        assert_eq!(out, b"a:1 2 3,\"x y\",\nb:one\n");
        let signed = SignedHeaders::read("a;c").expect("two names");
        assert!(write(signed, values, &mut out).is_err());
    }
}
