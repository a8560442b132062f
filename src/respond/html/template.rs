//! A page template with placeholders.

use super::super::Denial;
use super::escape::escape_html;
use crate::config_error::ConfigError;

/// A parsed template: pieces of text, each with the placeholder after it. The last piece has none.
#[derive(Clone, Debug)]
pub(super) struct PageTemplate {
    pieces: Vec<(Box<str>, Option<TemplateSlot>)>,
}

#[derive(Clone, Copy, Debug)]
enum TemplateSlot {
    Status,
    Title,
    Detail,
}

impl PageTemplate {
    pub(super) fn parse(mut text: &str) -> Result<Self, ConfigError> {
        let mut pieces = Vec::new();
        while let Some((before, after)) = text.split_once("{{") {
            let unclosed = || ConfigError::new("template: `{{` without `}}`, close the braces");
            let (name, rest) = after.split_once("}}").ok_or_else(unclosed)?;
            pieces.push((before.into(), Some(TemplateSlot::named(name)?)));
            text = rest;
        }
        pieces.push((text.into(), None));
        Ok(Self { pieces })
    }

    /// Parses a template of this crate, which is always valid.
    pub(super) fn literal(text: &'static str) -> Self {
        let whole = || vec![(text.into(), None)];
        let parsed = Self::parse(text).map(|template| template.pieces);
        Self {
            pieces: parsed.unwrap_or_else(|_| whole()),
        }
    }

    pub(super) fn fill(&self, denial: &Denial) -> String {
        let mut page = String::new();
        for (text, slot) in &self.pieces {
            page.push_str(text);
            page.extend(slot.map(|slot| slot.text(denial)));
        }
        page
    }
}

impl TemplateSlot {
    fn named(name: &str) -> Result<Self, ConfigError> {
        match name.trim() {
            "status" => Ok(Self::Status),
            "title" => Ok(Self::Title),
            "detail" => Ok(Self::Detail),
            other => Err(ConfigError::new(format!(
                "template: unknown placeholder {other:?}, use status, title or detail"
            ))),
        }
    }

    fn text(self, denial: &Denial) -> String {
        match self {
            Self::Status => denial.status().as_u16().to_string(),
            Self::Title => escape_html(denial.title()),
            Self::Detail => escape_html(denial.kind().detail()),
        }
    }
}
