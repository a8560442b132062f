//! The pool of hashing threads: its limits, its deadline, and callers that disconnect.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tower_challenge::password::{HashingPool, HashingPoolBuilder};
use tower_challenge::{NowOrLater, Unavailable};

use crate::hashing::{Gate, clock, is_pending, wait, wait_until};

/// The clock stands still, so that no work is late, even on a busy machine.
fn on_time(threads: usize) -> HashingPoolBuilder {
    HashingPool::builder().threads(threads).clock(clock())
}

/// A pool with one thread and a queue of two.
fn small() -> HashingPoolBuilder {
    on_time(1).queue(2)
}

/// Starts work that has begun and does not end before the gate opens.
fn blocked_work(pool: &HashingPool, gate: &Gate) -> NowOrLater<Result<(), Unavailable>> {
    gate.close();
    let begun = Arc::new(AtomicUsize::new(0));
    let (gate, begin) = (gate.clone(), Arc::clone(&begun));
    let work = pool.run(move || {
        begin.fetch_add(1, Ordering::SeqCst);
        gate.wait();
    });
    wait_until(|| begun.load(Ordering::SeqCst) == 1);
    work
}

#[test]
fn a141_work_is_unavailable_at_once_when_the_queue_is_full() {
    let (pool, gate) = (small().build().unwrap(), Gate::default());
    let first = blocked_work(&pool, &gate);
    let waiting = [pool.run(|| 1), pool.run(|| 2)];
    assert_eq!(pool.waiting(), 2);
    let refused = pool.run(|| 3).try_now().expect("at once").unwrap_err();
    assert_eq!(refused.to_string(), "the password hashing queue is full");
    assert!(refused.delay() >= Duration::from_secs(1));
    gate.open();
    wait(first).unwrap();
    assert_eq!(waiting.map(|work| wait(work).unwrap()), [1, 2]);
}

#[test]
fn a141_work_is_answered_at_its_deadline_although_all_threads_are_busy() {
    let clock = clock();
    let pool = small().deadline(Duration::from_millis(5));
    let pool = pool.clock(clock.clone()).build().unwrap();
    let gate = Gate::default();
    let first = blocked_work(&pool, &gate);
    let late = pool.run(|| ());
    clock.advance(Duration::from_millis(6));
    let late = wait::<NowOrLater<Result<(), _>>>(late).unwrap_err();
    assert_eq!(
        late.to_string(),
        "timed out waiting for a password hashing thread"
    );
    assert_eq!(pool.waiting(), 0);
    gate.open();
    wait(first).unwrap();
    wait(pool.run(|| ())).unwrap();
}

#[test]
fn work_whose_deadline_has_passed_is_not_begun() {
    let clock = clock();
    let pool = small().clock(clock.clone()).build().unwrap();
    let gate = Gate::default();
    let first = blocked_work(&pool, &gate);
    let late = pool.run(|| panic!("the work was begun"));
    clock.advance(Duration::from_millis(1001));
    let in_time = pool.run(|| ());
    gate.open();
    wait(first).unwrap();
    assert!(wait::<NowOrLater<Result<(), _>>>(late).is_err());
    wait(in_time).unwrap();
}

/// A client that disconnects does not make room for more work, because work that has begun keeps its thread. Work that
/// has not begun is never begun.
#[test]
fn a112_work_of_a_client_that_disconnects_keeps_its_thread_if_begun_and_is_dropped_if_not() {
    let (pool, gate) = (small().build().unwrap(), Gate::default());
    drop(blocked_work(&pool, &gate));
    let begun = Arc::new(AtomicUsize::new(0));
    for _ in 0..2 {
        let begun = Arc::clone(&begun);
        drop(pool.run(move || begun.fetch_add(1, Ordering::SeqCst)));
    }
    assert_eq!(
        pool.waiting(),
        2,
        "abandoned work keeps its place until the queue is full"
    );
    let stay = [pool.run(|| ()), pool.run(|| ())];
    assert_eq!(
        pool.waiting(),
        2,
        "new work takes the places of abandoned work"
    );
    assert!(
        pool.run(|| ())
            .try_now()
            .is_ok_and(|answer| answer.is_err())
    );
    gate.open();
    stay.into_iter().for_each(|work| wait(work).unwrap());
    assert_eq!(begun.load(Ordering::SeqCst), 0);
}

