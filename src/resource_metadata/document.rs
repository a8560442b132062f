//! The members of the document, and their form in JSON (RFC 9728 section 3.2).

use std::fmt;

use crate::text::json;

/// The members of the document, in the order in which they are written.
#[derive(Clone, Debug, Default)]
pub(super) struct DocumentMembers(Vec<(String, MemberValue)>);

/// The value of a member.
#[derive(Clone, Debug)]
pub(super) enum MemberValue {
    Text(String),
    Texts(Vec<String>),
    /// A boolean that is true. A member that would be false is left out.
    True,
}

impl MemberValue {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(super) fn texts<T: AsRef<str>>(texts: &[T]) -> Self {
        Self::Texts(texts.iter().map(|text| text.as_ref().to_owned()).collect())
    }

    /// Section 3.2: "Parameters with zero values MUST be omitted from the response."
    fn is_empty(&self) -> bool {
        matches!(self, Self::Texts(texts) if texts.is_empty())
    }
}

impl DocumentMembers {
    /// Sets a member, and replaces an earlier value of it.
    pub(super) fn set(&mut self, name: impl Into<String>, value: MemberValue) {
        let name = name.into();
        self.0.retain(|(other, _)| *other != name);
        self.0.push((name, value));
    }

    pub(super) fn followed_by(mut self, others: &Self) -> Self {
        self.0.extend_from_slice(&others.0);
        self
    }

    pub(super) fn to_json(&self) -> String {
        let members = self.0.iter().filter(|(_, value)| !value.is_empty());
        let members = members.map(|(name, value)| format!("{}:{value}", json::string(name)));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}

/// Writes the value as JSON.
impl fmt::Display for MemberValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&json::string(text)),
            Self::Texts(texts) => {
                let texts: Vec<_> = texts.iter().map(|text| json::string(text)).collect();
                write!(f, "[{}]", texts.join(","))
            }
            Self::True => f.write_str("true"),
        }
    }
}
