//! Random text as a file of accounts or as a hash: it is loaded or refused with a short error, and it admits only
//! accounts that are written there.

use proptest::prelude::*;
use tower_challenge::password::hash::{HashFormats, PasswordHash};
use tower_challenge::password::{HashStore, HashedAccounts, Lookup, htpasswd};
use tower_challenge::scheme::digest::htdigest;

use crate::files::Folder;
use crate::hash::LOVELACE;

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

/// Counts the lines that could hold the account of `name`, with the simplest possible parser.
fn lines_of(text: &str, name: &str) -> usize {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let starts = |line: &&str| line.split(':').next() == Some(name) && line.contains(':');
    text.split('\n').filter(starts).count()
}

proptest! {
    #[test]
    fn a144_any_text_is_loaded_as_an_htpasswd_file_as_a_whole_or_refused(text in any_text(PASSWD)) {
        let folder = Folder::new();
        match htpasswd(folder.write("users", &text), HashFormats::new().legacy_sha1()) {
            Ok(file) => {
                let knows = |name: &str| file.find(name).try_now().unwrap().unwrap().is_some();
                for name in ["ada", "grace"] {
                    prop_assert_eq!(knows(name), lines_of(&text, name) == 1, "{}", name);
                }
                prop_assert!(!knows("") && !knows(" ada") && !knows("#ada"));
                prop_assert!(file.with(HashedAccounts::count) <= text.matches(':').count());
            }
            Err(error) => {
                let error = error.to_string();
                prop_assert!(error.len() < SHORT && !error.contains(HASH), "{}", error);
            }
        }
    }

    #[test]
    fn a144_any_text_is_loaded_as_an_htdigest_file_as_a_whole_or_refused(text in any_text(DIGEST)) {
        let folder = Folder::new();
        match htdigest(folder.write("users", &text), "files") {
            Ok(file) => {
                let knows = |name: &str| file.lookup(name).try_now().unwrap().unwrap().is_some();
                for name in ["ada", "grace", "eve"] {
                    let lines = lines_of(&text, name);
                    prop_assert!(lines > 0 || !knows(name), "{}", name);
                }
                prop_assert!(!knows("") && !knows(" ada") && !knows("#ada"));
            }
            Err(error) => {
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
        let formats = HashFormats::new().legacy_apr1().legacy_sha1().legacy_salted_sha1();
        match formats.parse(&spoilt) {
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
