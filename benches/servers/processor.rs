//! On which processor does this process run?

/// Keeps this process on one processor. Elsewhere than on Linux, it stays on all.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub(crate) fn keep(number: usize) {
    use nix::sched::{CpuSet, sched_setaffinity};
    use nix::unistd::Pid;

    let mut one = CpuSet::new();
    let set = one.set(number);
    let set = set.and_then(|()| sched_setaffinity(Pid::from_raw(0), &one));
    set.expect("this machine has two processors");
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
pub(crate) fn keep(_: usize) {}
