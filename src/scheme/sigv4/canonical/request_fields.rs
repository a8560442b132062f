//! The header fields of a request, as a map and as a list.

use http::HeaderMap;

/// The header fields of a request.
pub(in crate::scheme::sigv4) trait RequestFields {
    /// Returns the lines of a field, unchanged and in order.
    fn lines<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f [u8]>;
}

/// A request has few fields. To compare each name is faster than to hash one for a look-up.
impl RequestFields for HeaderMap {
    fn lines<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f [u8]> {
        let fields = self.iter().filter(move |(field, _)| field.as_str() == name);
        fields.map(|(_, line)| line.as_bytes())
    }
}

/// Fields whose names are in lower case.
impl RequestFields for &[(&str, &[u8])] {
    fn lines<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f [u8]> {
        let fields = self.iter().filter(move |(field, _)| *field == name);
        fields.map(|(_, line)| *line)
    }
}
