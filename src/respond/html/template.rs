//! A page with places to fill.

use super::super::Denial;
use super::escape::escape_html;
use crate::config_error::ConfigError;

/// Text, and what comes after each piece of it.
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
            let unclosed = || ConfigError::new("a template has `{{` without `}}`: close it");
            let (name, rest) = after.split_once("}}").ok_or_else(unclosed)?;
            pieces.push((before.into(), Some(TemplateSlot::named(name)?)));
            text = rest;
        }
        pieces.push((text.into(), None));
        Ok(Self { pieces })
    }

    /// One of this crate's own.
    pub(super) fn literal(text: &'static str) -> Self {
        let whole = || vec![(text.into(), None)];
        let parsed = Self::parse(text).map(|it| it.pieces);
        Self {
            pieces: parsed.unwrap_or_else(|_| whole()),
        }
    }

    pub(super) fn fill(&self, denial: &Denial) -> String {
        let mut page = String::new();
        for (text, place) in &self.pieces {
            page.push_str(text);
            page.extend(place.map(|place| place.text(denial)));
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
                "a template knows status, title and detail, and not {other:?}"
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
