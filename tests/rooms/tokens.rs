//! Splits Rust source text into tokens, without comments and literals.

/// Returns the tokens of a source text: names, numbers, `::`, and every other character by itself.
pub(crate) fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = literal(rest).unwrap_or_else(|| {
            let word = rest.find(|c: char| !is_word_char(c)).unwrap_or(rest.len());
            let length = if rest.starts_with("::") {
                2
            } else {
                word.max(first.len_utf8())
            };
            tokens.push(&rest[..length]);
            length
        });
        rest = rest[length..].trim_start();
    }
    tokens
}

/// Returns the position after the item that begins at `start`: after its last brace or its semicolon.
pub(crate) fn end_of_item(tokens: &[&str], start: usize) -> usize {
    let mut depth = 0;
    let end = tokens[start..].iter().position(|token| {
        match *token {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        depth == 0 && matches!(*token, "}" | ";")
    });
    end.map_or(tokens.len(), |end| start + end + 1)
}

/// Returns the length of the comment, the string or the character literal at the start of `text`.
fn literal(text: &str) -> Option<usize> {
    let after = |end: &str, start: usize| Some(start + text[start..].find(end)? + end.len());
    if text.starts_with("//") {
        return after("\n", 0).or(Some(text.len()));
    }
    if text.starts_with("/*") {
        return after("*/", 2);
    }
    let prefix = text.find(|c: char| !"bcr".contains(c))?;
    let hashes = text[prefix..].find(|c| c != '#')?;
    let quote = prefix + hashes;
    match text[quote..].chars().next()? {
        '"' if text[..prefix].contains('r') => {
            after(&format!("\"{}", "#".repeat(hashes)), quote + 1)
        }
        '"' if hashes == 0 => end_of_quoted(text, quote),
        // Only a character literal has its second quote directly after one character or escape. A lifetime has none.
        '\'' if hashes == 0 && text[quote + 1..].starts_with('\\') => end_of_quoted(text, quote),
        '\'' if hashes == 0 => {
            let end = quote + 1 + text[quote + 1..].chars().next()?.len_utf8();
            text[end..].starts_with('\'').then_some(end + 1)
        }
        _ => None,
    }
}

fn end_of_quoted(text: &str, quote: usize) -> Option<usize> {
    let mark = text[quote..].chars().next();
    let mut is_escaped = false;
    let end = text[quote + 1..].char_indices().find(|(_, c)| {
        let ends = !is_escaped && Some(*c) == mark;
        is_escaped = !is_escaped && *c == '\\';
        ends
    });
    end.map(|(end, _)| quote + 1 + end + 1)
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
