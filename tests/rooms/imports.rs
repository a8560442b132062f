//! Finds the imports between the files of a crate, and the imports that form a circle.
//!
//! An import leads to the file that defines the name. For example, `use super::Attempt` in `scheme/all.rs` is an import
//! from `scheme/attempt.rs`, although `scheme/mod.rs` re-exports the name. So the `mod` and `pub use` lines of a
//! `mod.rs` are no imports. Comments and items under `#[cfg(test)]` are ignored. A module in braces is part of its
//! file.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::slice::from_ref;

use super::tokens::{end_of_item, tokens};

/// The files of a crate by their paths below `src`, each with its text.
pub(crate) type Sources = BTreeMap<String, String>;

type Names = Vec<String>;

/// The imports: for each pair of files `(taker, giver)`, the names that the first imports from the second.
pub(crate) struct Imports(BTreeMap<(String, String), BTreeSet<String>>);

impl Imports {
    /// Reads the module tree below `lib.rs`.
    pub(crate) fn of(sources: &Sources) -> Self {
        let mut modules = Modules::default();
        modules.read(sources, &[]);
        let mut imports = BTreeMap::<_, BTreeSet<_>>::new();
        for (place, module) in &modules.0 {
            for path in &module.takes {
                for (giver, name) in modules.find(place, path) {
                    if giver != module.file {
                        let names: &mut BTreeSet<_> =
                            imports.entry((module.file.clone(), giver)).or_default();
                        names.insert(name);
                    }
                }
            }
        }
        Self(imports)
    }

    /// Returns every import that is part of a circle, in the form `taker -> giver`, with the shortest circle around it.
    pub(crate) fn circular(&self) -> BTreeMap<String, String> {
        let circular = self.0.keys().filter_map(|(taker, giver)| {
            let mut circle = vec![taker.clone()];
            circle.extend(self.shortest_path(giver, taker)?);
            Some((format!("{taker} -> {giver}"), self.describe(&circle)))
        });
        circular.collect()
    }

    /// Returns the shortest path along imports from the file `start` to the file `end`.
    fn shortest_path(&self, start: &str, end: &str) -> Option<Names> {
        let mut paths = VecDeque::from([vec![start.to_owned()]]);
        let mut seen = BTreeSet::from([start]);
        while let Some(path) = paths.pop_front() {
            let last = path.last()?;
            if last == end {
                return Some(path);
            }
            for (_, giver) in self.0.keys().filter(|(taker, _)| taker == last) {
                if seen.insert(giver) {
                    paths.push_back([&*path, from_ref(giver)].concat());
                }
            }
        }
        None
    }

    /// Describes a circle: one line for each import.
    fn describe(&self, circle: &[String]) -> String {
        let steps = circle.windows(2).map(|step| {
            let names = &self.0[&(step[0].clone(), step[1].clone())];
            let names = names.iter().map(String::as_str).collect::<Vec<_>>();
            format!("  {} takes {} from {}", step[0], names.join(", "), step[1])
        });
        steps.collect::<Vec<_>>().join("\n")
    }
}

/// The names that a file declares and uses.
struct Module {
    file: String,
    /// The modules that the file declares.
    children: BTreeSet<String>,
    /// The names that `use` lines bring into scope, each with its path. A name has two paths if a feature selects
    /// between them.
    brought: Vec<(String, Names)>,
    /// The paths that the code of the file names.
    takes: Vec<Names>,
}

/// The modules of a crate, each under its path of module names.
#[derive(Default)]
struct Modules(BTreeMap<Names, Module>);

impl Modules {
    fn read(&mut self, sources: &Sources, place: &[String]) {
        let stem = place.join("/");
        let own = match place {
            [] => vec!["lib.rs".to_owned()],
            _ => vec![format!("{stem}.rs"), format!("{stem}/mod.rs")],
        };
        // A module that is declared with `#[path]` has no file of its name. All files of its folder count as the
        // module.
        let file = own.into_iter().find(|file| sources.contains_key(file));
        let file = file.unwrap_or(stem + "/");
        let texts = sources.iter().filter(|(path, _)| path.starts_with(&file));
        let text = texts.map(|(_, text)| &**text).collect::<String>();
        assert!(!text.is_empty(), "no file of {file}");
        let module = Module::read(&file, &tokens(&text));
        for child in &module.children {
            self.read(sources, &[place, from_ref(child)].concat());
        }
        self.0.insert(place.to_vec(), module);
    }

