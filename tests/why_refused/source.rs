//! Finds the texts of reasons, of configuration errors and of causes in the source of the library.

use std::fs;
use std::path::Path;

/// The source of each file of the library, without comments and tests.
fn sources() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
            if is_test {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(without_comments(&fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

fn without_comments(source: &str) -> String {
    let source = source
        .split("\n#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or("");
    let lines = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.fold(String::new(), |text, line| text + line + "\n")
}

/// Reads the string literal at the start of `source`. Returns it as it is shown, and what follows.
fn literal(source: &str) -> Option<(String, &str)> {
    let mut rest = source.trim_start().strip_prefix('"')?;
    let mut text = String::new();
    loop {
        let character = rest.chars().next()?;
        rest = rest.get(character.len_utf8()..)?;
        match character {
            '"' => return Some((text, rest)),
            '\\' => {
                let escaped = rest.chars().next()?;
                rest = rest.get(escaped.len_utf8()..)?;
                match escaped {
                    '\n' => rest = rest.trim_start(),
                    'n' => text.push('\n'),
                    other => text.push(other),
                }
            }
            other => text.push(other),
        }
    }
}

/// Replaces each placeholder of a format string by two dots.
fn with_dots(format: &str) -> String {
    let format = format.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let mut parts = format.split('{');
    let first = parts.next().unwrap_or("").to_owned();
    let shown = parts.fold(first, |text, part| {
        text + ".." + part.split_once('}').map_or(part, |(_, after)| after)
    });
    shown.replace('\u{1}', "{").replace('\u{2}', "}")
}

/// The code and the text of each reason.
pub(crate) fn reasons() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for source in sources() {
        for start in ["coded!(", "coded_text!("] {
            for rest in after_each(&source, start) {
                found.extend(pair(rest, ","));
            }
        }
        for table in after_each(&source, "\nreasons! {\n") {
            let table = table.split("\n}\n").next().unwrap_or("");
            let rows = table.lines().filter_map(|line| line.split_once(" = "));
            found.extend(rows.filter_map(|(_, row)| pair(row, ":")));
        }
    }
    found
}

fn pair(source: &str, between: &str) -> Option<(String, String)> {
    let (code, rest) = literal(source)?;
    let (text, _) = literal(rest.trim_start().strip_prefix(between)?)?;
    Some((code, text))
}

fn after_each<'s>(source: &'s str, start: &'s str) -> impl Iterator<Item = &'s str> {
    let places = source.match_indices(start);
    places.map(move |(at, _)| &source[at + start.len()..])
}

/// The constant texts with which `constructor` is called, as they are shown. A text that only joins others, such as
/// `{path}: {error}`, is left out.
pub(crate) fn messages(constructor: &str) -> Vec<String> {
    let call = format!("{constructor}(");
    let mut found = Vec::new();
    for source in sources() {
        for rest in after_each(&source, &call) {
            let rest = rest.trim_start();
            let rest = rest.strip_prefix("format!(").unwrap_or(rest);
            let text = literal(rest).map(|(text, _)| with_dots(&text));
            found.extend(text.filter(|text| text.chars().any(char::is_alphabetic)));
        }
    }
    found
}

/// All texts of the source, as they are shown.
pub(crate) fn all_texts() -> Vec<String> {
    let mut found = Vec::new();
    for source in sources() {
        let mut rest = &*source;
        while let Some(at) = rest.find('"') {
            let is_character = rest
                .get(..at)
                .is_some_and(|before| before.ends_with(['\'', '\\']));
            let start = &rest[at..];
            match literal(start).filter(|_| !is_character) {
                Some((text, after)) => {
                    found.push(with_dots(&text));
                    rest = after;
                }
                None => rest = &start[1..],
            }
        }
    }
    found
}
