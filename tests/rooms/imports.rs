//! Which file takes which name from which, and which files take names from each other in a circle?
//!
//! A name leads to the file that defines it: `use super::Attempt` in `scheme/all.rs` is an import from
//! `scheme/attempt.rs`, although `scheme/mod.rs` hands the name on. So the `mod` and `pub use` lines of a `mod.rs` are no
//! imports. Comments and what stands under `#[cfg(test)]` are not read, and a module in braces is part of its file.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::slice::from_ref;

use super::tokens::{end_of_item, tokens};

/// The files of a crate by their paths below `src`, each with its text.
pub(crate) type Sources = BTreeMap<String, String>;

type Names = Vec<String>;

/// What each file takes from each other file: `(taker, giver)` and the names.
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

    /// Every import that is part of a circle, as `taker -> giver`, with the shortest circle that it is part of.
    pub(crate) fn circular(&self) -> BTreeMap<String, String> {
        let circular = self.0.keys().filter_map(|(taker, giver)| {
            let mut circle = vec![taker.clone()];
            circle.extend(self.way(giver, taker)?);
            Some((format!("{taker} -> {giver}"), self.told(&circle)))
        });
        circular.collect()
    }

    /// The shortest way along imports, from the file `start` to the file `end`.
    fn way(&self, start: &str, end: &str) -> Option<Names> {
        let mut ways = VecDeque::from([vec![start.to_owned()]]);
        let mut seen = BTreeSet::from([start]);
        while let Some(way) = ways.pop_front() {
            let last = way.last()?;
            if last == end {
                return Some(way);
            }
            for (_, giver) in self.0.keys().filter(|(taker, _)| taker == last) {
                if seen.insert(giver) {
                    ways.push_back([&*way, from_ref(giver)].concat());
                }
            }
        }
        None
    }

    fn told(&self, circle: &[String]) -> String {
        let steps = circle.windows(2).map(|step| {
            let names = &self.0[&(step[0].clone(), step[1].clone())];
            let names = names.iter().map(String::as_str).collect::<Vec<_>>();
            format!("  {} takes {} from {}", step[0], names.join(", "), step[1])
        });
        steps.collect::<Vec<_>>().join("\n")
    }
}

/// One file, as far as names are concerned.
struct Module {
    file: String,
    /// The modules that it declares.
    children: BTreeSet<String>,
    /// Names that `use` brings, each with the path that it stands for. Where features decide, a name has two paths.
    brought: Vec<(String, Names)>,
    /// The paths that its code names.
    takes: Vec<Names>,
}

/// Every module of a crate, by the names of the modules around it and its own.
#[derive(Default)]
struct Modules(BTreeMap<Names, Module>);

impl Modules {
    fn read(&mut self, sources: &Sources, place: &[String]) {
        let stem = place.join("/");
        let own = match place {
            [] => vec!["lib.rs".to_owned()],
            _ => vec![format!("{stem}.rs"), format!("{stem}/mod.rs")],
        };
        // Where a `path` decides, all files of the folder are the module.
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

    /// The files that define what `path` means at `place`, each with the name that it has there. A path out of the crate has
    /// none, and so has a module: the paths that go on from it have.
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
        let is_face = file.ends_with("mod.rs") || file == "lib.rs";
        let mut module = Self {
            file: file.to_owned(),
            children: BTreeSet::new(),
            brought: Vec::new(),
            takes: Vec::new(),
        };
        let mut handed_on = BTreeSet::new();
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
                    let is_handed_on = matches!(before, "pub" | ")");
                    let brought = module.brought[known..].iter().cloned();
                    match is_face && is_handed_on {
                        true => handed_on.extend(brought.map(|(name, _)| name)),
                        false => module.takes.extend(brought.map(|(_, path)| path)),
                    }
                }
                // A face takes what it hands on where its own code names it.
                [name, ..] if handed_on.contains(*name) && !matches!(before, "::" | ".") => {
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

    /// Reads one tree of a `use`, which begins at `at`, below `path`. Returns where it ends.
    fn bring(&mut self, tokens: &[&str], mut at: usize, path: &[String]) -> usize {
        let mut path = path.to_vec();
        while !matches!(tokens[at], ";" | "," | "}" | "as" | "{") {
            assert_ne!(tokens[at], "*", "{}: name each item by itself", self.file);
            // `a::{self}` is `a`.
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
        // `use http::{self, Uri}` is no name of this crate.
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