/// An attacker sends many requests and disconnects from each at once.
#[test]
fn a141_clients_that_disconnect_at_once_do_not_keep_the_queue_full() {
    let (pool, gate) = (small().build().unwrap(), Gate::default());
    let first = blocked_work(&pool, &gate);
    let stays = pool.run(|| 1);
    for _ in 0..1000 {
        drop::<NowOrLater<Result<(), _>>>(pool.run(|| panic!("the work was begun")));
    }
    assert!(pool.waiting() <= 2);
    let another = pool.run(|| 2);
    gate.open();
    wait(first).unwrap();
    assert_eq!((wait(stays).unwrap(), wait(another).unwrap()), (1, 2));
}

#[test]
fn a112_work_that_panics_is_unavailable_and_its_thread_goes_on() {
    let pool = on_time(2).build().unwrap();
    for _ in 0..10 {
        let panicked = wait::<NowOrLater<Result<(), _>>>(pool.run(|| panic!("oh no")));
        assert_eq!(
            panicked.unwrap_err().to_string(),
            "the password hash computation failed"
        );
    }
    // Both threads still run: each waits at the barrier for the other.
    let barrier = Arc::new(std::sync::Barrier::new(2));
    let both = [(), ()].map(|()| Arc::clone(&barrier));
    let both = both.map(|barrier| pool.run(move || barrier.wait().is_leader()));
    let leaders = both.into_iter().map(|work| wait(work).unwrap());
    assert_eq!(leaders.filter(|leads| *leads).count(), 1);
}

/// A value in the work of a caller whose destructor panics.
struct PanicsWhenDropped(bool);

impl PanicsWhenDropped {
    const fn run(&self) {}
}

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        assert!(
            !self.0 || std::thread::panicking(),
            "the test demands a panic"
        );
    }
}

#[test]
fn a112_a_panic_when_work_is_dropped_before_it_began_ends_no_thread() {
    let clock = clock();
    let pool = small().clock(clock.clone()).build().unwrap();
    let gate = Gate::default();
    for leaves in [true, false, true, false] {
        let first = blocked_work(&pool, &gate);
        let bomb = PanicsWhenDropped(true);
        let waiting = pool.run(move || bomb.run());
        if leaves {
            drop(waiting);
        } else {
            clock.advance(Duration::from_secs(2));
            assert!(wait(waiting).is_err());
        }
        gate.open();
        wait(first).unwrap();
        wait(pool.run(|| ())).unwrap();
    }
    // The thread that watches the deadlines still runs as well.
    let first = blocked_work(&pool, &gate);
    let late = pool.run(|| ());
    clock.advance(Duration::from_secs(2));
    assert!(wait(late).is_err());
    gate.open();
    wait(first).unwrap();
}

#[test]
fn the_pool_runs_at_most_as_much_work_at_a_time_as_it_has_threads() {
    let pool = on_time(3).queue(1000).build().unwrap();
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let work = (0..1000).map(|i| {
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        pool.run(move || {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            now.fetch_sub(1, Ordering::SeqCst);
            i
        })
    });
    let work = work.collect::<Vec<_>>();
    let done = work.into_iter().map(|work| wait(work).unwrap());
    assert!(done.eq(0..1000));
    assert!((1..=3).contains(&most.load(Ordering::SeqCst)));
}

#[test]
fn when_the_last_clone_of_a_pool_is_dropped_its_waiting_work_is_answered_with_an_error() {
    let (pool, gate) = (small().build().unwrap(), Gate::default());
    let kept = Arc::new(());
    let first = blocked_work(&pool, &gate);
    let witness = Arc::clone(&kept);
    let mut waiting = pool.run(move || drop(witness));
    assert!(is_pending(&mut waiting));
    drop(pool);
    assert!(wait(waiting).is_err());
    assert_eq!(Arc::strong_count(&kept), 1);
    gate.open();
    wait(first).unwrap();
}

#[test]
fn a_pool_without_threads_or_without_a_queue_is_a_config_error() {
    assert!(HashingPool::builder().threads(0).build().is_err());
    assert!(HashingPool::builder().queue(0).build().is_err());
    assert!(HashingPool::builder().queue(usize::MAX).build().is_ok());
    assert!(HashingPool::new().unwrap().threads() >= 1);
}
