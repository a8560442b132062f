//! Random text as a file of accounts or as a hash. The parser loads it or refuses it with a short error. Each account
//! with exactly one good line can be used, and the other lines do not matter.

use proptest::prelude::*;
use tower_challenge::password::hash::{HashFormats, PasswordHash};
use tower_challenge::password::{HashStore, HashedAccounts, Lookup, htpasswd};
use tower_challenge::scheme::digest::htdigest;

use crate::files::Folder;
use crate::hash::{LOVELACE, all_formats};

/// Every error is shorter than this, including the path of the file. So no error quotes the file.
const SHORT: usize = 300;

/// Text of pieces that mean something in a file of accounts, mixed with random characters.
fn any_text(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop::sample::select(pieces).prop_map(str::to_owned);
    let other = any::<char>().prop_map(String::from);
    let any = prop_oneof![6 => piece, 1 => other];
    prop::collection::vec(any, 0..24).prop_map(|pieces| pieces.concat())
}

const HASH: &str = "{SHA}MJgvYgf2tRctgBqviyzN0HpBdyY=";
const HA1: &str = "5031f4d3571cb838cf604ba83231842c";

const PASSWD: &[&str] = &[
    "ada",
    "grace",
    ":",
    ":",
    "\n",
    "\n",
    "\r\n",
    "\r",
    "#",
    " ",
    "\t",
    "\u{feff}",
    "\0",
    "",
    HASH,
    HASH,
    "{SHA}",
    "$2y$",
    "$",
    "!",
    "ada:{SHA}MJgvYgf2tRctgBqviyzN0HpBdyY=\n",
];

const DIGEST: &[&str] = &[
    "ada",
    "grace",
    ":",
    ":",
    "\n",
    "\n",
    "\r\n",
    "#",
    " ",
    "\u{feff}",
    "files",
    "other",
    HA1,
    HA1,
    "00",
    "ada:files:5031f4d3571cb838cf604ba83231842c\n",
    "eve:other:5031f4d3571cb838cf604ba83231842c\n",
];

/// The lines of `text` that name `name`, each split at its colons, by the simplest possible parser.
fn lines_of<'a>(text: &'a str, name: &str) -> Vec<Vec<&'a str>> {
    let blank = |letter: char| matches!(letter, ' ' | '\t'..='\r');
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).split('\n');
    let parts = lines.map(|line| line.trim_matches(blank).split(':').collect::<Vec<_>>());
    parts
        .filter(|parts| parts.len() > 1 && parts[0] == name)
        .collect()
}

/// Whether `text` has exactly one line for `name`, with a hash that can be read.
fn has_usable_hash(text: &str, name: &str) -> bool {
    let lines = lines_of(text, name);
    lines.len() == 1 && HashFormats::new().legacy_sha1().parse(lines[0][1]).is_ok()
}

/// Whether `text` has exactly one line for `name` in the realm `files`, with an HA1 of MD5.
fn has_usable_ha1(text: &str, name: &str) -> bool {
    let mut lines = lines_of(text, name);
    lines.retain(|parts| parts[1] == "files");
    let hexadecimal = |part: &&str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    lines.len() == 1
        && lines[0]
            .get(2)
            .filter(|part| part.len() == 32)
            .is_some_and(hexadecimal)
}

proptest! {
    #[test]
    fn a170_any_text_as_an_htpasswd_file_admits_the_accounts_with_one_good_line(text in any_text(PASSWD)) {
        let folder = Folder::new();
        match htpasswd(folder.write("users", &text), HashFormats::new().legacy_sha1()) {
            Ok(file) => {
                let usable = |name: &str| {
                    let account = file.find(name).try_now().unwrap().unwrap();
                    account.is_some_and(|account| !account.is_broken())
                };
                for name in ["ada", "grace"] {
                    prop_assert_eq!(usable(name), has_usable_hash(&text, name), "{}", name);
                }
                prop_assert!(!usable("") && !usable(" ada") && !usable("#ada") && !usable("ada "));
                prop_assert!(file.with(HashedAccounts::count) <= text.matches(':').count());
                prop_assert!(file.health().warnings().iter().all(|warning| !warning.to_string().contains(HASH)));
            }
            Err(error) => {
                prop_assert!(!has_usable_hash(&text, "ada") && !has_usable_hash(&text, "grace"));
                let error = error.to_string();
                prop_assert!(error.len() < SHORT && !error.contains(HASH), "{}", error);
            }
        }
    }

    #[test]
    fn a170_any_text_as_an_htdigest_file_admits_the_accounts_with_one_good_line(text in any_text(DIGEST)) {
        let folder = Folder::new();
        match htdigest(folder.write("users", &text), "files") {
            Ok(file) => {
                let knows = |name: &str| file.lookup(name).try_now().unwrap().unwrap().is_some();
                for name in ["ada", "grace", "eve"] {
                    prop_assert_eq!(knows(name), has_usable_ha1(&text, name), "{}", name);
                }
                prop_assert!(!knows("") && !knows(" ada") && !knows("#ada") && !knows("ada "));
                prop_assert!(file.health().warnings().iter().all(|warning| !warning.to_string().contains(HA1)));
            }
            Err(error) => {
                prop_assert!(!["ada", "grace", "eve"].iter().any(|name| has_usable_ha1(&text, name)));
                let error = error.to_string();
                prop_assert!(error.len() < SHORT && !error.contains(HA1), "{}", error);
            }
        }
    }

    /// Removes a part from the middle of a hash of each form, and inserts random text there.
    #[test]
    fn a143_any_text_is_parsed_as_a_hash_within_the_cost_limits_or_refused(
        which in any::<prop::sample::Index>(),
        cut in any::<[prop::sample::Index; 2]>(),
        put in "[$=,a-z0-9{}./+-]{0,12}|\\PC{0,3}",
    ) {
        let text: Vec<char> = which.get(&LOVELACE).chars().collect();
        let mut cut = cut.map(|index| index.index(text.len() + 1));
        cut.sort_unstable();
        let spoilt: String = text[..cut[0]].iter().chain(put.chars().collect::<Vec<_>>().iter()).chain(&text[cut[1]..]).collect();
        match all_formats().parse(&spoilt) {
            Ok(hash) => {
                prop_assert!(hash.estimated_time() <= std::time::Duration::from_secs(2));
                prop_assert!(hash.memory() <= 256 << 20);
                prop_assert!(PasswordHash::decoy(&hash).estimated_time() == hash.estimated_time());
            }
            Err(error) => {
                let error = error.to_string();
                prop_assert!(error.len() < SHORT);
                prop_assert!(spoilt.len() < 20 || !error.contains(&spoilt), "{}", error);
            }
        }
    }
}
