//! The priority of a hashing thread on Linux, where each thread has its own niceness.

use rustix::process::{getpriority_process, setpriority_process};

/// The highest niceness, which is the lowest priority.
const MAX_NICENESS: i32 = 19;

/// Adds `niceness` to the niceness of the calling thread, so that the other threads of the process run before it.
///
/// It is added because the whole process may already have a niceness. If the system does not allow the change, the
/// thread keeps its priority: a pool that competes with the server is better than none.
pub(super) fn lower_priority(niceness: u8) {
    // `None` stands for the caller. POSIX means the process by that; Linux means the calling thread.
    if let Ok(before) = getpriority_process(None) {
        let niceness = before.saturating_add(niceness.into()).min(MAX_NICENESS);
        let _ = setpriority_process(None, niceness);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::{getpriority_process, lower_priority, setpriority_process};

    /// The niceness of a thread that has the niceness `before` and then adds `niceness`.
    fn niceness_after(before: i32, niceness: u8) -> i32 {
        let thread = thread::spawn(move || {
            setpriority_process(None, before).expect("a thread may raise its niceness");
            lower_priority(niceness);
            getpriority_process(None)
        });
        let niceness = thread.join().expect("the thread does not panic");
        niceness.expect("the niceness can be read")
    }

    #[test]
    fn the_niceness_is_added_to_that_of_the_process_up_to_19_and_changes_one_thread() {
        assert_eq!(niceness_after(12, 3), 15);
        assert_eq!(niceness_after(15, 0), 15);
        assert_eq!(niceness_after(19, 10), 19);
        assert_eq!(niceness_after(12, u8::MAX), 19);
        let own = getpriority_process(None).expect("the niceness can be read");
        assert!(own < 19, "the other threads keep their niceness: {own}");
    }
}
