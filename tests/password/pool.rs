//! The threads that hash: bounded, and none the worse for whoever comes and goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tower_challenge::password::{HashingPool, HashingPoolBuilder};
use tower_challenge::{NowOrLater, Unavailable};

use crate::hashing::{Door, clock, is_pending, wait, wait_until};

/// Its clock stands still, so that nothing is late however busy the machine is.
fn on_time(threads: usize) -> HashingPoolBuilder {
    HashingPool::builder().threads(threads).clock(clock())
}

fn small() -> HashingPoolBuilder {
    on_time(1).queue(2)
}

/// Work that has begun and cannot end.
fn held_up(pool: &HashingPool, door: &Door) -> NowOrLater<Result<(), Unavailable>> {
    door.shut();
    let begun = Arc::new(AtomicUsize::new(0));
    let (door, begin) = (door.clone(), Arc::clone(&begun));
    let work = pool.run(move || {
        begin.fetch_add(1, Ordering::SeqCst);
        door.pass();
    });
    wait_until(|| begun.load(Ordering::SeqCst) == 1);
    work
}

#[test]
fn a141_what_the_queue_has_no_place_for_is_unavailable_at_once() {
    let (pool, door) = (small().build().unwrap(), Door::default());
    let first = held_up(&pool, &door);
    let waiting = [pool.run(|| 1), pool.run(|| 2)];
    assert_eq!(pool.waiting(), 2);
    let refused = pool.run(|| 3).try_now().expect("at once").unwrap_err();
    assert_eq!(refused.to_string(), "the queue of password hashes is full");
    assert!(refused.delay() >= Duration::from_secs(1));
    door.open();
    wait(first).unwrap();
    assert_eq!(waiting.map(|it| wait(it).unwrap()), [1, 2]);
}

#[test]
fn a141_what_cannot_begin_in_time_is_told_so_while_the_threads_are_busy() {
    let clock = clock();
    let pool = small().deadline(Duration::from_millis(5));
    let pool = pool.clock(clock.clone()).build().unwrap();
    let door = Door::default();
    let first = held_up(&pool, &door);
    let late = pool.run(|| ());
    clock.advance(Duration::from_millis(6));
    let late = wait::<NowOrLater<Result<(), _>>>(late).unwrap_err();
    assert_eq!(late.to_string(), "a password hash could not begin in time");
    assert_eq!(pool.waiting(), 0);
    door.open();
    wait(first).unwrap();
    wait(pool.run(|| ())).unwrap();
}

#[test]
fn what_comes_to_its_turn_too_late_is_not_begun() {
    let clock = clock();
    let pool = small().clock(clock.clone()).build().unwrap();
    let door = Door::default();
    let first = held_up(&pool, &door);
    let late = pool.run(|| panic!("it was begun"));
    clock.advance(Duration::from_millis(1001));
    let in_time = pool.run(|| ());
    door.open();
    wait(first).unwrap();
    assert!(wait::<NowOrLater<Result<(), _>>>(late).is_err());
    wait(in_time).unwrap();
}

/// Who disconnects makes no room: what has begun keeps its thread. What has not is never begun.
#[test]
fn a112_who_leaves_keeps_a_thread_until_it_is_done_and_no_longer() {
    let (pool, door) = (small().build().unwrap(), Door::default());
    drop(held_up(&pool, &door));
    let begun = Arc::new(AtomicUsize::new(0));
    for _ in 0..2 {
        let begun = Arc::clone(&begun);
        drop(pool.run(move || begun.fetch_add(1, Ordering::SeqCst)));
    }
    assert_eq!(
        pool.waiting(),
        2,
        "they keep their places while there are others"
    );
    let stay = [pool.run(|| ()), pool.run(|| ())];
    assert_eq!(pool.waiting(), 2, "and no longer");
    assert!(pool.run(|| ()).try_now().is_ok_and(|it| it.is_err()));
    door.open();
    stay.into_iter().for_each(|it| wait(it).unwrap());
    assert_eq!(begun.load(Ordering::SeqCst), 0);
}

