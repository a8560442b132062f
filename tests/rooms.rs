//! Tests that each room, a top-level module of the crate, uses only the rooms that the architecture allows.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "rooms/imports.rs"]
mod imports;
#[path = "rooms/tokens.rs"]
mod tokens;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use self::imports::{Imports, Sources};

/// The rooms that each room may use. `ARCHITECTURE.md` gives the reasons.
const MAY_LOOK_INTO: &[(&str, &[&str])] = &[
    ("audit", &[]),
    ("drain_body", &[]),
    ("front_door", &["jwt", "password", "require_auth", "scheme"]),
    ("guide", &[]),
    ("header", &[]),
    ("hoba_services", &["audit", "header", "scheme"]),
    (
        "introspection",
        &["header", "jose", "scheme", "token_claims"],
    ),
    ("jose", &[]),
    ("jwks", &["jose"]),
    ("jwt", &["jose", "scheme", "store", "token_claims"]),
    (
        "mcp",
        &[
            "jose",
            "jwks",
            "jwt",
            "policy",
            "require_auth",
            "resource_metadata",
            "respond",
            "scheme",
        ],
    ),
    ("password", &[]),
    ("policy", &[]),
    (
        "require_auth",
        &["audit", "header", "policy", "respond", "scheme", "throttle"],
    ),
    ("resource_metadata", &[]),
    ("respond", &["header"]),
    (
        "scheme",
        &["header", "jose", "password", "resource_metadata", "store"],
    ),
    ("store", &[]),
    ("testing", &["header", "jose", "scheme"]),
    ("throttle", &["store"]),
    ("token_claims", &["jose", "policy", "scheme"]),
];

/// The rooms that every room may use. They may use only each other.
const OPEN_TO_ALL: &[&str] = &[
    "authorization_detail",
    "body_limits",
    "client",
    "clock",
    "config_error",
    "derives",
    "early_answer",
    "error_params",
    "single_flight",
    "forward",
    "http_client",
    "identity_names",
    "lookup",
    "now_or_later",
    "principal",
    "random",
    "random_stream",
    "reason",
    "reloading",
    "request_head",
    "server_role",
    "secret",
    "set_cache",
    "stateless_nonce",
    "table",
    "text",
    "unavailable",
    "verified",
];

#[test]
fn each_room_uses_exactly_the_rooms_that_the_map_allows() {
    for (room, may) in MAY_LOOK_INTO {
        let looked = looked_into(room).into_iter();
        let others = looked.filter(|(_, seen)| seen != room && !is_open(seen));
        let mut used = BTreeSet::new();
        for (file, seen) in others {
            let allowed = may.contains(&&*seen);
            assert!(allowed, "{} must not use crate::{seen}", file.display());
            used.insert(seen);
        }
        let may = may.iter().map(|room| (*room).to_owned()).collect();
        assert_eq!(used, may, "{room} does not use a room that the map allows");
    }
}

#[test]
fn the_architecture_names_every_room() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let page = fs::read_to_string(page).unwrap();
    let mapped = MAY_LOOK_INTO.iter().map(|(room, _)| room);
    for room in mapped.chain(OPEN_TO_ALL) {
        let is_there = page.contains(&format!("`{room}`")) || page.contains(&format!("  {room}"));
        assert!(is_there, "ARCHITECTURE.md does not name {room}");
    }
}

#[test]
fn the_rooms_that_are_open_to_all_use_only_each_other() {
    for open in OPEN_TO_ALL {
        for (file, seen) in looked_into(open) {
            assert!(
                is_open(&seen),
                "{} must not use crate::{seen}",
                file.display()
            );
        }
    }
}

#[test]
fn every_room_is_on_the_map() {
    let mapped = MAY_LOOK_INTO.iter().map(|(room, _)| *room);
    let mapped = mapped.chain(OPEN_TO_ALL.iter().copied());
    let rooms = fs::read_dir(src()).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        path.file_stem().unwrap().to_str().unwrap().to_owned()
    });
    let rooms = rooms.filter(|room| room != "lib").collect::<BTreeSet<_>>();
    assert_eq!(rooms, mapped.map(str::to_owned).collect());
}

#[test]
fn a_feature_gates_only_module_declarations_and_imports() {
    for file in files(&src()) {
        let text = fs::read_to_string(&file).unwrap();
        let gated = gated_items(&text).join("\n");
        assert!(
            gated.is_empty(),
            "{}: a feature gates:\n{gated}",
            file.display()
        );
    }
}

#[test]
fn an_item_that_a_feature_gates_is_found_in_every_spelling() {
    let gated = "
        #[cfg(feature = \"a\")]
        fn one() {}
        #[cfg(all(
            unix,
            feature = \"a\",
        ))]
        struct Two;
        struct Three {
            #[cfg_attr(
                not(feature = \"a\"),
                expect(dead_code, reason = \"only `a` reads it\")
            )]
            field: u8,
        }
        #[cfg_attr(feature = \"a\", derive(Debug))] struct Four;";
    let found = ["fn one() {}", "struct Two;", "field: u8,", "struct Four;"];
    assert_eq!(gated_items(gated), found);
    let fine = "
        #![cfg_attr(docsrs, feature(doc_cfg))]
        #[cfg(all(
            unix,
            feature = \"a\",
        ))]
        pub(crate) mod one;
        #[cfg(feature = \"a\")]
        pub use self::one::One;
        #[cfg_attr(docsrs, doc(cfg(feature = \"a\")))]
        fn two() {}
        #[cfg_attr(unix, path = \"feature.rs\")]
        fn three() {}
        /// #[cfg(feature = \"a\")]
        fn four() {}";
    assert_eq!(gated_items(fine), [""; 0]);
}

