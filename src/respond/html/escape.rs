//! Escapes text for HTML.

/// Escapes `text` for HTML: in the content of an element, or in an attribute value between quotes.
///
/// Do not use it for text in a script or in a style. It also does not make a URL in an attribute safe. For example,
/// `javascript:alert(1)` has no character to escape, and a link with that URL would run a script.
///
/// # Example
///
/// ```
/// use tower_challenge::respond::escape_html;
///
/// assert_eq!(escape_html("a < b & \"c\" 'd'"), "a &lt; b &amp; &quot;c&quot; &#39;d&#39;");
/// ```
#[must_use]
pub fn escape_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
    }
    html
}
