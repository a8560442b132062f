//! The warning about a table whose hashes have different costs.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tower_challenge::audit::{Audit, AuditEvent, MaintenanceNote};
use tower_challenge::password::hash::HashFormats;
use tower_challenge::password::{HashedAccounts, ReloadEvent, htpasswd};

use crate::hashing::ADA;

const FOUR: &str = ADA;
const FIVE: &str = "$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy";
const OTHER_FIVE: &str = "$2b$05$eOw731KS/fHBQnwJUE.MHuFwAHN3fjjErS3rsjK57rhb7HaTwbh9G";
const SHA1: &str = "{SHA}6q1sz/s+wcqV/ErtrGYYMPLKDNg=";

/// An audit that keeps the faults of all notes.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<Option<String>>>>);

impl Notes {
    fn take(&self) -> Vec<Option<String>> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Audit for Notes {
    fn record(&self, _: &AuditEvent<'_>) {}

    fn note(&self, note: &MaintenanceNote<'_>) {
        let fault = note.fault().map(ToString::to_string);
        self.0.lock().unwrap().push(fault);
    }
}

fn mixed(hashes: &[&str]) -> Option<String> {
    let names = (0..).map(|number| format!("user{number}"));
    let accounts = HashedAccounts::new(names.zip(hashes)).unwrap();
    accounts.mixed_costs().map(ToString::to_string)
}

#[test]
fn a168_a_table_whose_hashes_have_different_costs_returns_a_warning() {
    for alike in [&[FOUR, FOUR][..], &[FIVE, OTHER_FIVE], &[FIVE]] {
        assert_eq!(mixed(alike), None, "{alike:?}");
    }
    for unlike in [&[FOUR, FIVE][..], &[FIVE, OTHER_FIVE, FIVE, FOUR]] {
        let said = mixed(unlike).unwrap();
        assert!(said.starts_with("the password hashes have different costs, from bcrypt at "));
        assert!(!said.contains("user") && !said.contains('$'), "{said}");
    }
}

/// The listener passes the warning to the audit as a note: when it is set, and after each reload.
#[test]
fn a168_a_file_whose_hashes_have_different_costs_is_reported_whenever_it_is_loaded() {
    let place = Place::new();
    let text = |ada: &str, grace: &str| format!("ada:{ada}\ngrace:{grace}\n");
    place.write(&text(FOUR, FIVE));
    let formats = || HashFormats::new().legacy_sha1();
    let file = htpasswd(&place.0, formats()).unwrap();
    assert!(file.health().is_good(), "the file can be used");
    assert!(file.health().warning().is_some());

    let notes = Notes::default();
    let audit = notes.clone();
    file.on_reload(move |reload| audit.note(&MaintenanceNote::new("users", reload.fault())));
    let said = notes.take();
    assert!(matches!(&said[..], [Some(text)] if text.contains("have different costs")));

    place.write(&text(FIVE, OTHER_FIVE));
    assert_eq!(file.reload(), ReloadEvent::Loaded);
    assert_eq!((notes.take(), file.health().warning()), (vec![None], None));

    place.write(&text(SHA1, FIVE));
    let reload = file.reload();
    assert!(matches!(&reload, ReloadEvent::LoadedWith(_)) && reload.is_loaded());
    let said = notes.take();
    assert!(
        matches!(&said[..], [Some(text)] if text.contains("from sha1 at about 0.0 ms to bcrypt"))
    );
    assert_eq!(file.reload(), ReloadEvent::Unchanged);
    assert_eq!(notes.take(), []);

    place.write("grace:");
    assert!(matches!(file.reload(), ReloadEvent::Kept(_)));
    assert!(
        file.health().warning().is_some(),
        "the warning is about the contents in memory"
    );
}

struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        let name = format!("tower-challenge.mixed.{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn write(&self, text: &str) {
        fs::write(&self.0, text).unwrap();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
