//! Former contents of a file, which a reader still uses when the file is reloaded.

use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use tower_challenge::password::{ReloadEvent, ReloadingFile};

use crate::files::{Folder, replace};
use crate::hashing::{Gate, wait_until};

type Drops = Arc<Mutex<Vec<(String, ThreadId)>>>;

/// Contents that record the thread on which they are dropped.
struct RecordedContents(String, Drops);

impl Drop for RecordedContents {
    fn drop(&mut self) {
        let dropped = (self.0.clone(), thread::current().id());
        self.1.lock().unwrap().push(dropped);
    }
}

fn open(folder: &Folder, drops: &Drops) -> ReloadingFile<RecordedContents> {
    let drops = Arc::clone(drops);
    let parse = move |text: &str| Ok(RecordedContents(text.to_owned(), Arc::clone(&drops)));
    ReloadingFile::open(folder.write("names", "one"), parse).unwrap()
}

/// To drop 100,000 accounts takes long. The reader is the thread of a request, which must not do it.
#[test]
fn a_reader_that_is_the_last_to_use_former_contents_does_not_drop_them() {
    let (folder, drops) = (Folder::new(), Drops::default());
    let (file, gate) = (open(&folder, &drops), Gate::default());
    gate.close();
    thread::scope(|scope| {
        let (reads, waits) = (file.clone(), gate.clone());
        let (send, reading) = std::sync::mpsc::channel();
        let reader = scope.spawn(move || {
            reads.with(|_| {
                send.send(()).unwrap();
                waits.wait();
            });
        });
        reading.recv().unwrap();
        replace(&folder.path("names"), "two");
        assert_eq!(file.reload(), ReloadEvent::Loaded);
        assert_eq!(file.with(|contents| contents.0.clone()), "two");
        gate.open();
        reader.join().unwrap();
    });
    assert!(drops.lock().unwrap().is_empty());
    assert_eq!(file.reload(), ReloadEvent::Unchanged);
    let here = thread::current().id();
    assert_eq!(*drops.lock().unwrap(), [("one".to_owned(), here)]);
}

#[test]
fn former_contents_that_no_reader_uses_are_dropped_by_the_reload() {
    let (folder, drops) = (Folder::new(), Drops::default());
    let file = open(&folder, &drops);
    replace(&folder.path("names"), "two");
    assert_eq!(file.reload(), ReloadEvent::Loaded);
    let here = thread::current().id();
    assert_eq!(*drops.lock().unwrap(), [("one".to_owned(), here)]);
}

/// A reload of a large file takes long, and the thread of a request must not wait for it.
#[test]
fn spawn_reload_reads_the_file_on_another_thread() {
    let (folder, drops) = (Folder::new(), Drops::default());
    let file = open(&folder, &drops);
    replace(&folder.path("names"), "two");
    file.spawn_reload().unwrap();
    wait_until(|| !drops.lock().unwrap().is_empty());
    assert_eq!(file.with(|contents| contents.0.clone()), "two");
    assert_ne!(drops.lock().unwrap()[0].1, thread::current().id());
    assert_eq!(file.health().loads(), 2);
}
