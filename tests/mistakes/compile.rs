//! Mistakes that the compiler finds.
//!
//! Each program of the folder `programs` has one mistake. Its comments `//~ text` are the parts of the compiler's output
//! that say what to do. The rest of the output differs between compilers, so no test looks at it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::SystemTime;

/// The start of the names of correct programs, one for each of the `CRATES`.
const CONTROL: &str = "control";

/// The crates that the programs use. The control program of each also uses those before it.
const CRATES: [&str; 4] = ["tower_challenge", "http", "axum", "tower"];

/// How the library is compiled with one feature.
const LIBRARY: [&str; 6] = [
    "--crate-name",
    "tower_challenge",
    "--crate-type",
    "lib",
    "--cfg",
    "feature=\"basic\"",
];

/// The crates that the library needs without any feature.
const DEPENDENCIES: [&str; 9] = [
    "base64",
    "constant_time_eq",
    "pin_project_lite",
    "tower_layer",
    "tower_service",
    "zeroize",
    "http",
    "http_body",
    "bytes",
];

#[test]
fn an_async_function_as_a_verifier_of_passwords() {
    refuses("async_password_verifier");
}

#[test]
fn an_async_function_as_a_verifier_of_tokens() {
    refuses("async_token_verifier");
}

#[test]
fn an_async_closure_as_a_policy() {
    refuses("async_policy");
}

#[test]
fn a_verifier_that_answers_with_an_error_of_its_own() {
    refuses("foreign_error");
}

#[test]
fn a_verifier_that_does_not_say_who_the_caller_is() {
    refuses("verifier_of_bool");
}

#[test]
fn a_type_that_is_no_verifier() {
    refuses("no_verifier");
}

#[test]
fn a_body_type_without_a_default() {
    refuses("body_without_default");
}

#[test]
fn a_renderer_with_another_body_type() {
    refuses("renderer_of_another_body");
}

#[test]
fn an_inner_service_that_is_not_clone() {
    refuses("inner_not_clone");
}

#[test]
fn a_policy_for_another_identity() {
    refuses("policy_for_another_identity");
}

#[test]
fn a_policy_without_a_question_mark() {
    refuses("policy_without_question_mark");
}

#[test]
fn a_string_in_place_of_a_policy() {
    refuses("policy_of_a_string");
}

#[test]
fn a_tuple_of_schemes_with_two_identities() {
    refuses("tuple_of_two_identities");
}

#[test]
fn a_tuple_of_schemes_whose_last_is_a_closure() {
    refuses("tuple_of_a_closure_last");
}

#[test]
fn a_tuple_of_schemes_of_which_one_reads_the_body() {
    refuses("tuple_that_reads_the_body");
}

#[test]
fn a_scheme_without_a_question_mark() {
    refuses("scheme_without_question_mark");
}

#[test]
fn a_store_without_a_question_mark() {
    refuses("store_without_question_mark");
}

#[test]
fn keys_without_a_question_mark() {
    refuses("keys_without_question_mark");
}

#[test]
fn an_iterator_in_place_of_a_list_of_accounts() {
    refuses("iterator_of_accounts");
}

#[test]
fn a_builder_in_place_of_its_verifier() {
    refuses("builder_of_a_verifier");
}

#[test]
fn a_list_of_what_is_no_token() {
    refuses("list_of_no_tokens");
}

#[test]
fn a_feature_that_is_off() {
    let library = without_features();
    refuses_with("feature_that_is_off", &[("tower_challenge", library)]);
}

#[test]
fn each_program_has_a_test() {
    let tests = fs::read_to_string(folder().join("../compile.rs")).unwrap();
    for program in fs::read_dir(folder()).unwrap() {
        let path = program.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_tested = tests.contains(&format!("(\"{name}\""));
        assert!(is_tested || name.starts_with(CONTROL), "{name} has no test");
    }
}

/// Compiles a program, and asserts that the compiler refuses it and says what to do.
fn refuses(name: &str) {
    refuses_with(name, externs());
}

fn refuses_with(name: &str, externs: &[(&str, PathBuf)]) {
    let path = folder().join(name).with_extension("rs");
    let text = fs::read_to_string(&path).unwrap();
    let wanted: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("//~ "))
        .collect();
    assert!(!wanted.is_empty(), "{name} wants no message");
    let output = compile(&path, externs);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "the compiler accepts {name}");
    for wanted in wanted {
        assert!(
            said.contains(wanted),
            "{name}: {wanted:?} is not in\n{said}"
        );
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes/programs")
}