/// Returns what follows each attribute `cfg` or `cfg_attr` whose condition names a feature, except modules and imports.
fn gated_items(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("#[cfg") {
        let line = text[..start].rfind('\n').map_or(0, |end| end + 1);
        let is_code = text[line..start].trim().is_empty();
        let attribute = &text[start..];
        let Some(open) = attribute.find('(').filter(|_| is_code) else {
            continue;
        };
        let condition = &attribute[open..];
        let condition = match &attribute[..open] {
            "#[cfg_attr" => &condition[..length(condition, Some(','))],
            _ => &condition[..length(condition, None)],
        };
        let item = attribute[length(attribute, None)..].trim_start();
        let item = item.lines().next().unwrap_or_default();
        let item = item.trim_end();
        let visibilities = ["pub ", "pub(crate) ", "pub(super) ", ""];
        let bare = visibilities.map(|one| item.strip_prefix(one).unwrap_or(item));
        let is_module_or_import = bare
            .iter()
            .any(|item| item.starts_with("mod ") || item.starts_with("use "));
        if condition.contains("feature =") && !is_module_or_import {
            found.push(item);
        }
    }
    found
}

/// The length of the brackets at the start of `text`, which may follow a `#`. With `end`, the length up to this character
/// directly in the brackets.
fn length(text: &str, end: Option<char>) -> usize {
    let mut depth = 0_u32;
    for (place, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 1 && Some(c) == end {
            return place;
        }
        if depth == 0 && c != '#' {
            return place + 1;
        }
    }
    text.len()
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let circular = Imports::of(&sources()).circular();
    let circles = circular
        .iter()
        .map(|(import, circle)| format!("{import}\n{circle}"));
    let circles = Vec::from_iter(circles).join("\n");
    assert!(circles.is_empty(), "circular imports:\n{circles}");
}

#[test]
fn a_circular_import_through_the_re_exports_of_mod_rs_is_found() {
    let found = circular(&[
        ("lib.rs", "pub mod a; mod b; pub use self::a::Left;"),
        (
            "a/mod.rs",
            "mod left; mod right; pub use self::{left::Left, right::{self as other, Right}};",
        ),
        (
            "a/left.rs",
            "use super::{\n Right as Other,\n};\npub struct Left(Other);",
        ),
        ("a/right.rs", "pub struct Right(Box<crate::Left>);"),
        ("b.rs", "use crate::a::{Left, Right};"),
    ]);
    let left = "  a/left.rs takes Right from a/right.rs";
    let right = "  a/right.rs takes Left from a/left.rs";
    let expected = [
        ("a/left.rs -> a/right.rs", format!("{left}\n{right}")),
        ("a/right.rs -> a/left.rs", format!("{right}\n{left}")),
    ];
    assert_eq!(
        found,
        expected.map(|(import, circle)| (import.to_owned(), circle))
    );
}

#[test]
fn comments_strings_and_test_modules_are_no_imports() {
    let text = r##"
        /// See [`Right`](super::right::Right).
        pub struct Left; // super::right::Right
        /* super::right::Right */
        const TOLD: (&str, &str, char) = ("super::right::Right", r#"" super::right::Right"#, '"');
        #[cfg(test)]
        mod tests { use super::super::right::Right; }
    "##;
    let files = [
        ("lib.rs", "mod left; mod right;"),
        ("right.rs", "use super::left::Left;"),
    ];
    assert_eq!(circular(&[&files[..], &[("left.rs", text)]].concat()), []);
    let text = format!("{text} fn right() -> super::right::Right {{}}");
    assert_eq!(
        circular(&[&files[..], &[("left.rs", &text)]].concat()).len(),
        2
    );
}

/// Returns the circular imports of an invented crate.
fn circular(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let files = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    Vec::from_iter(Imports::of(&files.collect()).circular())
}

fn sources() -> Sources {
    let texts = files(&src()).into_iter().map(|path| {
        let name = path
            .strip_prefix(src())
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        (name, fs::read_to_string(&path).unwrap())
    });
    texts.collect()
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn is_open(name: &str) -> bool {
    OPEN_TO_ALL.contains(&name)
}

/// Returns the rooms that the files of `room` name after `crate::`.
fn looked_into(room: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let file = src().join(room).with_extension("rs");
    let place = if file.is_file() {
        file
    } else {
        src().join(room)
    };
    for file in files(&place) {
        let text = fs::read_to_string(&file).unwrap();
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for path in code.flat_map(|line| line.split("crate::").skip(1)) {
            let end = path.find(|c: char| !c.is_alphanumeric() && c != '_');
            let name = &path[..end.unwrap_or(path.len())];
            assert!(
                !name.is_empty(),
                "{}: name each room by itself",
                file.display()
            );
            // The crate root re-exports items of rooms that are open to all. Their names begin with a capital letter.
            if name.starts_with(char::is_lowercase) {
                found.push((file.clone(), name.to_owned()));
            }
        }
    }
    assert!(place.exists(), "there is no room {room}");
    found
}

fn files(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    let entries = fs::read_dir(place).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    // The pages in `guide` are Markdown. They import nothing.
    let paths = paths.filter(|path| path.extension().is_none_or(|end| end == "rs"));
    paths.flat_map(|path| files(&path)).collect()
}
