//! Compares each page of the cookbook with its example.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

use crate::process::Running;
use crate::redis::redis_server;
use crate::transcript::{Parts, check_page, pages};

/// The server of the tests with real clients has 62 routes, and its index lists them with commands. See `printed`.
const WITHOUT_TRANSCRIPT: &str = "conformance";

/// An example of the workspace.
struct Example {
    name: String,
    package: String,
    features: Vec<String>,
    source: PathBuf,
    /// This test builds only the examples that need no newer Rust than the library. The packages of the others have a
    /// test that runs them.
    is_built_here: bool,
}

impl Example {
    /// The command that starts the example, without the arguments of the example.
    fn start(&self) -> String {
        let name = &self.name;
        match (&*self.package, self.features.join(",")) {
            ("showcase", _) => "cargo showcase".to_owned(),
            ("tower-challenge", features) if features.is_empty() => {
                format!("cargo run --example {name}")
            }
            ("tower-challenge", features) => {
                format!("cargo run --features {features} --example {name}")
            }
            (package, _) => format!("cargo run --package {package} --example {name}"),
        }
    }

    fn run(&self) -> Running {
        let root = root();
        let arguments = ["--root", root.to_str().unwrap(), "--listen", "127.0.0.1:0"];
        match &*self.name {
            "cluster" => Running::start_with("cluster", &[redis_server().to_str().unwrap()]),
            "s3_gateway" => Running::start_with("s3_gateway", &arguments),
            name => Running::start(name),
        }
    }
}

/// The folder for an example that keeps files.
fn root() -> PathBuf {
    env::temp_dir().join(format!("cookbook.{}", std::process::id()))
}

/// All examples of the workspace, as cargo knows them.
fn examples() -> Vec<Example> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = [
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ];
    let output = Command::new(cargo).args(arguments).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let built = &metadata["workspace_default_members"];
    let mut examples = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let targets = package["targets"].as_array().unwrap().iter();
        let targets = targets.filter(|target| target["kind"][0] == "example");
        let is_built_here = built.as_array().unwrap().contains(&package["id"]);
        examples.extend(targets.map(|target| example(package, target, is_built_here)));
    }
    assert!(!examples.is_empty());
    examples
}

fn example(package: &Value, target: &Value, is_built_here: bool) -> Example {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let features = target["required-features"].as_array();
    Example {
        name: text(&target["name"]),
        package: text(&package["name"]),
        features: features.into_iter().flatten().map(text).collect(),
        source: text(&target["src_path"]).into(),
        is_built_here,
    }
}

/// The text of all files of an example.
fn sources(example: &Example) -> Vec<String> {
    let folder = example.source.parent().unwrap();
    if folder.ends_with("examples") {
        return vec![fs::read_to_string(&example.source).unwrap()];
    }
    let files = fs::read_dir(folder).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let files = files.filter(|file| file.is_file());
    files
        .map(|file| fs::read_to_string(file).unwrap())
        .collect()
}

fn page(example: &Example) -> String {
    let path = pages().join(&example.name).with_extension("md");
    fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()))
}

#[test]
fn every_example_answers_as_its_page_says() {
    let examples = examples();
    let is_run = |example: &&Example| example.is_built_here && example.name != WITHOUT_TRANSCRIPT;
    let mut count = 0;
    for example in examples.iter().filter(is_run) {
        check_page(&example.name, &example.run());
        count += 1;
    }
    fs::remove_dir_all(root()).unwrap();
    println!("{count} examples answered as their pages say");
}

#[test]
fn every_example_that_needs_a_newer_rust_has_a_test_of_its_own_for_its_page() {
    for example in examples().iter().filter(|example| !example.is_built_here) {
        let test = example.source.with_file_name("test.rs");
        let test = fs::read_to_string(&test).unwrap_or_default();
        let call = format!("check_page(\"{}\", ", example.name);
        assert!(
            test.contains(&call),
            "test.rs of {} lacks {call}..)",
            example.name
        );
    }
}

#[test]
fn every_page_is_of_an_example_and_in_the_index() {
    let index = fs::read_to_string(pages().join("mod.rs")).unwrap();
    let names: BTreeSet<String> = examples().into_iter().map(|example| example.name).collect();
    for name in &names {
        for line in [format!("[`{name}`]"), format!("pub mod {name} {{}}")] {
            assert!(index.contains(&line), "the index lacks {line}");
        }
    }
    let files = fs::read_dir(pages())
        .unwrap()
        .map(|file| file.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|end| end == "md"));
    let stem = |file: PathBuf| file.file_stem().unwrap().to_str().unwrap().to_owned();
    assert_eq!(files.map(stem).collect::<BTreeSet<_>>(), names);
}

#[test]
fn every_page_starts_its_example_with_the_right_command() {
    for example in examples() {
        let (name, page) = (&example.name, page(&example));
        if name == WITHOUT_TRANSCRIPT {
            assert!(page.contains("$ cargo conformance\n"));
            continue;
        }
        let parts = Parts::of(&page).unwrap_or_else(|| panic!("{name} has no transcript"));
        let (commands, _) = parts.before.split_once("\nlistening on ").unwrap();
        let (_, command) = commands.rsplit_once("\n$ ").unwrap();
        let start = example.start();
        assert!(
            command == start || command.starts_with(&format!("{start} -- ")),
            "{name}: `{command}` is not `{start}`"
        );
        let port = parts.address.strip_prefix("127.0.0.1:").unwrap();
        let sources = sources(&example);
        let has_port = sources.iter().any(|text| text.contains(port));
        // Two examples share the file with the arguments.
        assert!(has_port || name == "s3_server", "{name} has no port {port}");
    }
}

/// The packages of examples are not published, so their pages quote them.
#[test]
fn every_line_of_rust_on_a_page_is_a_line_of_its_example() {
    for example in examples() {
        let (page, sources) = (page(&example), sources(&example));
        for block in page.split("```rust,ignore\n").skip(1) {
            let block = block.split("```").next().unwrap();
            let is_there = sources.iter().any(|text| text.contains(block));
            assert!(is_there, "{} does not contain:\n{block}", example.name);
        }
    }
}

/// A page of an example that is published with the crate shows its source.
#[test]
fn every_page_of_a_published_example_includes_its_source() {
    let index = fs::read_to_string(pages().join("mod.rs")).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for example in examples() {
        let source = example.source.strip_prefix(root).unwrap();
        let line = format!("include_str!(\"../../../{}\")", source.display());
        let is_published = example.package == "tower-challenge";
        assert_eq!(index.contains(&line), is_published, "{line}");
    }
}
