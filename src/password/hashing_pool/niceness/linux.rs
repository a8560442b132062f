//! How a thread stands back for others: by its niceness, which is each thread's own on Linux.

use rustix::process::setpriority_process;

/// Lets others go before the calling thread. Where the system does not allow it, everything goes on without.
pub(super) fn stand_back(niceness: u8) {
    // None is the caller: the thread that asks, here, and not the process that POSIX means.
    let _ = setpriority_process(None, i32::from(niceness.min(19)));
}
