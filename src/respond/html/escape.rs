//! How text becomes HTML that says the same.

/// `text` as HTML that says the same, in an element or between quotes in an attribute.
///
/// Not for a place where a script or a style begins, nor for a URL in an attribute: `javascript:` has nothing to escape.
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