    /// Returns the files that define the item to which `path` leads from the module `place`, each with the item's name
    /// there.
    ///
    /// The result is empty for a path out of the crate, and for a path to a module: only longer paths lead to an item.
    fn find(&self, place: &[String], path: &[String]) -> Vec<(String, String)> {
        match &*path[0] {
            "crate" => self.walk(&[], &path[1..]),
            "self" | "super" => self.walk(place, path),
            first if self.0[place].knows(first) => self.walk(place, path),
            _ => Vec::new(),
        }
    }

    fn walk(&self, place: &[String], path: &[String]) -> Vec<(String, String)> {
        let module = &self.0[place];
        let [name, rest @ ..] = path else {
            return Vec::new();
        };
        let brought = module.brought_as(name).collect::<Vec<_>>();
        if name == "self" {
            self.walk(place, rest)
        } else if name == "super" {
            self.walk(&place[..place.len() - 1], rest)
        } else if module.children.contains(name) && (brought.is_empty() || !rest.is_empty()) {
            self.walk(&[place, from_ref(name)].concat(), rest)
        } else if brought.is_empty() {
            vec![(module.file.clone(), name.clone())]
        } else {
            let paths = brought.iter().map(|path| [path, rest].concat());
            paths.flat_map(|path| self.find(place, &path)).collect()
        }
    }
}

impl Module {
    fn read(file: &str, tokens: &[&str]) -> Self {
        // The `pub use` lines of these files re-export names and are no imports.
        let re_exports = file.ends_with("mod.rs") || file == "lib.rs";
        let mut module = Self {
            file: file.to_owned(),
            children: BTreeSet::new(),
            brought: Vec::new(),
            takes: Vec::new(),
        };
        let mut re_exported = BTreeSet::new();
        let mut at = 0;
        while at < tokens.len() {
            let before = at.checked_sub(1).map_or("", |before| tokens[before]);
            match &tokens[at..] {
                ["#", "[", "cfg", "(", "test", ")", "]", ..] => at = end_of_item(tokens, at),
                ["mod", name, ";", ..] => {
                    module.children.insert((*name).to_owned());
                    at += 3;
                }
                // Not `use<'a>`, which says what a type captures.
                ["use", next, ..] if *next != "<" => {
                    let known = module.brought.len();
                    at = module.bring(tokens, at + 1, &[]);
                    let is_public = matches!(before, "pub" | ")");
                    let brought = module.brought[known..].iter().cloned();
                    match re_exports && is_public {
                        true => re_exported.extend(brought.map(|(name, _)| name)),
                        false => module.takes.extend(brought.map(|(_, path)| path)),
                    }
                }
                // A re-exported name is an import if the code of the same file uses it.
                [name, ..] if re_exported.contains(*name) && !matches!(before, "::" | ".") => {
                    module.takes.push(vec![(*name).to_owned()]);
                    at += 1;
                }
                [first, "::", ..] if before != "::" => {
                    let rest = tokens[at + 1..]
                        .chunks_exact(2)
                        .take_while(|pair| pair[0] == "::" && is_name(pair[1]));
                    let path = std::iter::once(*first).chain(rest.map(|pair| pair[1]));
                    module.takes.push(path.map(str::to_owned).collect());
                    at += 1;
                }
                _ => at += 1,
            }
        }
        module
    }

    /// Reads the `use` tree that begins at the token `at`, with the prefix `path`. Returns the position after the tree.
    fn bring(&mut self, tokens: &[&str], mut at: usize, path: &[String]) -> usize {
        let mut path = path.to_vec();
        while !matches!(tokens[at], ";" | "," | "}" | "as" | "{") {
            assert_ne!(tokens[at], "*", "{}: name each item by itself", self.file);
            // `a::{self}` means `a`.
            if tokens[at] != "::" && (tokens[at] != "self" || path.is_empty()) {
                path.push(tokens[at].to_owned());
            }
            at += 1;
        }
        match tokens[at] {
            "{" => {
                while tokens[at] != "}" {
                    at += 1;
                    if tokens[at] != "}" {
                        at = self.bring(tokens, at, &path);
                    }
                }
                at + 1
            }
            "as" => {
                self.brought.push((tokens[at + 1].to_owned(), path));
                at + 2
            }
            _ => {
                self.brought
                    .extend(path.last().cloned().map(|name| (name, path)));
                at
            }
        }
    }

    fn brought_as(&self, name: &str) -> impl Iterator<Item = &Names> {
        // `use http::{self, Uri}` brings the name `http` for another crate, not for a module of this crate.
        let ours = move |path: &Names| path[0] != name || self.children.contains(name);
        let brought = self
            .brought
            .iter()
            .filter(move |(known, path)| known == name && ours(path));
        brought.map(|(_, path)| path)
    }

    fn knows(&self, name: &str) -> bool {
        self.children.contains(name) || self.brought_as(name).next().is_some()
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}
