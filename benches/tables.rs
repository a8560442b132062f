//! Measures how long tables of tokens, accounts and access keys take to build. The time for one record has to be the same
//! in a large table as in a small one.
//!
//! `cargo bench -p benches --bench tables`

use std::hint::black_box;

use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::scheme::bearer::{IntoTokenVerifier, StaticTokens};
use tower_challenge::scheme::digest::DigestAccounts;
use tower_challenge::scheme::sigv4::AccessKeys;
use tower_challenge::{ConfigError, Principal};

type Built = Result<(), ConfigError>;

/// A table, and a function that builds it of so many records.
type Table = (&'static str, fn(usize) -> Built);

/// Builds each table from this many records.
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

const TABLES: [Table; 6] = [
    ("StaticTokens::token", one_at_a_time),
    ("StaticTokens::tokens", in_bulk),
    ("a list of tokens", |len| {
        let tokens = names(len).collect::<Vec<_>>();
        tokens.into_token_verifier().map(keep)
    }),
    ("PlaintextAccounts", |len| {
        PlaintextAccounts::new(pairs(len)).map(keep)
    }),
    ("DigestAccounts", |len| {
        DigestAccounts::new("files", pairs(len)).map(keep)
    }),
    ("AccessKeys", |len| AccessKeys::new(pairs(len)).map(keep)),
];

fn main() {
    let clock = SystemClock::new();
    for (name, build) in TABLES {
        for len in SIZES {
            let before = clock.monotonic();
            build(len).expect("the records are valid");
            let took = clock.monotonic() - before;
            let each = took.as_nanos() / len as u128;
            println!("{name:22} {len:>7} records in {took:>12.3?}, {each:>6} ns for each");
        }
    }
}

fn one_at_a_time(len: usize) -> Built {
    let mut tokens = StaticTokens::new()?;
    for name in names(len) {
        tokens = tokens.token(&name, Principal::new("ada"))?;
    }
    keep(tokens);
    Ok(())
}

fn in_bulk(len: usize) -> Built {
    let records = names(len).map(|name| (name, Principal::new("ada")));
    StaticTokens::new()?.tokens(records).map(keep)
}

fn names(len: usize) -> impl Iterator<Item = String> {
    (0..len).map(|number| format!("AKIDEXAMPLE{number:09}"))
}

fn pairs(len: usize) -> impl Iterator<Item = (String, &'static str)> {
    names(len).map(|name| (name, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
}

fn keep<T>(table: T) {
    drop(black_box(table));
}
