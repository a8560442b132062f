//! The header fields of a request, as a map and as a list.

use http::{HeaderMap, HeaderValue};

/// The header fields of a request.
pub(in crate::scheme::sigv4) trait RequestFields {
    /// Returns the lines of a field, unchanged and in order.
    fn lines<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f [u8]>;
}

/// The largest number of field lines of which it is faster to compare each name than to hash one for a look-up.
const FEW: usize = 32;

/// Most requests have few fields. With many, a client could sign each of them, so that comparisons would take the square
/// of their number.
impl RequestFields for HeaderMap {
    fn lines<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f [u8]> {
        let has_few = self.len() <= FEW;
        let few = has_few.then(|| self.iter().filter(move |(field, _)| field.as_str() == name));
        let few = few.into_iter().flatten().map(|(_, line)| line);
        let many = (!has_few).then(|| self.get_all(name));
        few.chain(many.into_iter().flatten())
            .map(HeaderValue::as_bytes)
    }
}

/// Fields whose names are in lower case.
impl RequestFields for &[(&str, &[u8])] {
    fn lines<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f [u8]> {
        let fields = self.iter().filter(move |(field, _)| *field == name);
        fields.map(|(_, line)| *line)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{FEW, RequestFields};

    #[test]
    fn a_request_with_many_fields_has_the_same_lines_as_one_with_few() {
        for others in [0, FEW - 3, FEW - 2, FEW - 1, 100] {
            let mut headers = HeaderMap::new();
            headers.append("a", HeaderValue::from_static("2"));
            headers.append("a", HeaderValue::from_static("1"));
            for number in 0..others {
                let name = HeaderName::try_from(format!("x-{number}"));
                headers.append(name.expect("a name"), HeaderValue::from_static("0"));
            }
            headers.append("a", HeaderValue::from_static("3"));
            assert!(headers.lines("a").eq([b"2", b"1", b"3"]), "{others}");
            assert_eq!(headers.lines("b").count(), 0, "{others}");
        }
    }
}