/// Type-checks a program with the compiler that has compiled this test.
fn compile(path: &Path, externs: &[(&str, PathBuf)]) -> Output {
    compile_with(&["--crate-type", "bin"], path, externs)
}

fn compile_with(options: &[&str], path: &Path, externs: &[(&str, PathBuf)]) -> Output {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.current_dir(env!("CARGO_MANIFEST_DIR"));
    rustc.args(["--edition", "2024", "--emit", "metadata", "-A", "warnings"]);
    rustc.args(options);
    rustc.arg("--out-dir").arg(env!("CARGO_TARGET_TMPDIR"));
    for (name, library) in externs {
        rustc
            .arg("--extern")
            .arg(format!("{name}={}", library.display()));
    }
    rustc
        .arg("-L")
        .arg(format!("dependency={}", libraries().display()));
    rustc.arg(path).output().unwrap()
}

/// Type-checks the library with no feature but `basic`, and returns its metadata.
fn without_features() -> PathBuf {
    let said = library_with(&[]).err();
    assert_eq!(said, None, "the library does not compile");
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("libtower_challenge.rmeta")
}

/// Adds the `DEPENDENCIES` that are missing in `externs`, and compiles the library; the output of the compiler if no
/// builds of them fit.
fn library_with(externs: &[(&str, PathBuf)]) -> Result<(), String> {
    let Some(&name) = DEPENDENCIES.get(externs.len()) else {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
        let output = compile_with(&LIBRARY, &root, externs);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return if output.status.success() {
            Ok(())
        } else {
            Err(said)
        };
    };
    let mut said = format!("there is no library of {name}");
    for build in builds_of(name) {
        let mut externs = externs.to_vec();
        externs.push((name, build));
        match library_with(&externs) {
            Ok(()) => return Ok(()),
            Err(why) => said = why,
        }
    }
    Err(said)
}

/// The folder of this test's executable, in which Cargo puts the libraries, too.
fn libraries() -> PathBuf {
    let executable = std::env::current_exe().unwrap();
    executable.parent().unwrap().to_owned()
}

/// Finds the libraries with which this test was built.
///
/// Cargo does not say which these are, and the folder may hold several builds of a crate: with other features, or of an
/// older source. The newest library of this crate comes first. Of the other crates, those fit with which the parts of the
/// control program compile.
fn externs() -> &'static [(&'static str, PathBuf)] {
    static EXTERNS: OnceLock<Vec<(&str, PathBuf)>> = OnceLock::new();
    EXTERNS.get_or_init(|| {
        let found = fitting(Vec::new());
        found.unwrap_or_else(|said| panic!("no libraries in {:?} fit: {said}", libraries()))
    })
}

/// Adds the crates that are missing in `externs`; the output of the compiler if none fits.
fn fitting(externs: Vec<(&'static str, PathBuf)>) -> Result<Vec<(&'static str, PathBuf)>, String> {
    let Some(&name) = CRATES.get(externs.len()) else {
        return Ok(externs);
    };
    let mut said = format!("there is no library of {name}");
    for library in builds_of(name) {
        let mut externs = externs.clone();
        externs.push((name, library));
        let part = folder().join(format!("{CONTROL}_{name}.rs"));
        let output = compile(&part, &externs);
        if !output.status.success() {
            said = String::from_utf8_lossy(&output.stderr).into_owned();
            continue;
        }
        match fitting(externs) {
            Ok(externs) => return Ok(externs),
            Err(why) => said = why,
        }
    }
    Err(said)
}

/// Returns the builds of a crate, the newest first.
fn builds_of(name: &str) -> Vec<PathBuf> {
    let start = format!("lib{name}-");
    let is_build = |path: &PathBuf| {
        let file = path.file_name().and_then(|file| file.to_str());
        file.is_some_and(|file| file.starts_with(&start) && file.ends_with(".rlib"))
    };
    let files = fs::read_dir(libraries()).unwrap();
    let mut builds: Vec<PathBuf> = files
        .map(|file| file.unwrap().path())
        .filter(is_build)
        .collect();
    let age = |path: &PathBuf| path.metadata().and_then(|file| file.modified());
    builds.sort_by_key(|path| std::cmp::Reverse(age(path).unwrap_or(SystemTime::UNIX_EPOCH)));
    builds
}
