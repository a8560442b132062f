//! XML, as little of it as S3 needs.

use std::fmt::Write;

/// A document in the making.
pub(crate) struct Xml(String);

impl Xml {
    pub(crate) fn new() -> Self {
        Self("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned())
    }

    /// An element with a text in it.
    pub(crate) fn text(mut self, name: &str, text: &(impl ToString + ?Sized)) -> Self {
        self.0.push_str(&format!("<{name}>"));
        for character in text.to_string().chars() {
            self.escape(character);
        }
        self.0.push_str(&format!("</{name}>"));
        self
    }

    /// An element with what `within` adds in it.
    pub(crate) fn element(mut self, name: &str, within: impl FnOnce(Self) -> Self) -> Self {
        self.0.push_str(&format!("<{name}>"));
        self = within(self);
        self.0.push_str(&format!("</{name}>"));
        self
    }

    /// One element for each of `items`.
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

    /// XML has no way at all to write most control characters, and two others: they are left out of messages, and keys that hold them are
    /// listed with `encoding-type=url`.
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
