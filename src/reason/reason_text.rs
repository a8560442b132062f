//! The text of a reason, and its stable code.

/// Says why a request is refused, for the audit.
///
/// It is as large as a text alone, because every verifier returns one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReasonText {
    /// A text of a scheme or a verifier outside of this crate. It has no code.
    Uncoded(&'static str),
    /// A reason of this crate. The macro [`coded`] makes one.
    Coded(&'static CodedText),
}

/// The text of a reason of this crate, and its code. The page `guide/why_refused.md` has an entry for every code, and
/// `tests/why_refused.rs` compares the two.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CodedText {
    pub(crate) code: &'static str,
    pub(crate) text: &'static str,
}

/// Makes a [`ReasonText`] with a stable code.
///
/// A code has lower-case letters, digits and underscores, and begins with the name of its scheme or room. For example,
/// `digest_realm_mismatch`. It stays when the text changes.
macro_rules! coded {
    ($code:literal, $text:literal $(,)?) => {
        $crate::reason::ReasonText::Coded($crate::reason::coded_text!($code, $text))
    };
}

/// Makes a reference to a [`CodedText`].
macro_rules! coded_text {
    ($code:literal, $text:literal $(,)?) => {
        &$crate::reason::CodedText {
            code: $code,
            text: $text,
        }
    };
}
/// Defines the reasons of one room as constants.
macro_rules! reasons {
    ($($name:ident = $code:literal: $text:literal;)*) => {
        $(
            pub(super) const $name: $crate::reason::ReasonText = $crate::reason::coded!($code, $text);
        )*
    };
}
pub(crate) use {coded, coded_text, reasons};

impl ReasonText {
    #[inline]
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Uncoded(text) => text,
            Self::Coded(coded) => coded.text,
        }
    }

    #[inline]
    pub(crate) const fn code(self) -> Option<&'static str> {
        match self {
            Self::Uncoded(_) => None,
            Self::Coded(coded) => Some(coded.code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ReasonText;

    /// Every answer of a verifier contains one, so a larger one would cost each login.
    #[test]
    fn it_is_as_large_as_a_text() {
        assert_eq!(size_of::<ReasonText>(), size_of::<&str>());
    }
}