/// A flood of requests that are taken back as soon as they are sent.
#[test]
fn a141_who_comes_and_goes_at_once_keeps_nobody_out() {
    let (pool, door) = (small().build().unwrap(), Door::default());
    let first = held_up(&pool, &door);
    let stays = pool.run(|| 1);
    for _ in 0..1000 {
        drop::<NowOrLater<Result<(), _>>>(pool.run(|| panic!("it was begun")));
    }
    assert!(pool.waiting() <= 2);
    let another = pool.run(|| 2);
    door.open();
    wait(first).unwrap();
    assert_eq!((wait(stays).unwrap(), wait(another).unwrap()), (1, 2));
}

#[test]
fn a112_a_panic_is_unavailable_and_costs_no_thread() {
    let pool = on_time(2).build().unwrap();
    for _ in 0..10 {
        let panicked = wait::<NowOrLater<Result<(), _>>>(pool.run(|| panic!("oh no")));
        assert_eq!(
            panicked.unwrap_err().to_string(),
            "a password hash came to no end"
        );
    }
    // Both threads are there: each waits until the other has come.
    let barrier = Arc::new(std::sync::Barrier::new(2));
    let both = [(), ()].map(|()| Arc::clone(&barrier));
    let both = both.map(|barrier| pool.run(move || barrier.wait().is_leader()));
    let leaders = both.into_iter().map(|it| wait(it).unwrap());
    assert_eq!(leaders.filter(|leads| *leads).count(), 1);
}

/// What is dropped before it has begun is code of others, too.
struct PanicsWhenDropped(bool);

impl PanicsWhenDropped {
    const fn run(&self) {}
}

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        assert!(!self.0 || std::thread::panicking(), "of the test");
    }
}

#[test]
fn a112_a_panic_of_what_never_began_costs_no_thread_either() {
    let clock = clock();
    let pool = small().clock(clock.clone()).build().unwrap();
    let door = Door::default();
    for leaves in [true, false, true, false] {
        let first = held_up(&pool, &door);
        let bomb = PanicsWhenDropped(true);
        let waiting = pool.run(move || bomb.run());
        if leaves {
            drop(waiting);
        } else {
            clock.advance(Duration::from_secs(2));
            assert!(wait(waiting).is_err());
        }
        door.open();
        wait(first).unwrap();
        wait(pool.run(|| ())).unwrap();
    }
    // The one that tells who is late is there, too.
    let first = held_up(&pool, &door);
    let late = pool.run(|| ());
    clock.advance(Duration::from_secs(2));
    assert!(wait(late).is_err());
    door.open();
    wait(first).unwrap();
}

#[test]
fn no_more_run_at_a_time_than_there_are_threads() {
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
    let done = work.into_iter().map(|it| wait(it).unwrap());
    assert!(done.eq(0..1000));
    assert!((1..=3).contains(&most.load(Ordering::SeqCst)));
}

#[test]
fn when_the_last_handle_is_gone_so_are_the_threads_and_what_waits_is_told() {
    let (pool, door) = (small().build().unwrap(), Door::default());
    let kept = Arc::new(());
    let first = held_up(&pool, &door);
    let witness = Arc::clone(&kept);
    let mut waiting = pool.run(move || drop(witness));
    assert!(is_pending(&mut waiting));
    drop(pool);
    assert!(wait(waiting).is_err());
    assert_eq!(Arc::strong_count(&kept), 1);
    door.open();
    wait(first).unwrap();
}

#[test]
fn a_pool_without_threads_or_places_is_not_built() {
    assert!(HashingPool::builder().threads(0).build().is_err());
    assert!(HashingPool::builder().queue(0).build().is_err());
    assert!(HashingPool::builder().queue(usize::MAX).build().is_ok());
    assert!(HashingPool::new().unwrap().threads() >= 1);
}
