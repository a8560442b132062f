//! The header fields that the scheme reads beside the credentials, found in one pass over the fields of the request.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::reasons;
use crate::reason::ReasonText;

pub(super) const CONTENT_SHA256: &str = "x-amz-content-sha256";
pub(super) const SECURITY_TOKEN: &str = "x-amz-security-token";

/// The lines of each field.
#[derive(Clone, Copy, Default)]
pub(super) struct SignatureFields<'a> {
    pub(super) amz_date: FieldLines<'a>,
    pub(super) date: FieldLines<'a>,
    pub(super) token: FieldLines<'a>,
    pub(super) payload: FieldLines<'a>,
    pub(super) content_type: FieldLines<'a>,
    content_length: FieldLines<'a>,
}

impl<'a> SignatureFields<'a> {
    /// Finds the fields.
    pub(super) fn read(headers: &'a HeaderMap) -> Self {
        let mut fields = Self::default();
        for (name, line) in headers {
            let lines = match name.as_str() {
                "x-amz-date" => &mut fields.amz_date,
                "date" => &mut fields.date,
                SECURITY_TOKEN => &mut fields.token,
                CONTENT_SHA256 => &mut fields.payload,
                "content-type" => &mut fields.content_type,
                "content-length" => &mut fields.content_length,
                _ => continue,
            };
            lines.add(line);
        }
        fields
    }

    /// The length of the body in bytes, if the head has it.
    pub(super) fn body_length(&self) -> Option<u64> {
        let text = self.content_length.first?.to_str().ok()?;
        text.parse().ok()
    }
}

/// The lines of a field.
#[derive(Clone, Copy, Default)]
pub(super) struct FieldLines<'a> {
    first: Option<&'a HeaderValue>,
    has_more: bool,
}

impl<'a> FieldLines<'a> {
    fn add(&mut self, line: &'a HeaderValue) {
        self.has_more = self.first.is_some();
        self.first.get_or_insert(line);
    }

    /// Finds the lines of a field that few requests have.
    pub(super) fn of(name: &HeaderName, headers: &'a HeaderMap) -> Self {
        let mut lines = headers.get_all(name).iter();
        Self {
            first: lines.next(),
            has_more: lines.next().is_some(),
        }
    }

    /// Whether the request has the field.
    pub(super) const fn are_present(self) -> bool {
        self.first.is_some()
    }

    /// Returns the only line, or `None` if there is no line.
    pub(super) const fn only(self) -> Result<Option<&'a HeaderValue>, ReasonText> {
        match self.has_more {
            true => Err(reasons::DUPLICATE_FIELD),
            false => Ok(self.first),
        }
    }
}
