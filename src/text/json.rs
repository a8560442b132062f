//! Writes JSON.

/// Writes a string. Quotation marks, backslashes and control characters are escaped (RFC 8259 section 7).
pub(crate) fn string(text: &str) -> String {
    let mut string = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => string.extend(['\\', c]),
            c if c.is_control() => string += &format!("\\u{:04x}", u32::from(c)),
            c => string.push(c),
        }
    }
    string.push('"');
    string
}

#[cfg(test)]
mod tests {
    use super::string;

    #[test]
    fn every_character_comes_back_from_a_reader_of_json() {
        let all: String = ('\0'..='\u{2fff}')
            .chain(['\u{fffd}', '\u{10ffff}'])
            .collect();
        let read: String = serde_json::from_str(&string(&all)).unwrap();
        assert_eq!(read, all);
        assert_eq!(string("a\"b\\c\n"), r#""a\"b\\c\u000a""#);
    }
}
