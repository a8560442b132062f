//! The form that a question sends (RFC 7662 section 2.1).

use http::HeaderMap;

use crate::text::percent;

/// The fields and the body of a request with a form.
#[derive(Default)]
pub(super) struct QuestionForm {
    pub(super) body: String,
    pub(super) fields: HeaderMap,
}

impl QuestionForm {
    /// Adds a parameter.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        if !self.body.is_empty() {
            self.body.push('&');
        }
        self.body.push_str(name);
        self.body.push('=');
        self.body.push_str(&encoded(value));
    }
}

/// Encodes a value for a form (`application/x-www-form-urlencoded`). A space becomes `%20`, which every reader of forms
/// accepts as it accepts `+`.
pub(super) fn encoded(value: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"*-._".contains(&byte);
    percent::encode(value, is_plain)
}

#[cfg(test)]
mod tests {
    use super::{QuestionForm, encoded};

    #[test]
    fn every_character_with_a_meaning_in_a_form_is_encoded() {
        assert_eq!(encoded("aZ09*-._"), "aZ09*-._");
        assert_eq!(encoded("a+b/c=d~e&f g"), "a%2Bb%2Fc%3Dd%7Ee%26f%20g");
        assert_eq!(encoded("%:\u{e9}"), "%25%3A%C3%A9");
        let mut form = QuestionForm::default();
        form.add("token", "a=b");
        form.add("client_id", "rs");
        assert_eq!(form.body, "token=a%3Db&client_id=rs");
    }
}
