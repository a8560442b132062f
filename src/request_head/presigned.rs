//! Tells whether a request is for a presigned URL of AWS.

use super::RequestHead;
use crate::text::percent::decode;

/// Parameters that every presigned URL has, and no other URL.
const NAMES: [&str; 3] = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"];

impl RequestHead<'_> {
    /// Returns whether the query has a parameter of a presigned URL. The comparison ignores case and percent-encoding.
    ///
    /// It is generous, so that a query with a misspelled parameter is refused, and is not taken for a request without
    /// credentials.
    pub(crate) fn is_presigned(&self) -> bool {
        self.target().query().is_some_and(|query| {
            let mut names = query.split('&').filter_map(|piece| piece.split('=').next());
            names.any(is_reserved)
        })
    }
}

fn is_reserved(name: &str) -> bool {
    let shortest = NAMES.into_iter().map(str::len).min();
    if shortest.is_some_and(|shortest| name.len() < shortest) {
        return false;
    }
    let name = decode(name.as_bytes(), Some).unwrap_or_default();
    let mut names = NAMES.into_iter();
    names.any(|reserved| name.eq_ignore_ascii_case(reserved.as_bytes()))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use crate::request_head::RequestHead;

    fn is_presigned(query: &str) -> bool {
        let request = Request::get(format!("/?{query}"))
            .body(())
            .expect("a query");
        RequestHead::of(&request).is_presigned()
    }

    #[test]
    fn a_parameter_of_a_presigned_url_is_found_in_any_case_and_encoding() {
        for query in [
            "X-Amz-Signature=",
            "a&X-Amz-Algorithm=x",
            "x-amz-credential",
            "X%2DAmz%2DSignature=0",
        ] {
            assert!(is_presigned(query), "{query}");
        }
        for query in [
            "",
            "X-Amz-Date=1",
            "signature=X-Amz-Signature",
            "X-Amz-Signatures=1",
        ] {
            assert!(!is_presigned(query), "{query}");
        }
    }
}
