//! Writes the XML documents that S3 needs.

use std::fmt::Write;

/// An XML document that is being written.
pub(crate) struct Xml(String);

impl Xml {
    pub(crate) fn new() -> Self {
        Self("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned())
    }

    /// Adds an element that contains a text.
    pub(crate) fn text(mut self, name: &str, text: &(impl ToString + ?Sized)) -> Self {
        self.0.push_str(&format!("<{name}>"));
        for character in text.to_string().chars() {
            self.escape(character);
        }
        self.0.push_str(&format!("</{name}>"));
        self
    }

    /// Adds an element with the content that `add_content` adds.
    pub(crate) fn element(mut self, name: &str, add_content: impl FnOnce(Self) -> Self) -> Self {
        self.0.push_str(&format!("<{name}>"));
        self = add_content(self);
        self.0.push_str(&format!("</{name}>"));
        self
    }

    /// Calls `add` for each of `items`.
    pub(crate) fn each<T>(
        self,
        items: impl IntoIterator<Item = T>,
        add: impl Fn(Self, T) -> Self,
    ) -> Self {
        items.into_iter().fold(self, add)
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }

    /// Writes a character, escaped if necessary.
    ///
    /// XML cannot represent most control characters, U+FFFE and U+FFFF, not even escaped. This function leaves them
    /// out. Clients can list keys with such characters with `encoding-type=url`.
    fn escape(&mut self, character: char) {
        match character {
            '<' => self.0.push_str("&lt;"),
            '>' => self.0.push_str("&gt;"),
            '&' => self.0.push_str("&amp;"),
            '"' => self.0.push_str("&quot;"),
            '\r' | '\n' | '\t' => {
                let _ = write!(self.0, "&#{};", u32::from(character));
            }
            '\u{FFFE}' | '\u{FFFF}' => (),
            character if character.is_control() => (),
            character => self.0.push(character),
        }
    }
}
