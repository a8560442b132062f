//! Runs the commands that an example prints, and compares the answers with its page of the cookbook.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::placeholders::Placeholders;
use crate::process::{self, Running};

/// A longer line ends with `..` in the cookbook.
const LONGEST_LINE: usize = 600;

/// The showcase also shows its notes as a page, without backticks.
const UNMARKED: &str = "showcase";

/// A command that an example prints, and the line below it. For example, `401: no credentials` has the status `401` and
/// the note `no credentials`.
pub(crate) struct Try<'a> {
    pub(crate) command: &'a str,
    status: &'a str,
    pub(crate) note: &'a str,
}

/// Fails unless the page of the example has exactly the commands that the example prints, with their answers. With
/// `UPDATE_TRANSCRIPTS=1` in the environment, writes them into the page.
pub(crate) fn check_page(name: &str, running: &Running) {
    let path = pages().join(name).with_extension("md");
    let page = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{name} has no page"));
    let parts = Parts::of(&page).unwrap_or_else(|| panic!("{} has no transcript", path.display()));
    let mut placeholders = Placeholders::new(running.address, parts.address);
    let answered = answers(name, running, &mut placeholders);
    let actual = format!("{}{answered}{}", parts.before, parts.after);
    if env::var_os("UPDATE_TRANSCRIPTS").is_some() {
        fs::write(&path, &actual).unwrap();
    } else {
        assert_same(name, &page, &actual);
    }
}

/// The folder of the pages. Packages of examples run this code, too.
pub(crate) fn pages() -> PathBuf {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut pages = folders.map(|folder| folder.join("src/guide/cookbook"));
    pages.find(|pages| pages.is_dir()).unwrap()
}

/// A page, cut before the first command for the running example, and after the last answer.
pub(crate) struct Parts<'a> {
    pub(crate) before: &'a str,
    /// The address at which the example listens if nothing else is asked for.
    pub(crate) address: &'a str,
    after: &'a str,
}

impl<'a> Parts<'a> {
    pub(crate) fn of(page: &'a str) -> Option<Self> {
        let url = page.find("\nlistening on http")? + 1;
        let address = url + page[url..].find("://")? + 3;
        let body = address + page[address..].find('\n')? + 1;
        let address = &page[address..body - 1];
        let end = body + page[body..].find("```\n")?;
        Some(Self {
            before: &page[..body],
            address,
            after: &page[end..],
        })
    }
}

/// The commands among the printed lines.
pub(crate) fn tries(printed: &str) -> Vec<Try<'_>> {
    let lines: Vec<&str> = printed.lines().map(str::trim).collect();
    let pairs = lines.windows(2).filter(|pair| is_command(pair[0]));
    let tries = pairs.map(|pair| {
        let (status, note) = pair[1]
            .split_once(": ")
            .unwrap_or_else(|| panic!("no status, colon and text is below `{}`", pair[0]));
        Try {
            command: pair[0],
            status,
            note,
        }
    });
    tries.collect()
}

fn is_command(line: &str) -> bool {
    line.starts_with("curl ") || line.contains(" | curl ") || line.contains(" -- --client ")
}

fn answers(name: &str, running: &Running, placeholders: &mut Placeholders) -> String {
    let tries = tries(&running.printed);
    assert!(tries.len() >= 4, "an example prints four commands or more");
    let mut text = String::new();
    for one in &tries {
        let before = running.written();
        let answer = run(one.command);
        let log = running.written_since(before);
        one.check_status(&answer);
        one.check_quotations(&answer, &log);
        if name != UNMARKED {
            one.check_marks(&answer);
        }
        let command = placeholders.put_into(one.command);
        let log = placeholders.put_into(&log);
        let answer = shortened(&placeholders.put_into(&answer));
        text += &format!("\n# {}\n$ {command}{}\n", one.note, answer.trim_end());
        let first = if log.is_empty() { "" } else { "\n" };
        text += first;
        text.extend(log.lines().map(|line| format!("log: {line}\n")));
    }
    text
}

impl Try<'_> {
    /// Fails unless the answer has the printed status.
    pub(crate) fn check_status(&self, answer: &str) {
        let (command, status) = (self.command, status(answer));
        assert!(
            self.status.split(" or ").any(|one| one == status),
            "`{command}` returned {status}, and not {}:\n{answer}",
            self.status
        );
    }

    /// Fails unless the answer, or the log of the example, has each text in backticks of the note.
    fn check_quotations(&self, answer: &str, log: &str) {
        let all = format!("{answer}\n{log}").to_ascii_lowercase();
        for quotation in self.note.split('`').skip(1).step_by(2) {
            assert!(
                all.contains(&quotation.to_ascii_lowercase()),
                "`{}` did not answer `{quotation}`:\n{answer}\n{log}",
                self.command
            );
        }
    }

    /// Fails if the note seems to quote the answer without backticks.
    fn check_marks(&self, answer: &str) {
        let unmarked: String = self.note.split('`').step_by(2).collect();
        let body = answer.lines().next_back().unwrap_or_default();
        let has_body = body.contains(' ') && unmarked.contains(body);
        assert!(
            !has_body && !unmarked.contains('='),
            "put the quotation into backticks in `{}`, so that it is compared with the answer",
            self.note
        );
    }
}

/// The status of the last response. The client of an example prints the status alone.
pub(crate) fn status(answer: &str) -> &str {
    let mut lines = answer.lines().rev();
    let last = lines.clone().find(|line| line.starts_with("HTTP/"));
    match last {
        Some(last) => last.split(' ').nth(1).unwrap_or_default(),
        None => lines
            .next()
            .unwrap_or_default()
            .split(' ')
            .next()
            .unwrap_or_default(),
    }
}

/// Runs a command as if a reader had pasted it.
pub(crate) fn run(pasted: &str) -> String {
    // The function also sets the options of a curl inside of the command, and ignores the reader's own settings.
    let curl = r#"curl() { command curl -q -sS --max-time 30 "$@"; }"#;
    // `cargo run .. --example NAME -- ARGUMENTS` runs the example that is built already.
    let cargo = r#"cargo() { while [ "$1" != -- ]; do name=$1; shift; done; shift; "$EXAMPLES/$name" "$@"; }"#;
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{curl}\n{cargo}\n{pasted}")]);
    shell.env("EXAMPLES", process::folder());
    shell.env_remove("http_proxy").env_remove("all_proxy");
    shell.env("ACCESS_KEY_ID", "AKIDEXAMPLE");
    shell.env("SECRET_ACCESS_KEY", "secret");
    let output = shell.output().unwrap();
    let problem = String::from_utf8_lossy(&output.stderr);
    assert_eq!(problem, "", "{pasted} (curl has to be installed)");
    String::from_utf8(output.stdout).unwrap()
}

fn shortened(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| match line.char_indices().nth(LONGEST_LINE) {
            Some((end, _)) => format!("{} ..\n", &line[..end]),
            None => format!("{line}\n"),
        });
    lines.collect()
}

fn assert_same(name: &str, page: &str, actual: &str) {
    let mut lines = page.lines().zip(actual.lines());
    let first = lines.find(|(page, actual)| page != actual);
    assert!(
        page == actual,
        "the page of {name} is not what the example prints and answers; the first difference is {first:#?}. If the new \
         answer is right, run this test with UPDATE_TRANSCRIPTS=1."
    );
}
