//! How a thread stands back for others: by its niceness, which is each thread's own on Linux.

use rustix::process::{getpriority_process, setpriority_process};

const MOST: i32 = 19;

/// Lets others go before the calling thread: those of its own process, which may have been told to stand back as a whole.
/// Where the system does not allow it, everything goes on without.
pub(super) fn stand_back(niceness: u8) {
    // None is the caller: the thread that asks, here, and not the process that POSIX means.
    if let Ok(before) = getpriority_process(None) {
        let niceness = before.saturating_add(niceness.into()).min(MOST);
        let _ = setpriority_process(None, niceness);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::{getpriority_process, setpriority_process, stand_back};

    /// The niceness of a thread that has `before`, and then stands back by `niceness`.
    fn niceness_after(before: i32, niceness: u8) -> i32 {
        let thread = thread::spawn(move || {
            setpriority_process(None, before).expect("nobody is kept from standing back");
            stand_back(niceness);
            getpriority_process(None)
        });
        let niceness = thread.join().expect("it does not panic");
        niceness.expect("it can be asked")
    }

    #[test]
    fn a_thread_stands_back_from_where_its_process_stands() {
        assert_eq!(niceness_after(12, 3), 15);
        assert_eq!(niceness_after(15, 0), 15);
        assert_eq!(niceness_after(19, 10), 19);
        assert_eq!(niceness_after(12, u8::MAX), 19);
        let own = getpriority_process(None).expect("it can be asked");
        assert!(own < 19, "nor does it take its process along: {own}");
    }
}
