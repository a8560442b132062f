//! Simulates many people, and many attackers.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tower_challenge::client::Client;
use tower_challenge::throttle::{AttemptOutcome, UnfamiliarLimit};

use super::mersenne::Mersenne;
use super::time::{DAY, HOUR, Moment};
use super::world::{RIGHT, World, v4};

/// The number of refused requests, and the number of all requests.
pub(crate) type Refused = (u32, u32);

/// Simulates people behind one address. On the first day they log in for the first time within one hour of the morning.
/// On each later day they log in twice. A tenth of the logins is mistyped.
///
/// Returns the refused requests of the first day and of the days after, and the number of records in the store.
pub(crate) fn office(
    unfamiliar: UnfamiliarLimit,
    people: u32,
    days: u32,
) -> (Refused, Refused, usize) {
    let (world, mut random, from) = (World::new(unfamiliar), Mersenne::new(2), v4(30, 0));
    let mut each_day = Vec::new();
    for day in 0..days {
        let mut queue = BinaryHeap::new();
        for person in 0..people {
            let periods = [(9.0, 1.0), (13.0, 2.0)];
            for (start, hours) in &periods[..if day == 0 { 1 } else { 2 }] {
                let mistakes = match random.random() > 0.10 {
                    true => 0,
                    false => random.mistakes(),
                };
                let time = f64::from(day) * DAY + (start + random.uniform(0.0, *hours)) * HOUR;
                queue.push(Reverse((Moment(time), person, mistakes)));
            }
        }
        let (mut refused, mut all) = (0, 0);
        while let Some(Reverse((Moment(now), person, mistakes))) = queue.pop() {
            all += 1;
            let name = format!("u{person}");
            let mistyped = format!("mistyped {day} {all}");
            let password = if mistakes > 0 { &mistyped } else { RIGHT };
            match world.reserve(now, &name, &from, password) {
                Err(_) => refused += 1,
                Ok(ticket) if mistakes > 0 => {
                    world.settle(now, ticket, AttemptOutcome::Failure);
                    queue.push(Reverse((Moment(now + 10.0), person, mistakes - 1)));
                }
                Ok(ticket) => world.settle(now, ticket, AttemptOutcome::Success),
            }
        }
        each_day.push((refused, all));
    }
    let first = each_day.remove(0);
    let after = each_day
        .iter()
        .fold((0, 0), |sum, day| (sum.0 + day.0, sum.1 + day.1));
    (first, after, world.records())
}

/// The result of a flood.
#[derive(Debug)]
pub(crate) struct Flooded {
    /// First logins of owners with the right password, four times a second.
    pub(crate) first_logins: Refused,
    pub(crate) judged: u32,
    pub(crate) shared: u64,
}

/// Makes attempts at made-up names from `networks`, with a store that has room for `room` accounts.
pub(crate) fn flood(
    unfamiliar: UnfamiliarLimit,
    networks: &[Client],
    rate: u32,
    seconds: u32,
    room: usize,
) -> Flooded {
    let world = World::with_room(unfamiliar, room);
    let (mut refused, mut first, mut judged) = (0, 0, 0);
    for number in 0..rate * seconds {
        let now = 1000.0 + f64::from(number) / f64::from(rate);
        let from = networks[number as usize % networks.len()];
        if let Ok(ticket) = world.reserve(now, &format!("x{number}"), &from, "guess") {
            world.settle(now, ticket, AttemptOutcome::Failure);
            judged += 1;
        }
        if number % (rate / 4) == 0 {
            first += 1;
            match world.reserve(now, &format!("u{first}"), &v4(31, first), RIGHT) {
                Ok(ticket) => world.settle(now, ticket, AttemptOutcome::Success),
                Err(_) => refused += 1,
            }
        }
    }
    Flooded {
        first_logins: (refused, first),
        judged,
        shared: world.shared_reservations(),
    }
}

/// Returns how many guesses some networks of one subnet have in all, over 5,000 accounts at a time.
pub(crate) fn capacity(unfamiliar: UnfamiliarLimit, networks: &[Client], days: u32) -> u32 {
    let world = World::new(unfamiliar);
    let (mut now, mut guesses) = (0.0, 0_u32);
    while now < f64::from(days) * DAY {
        let name = format!("u{}.{}", guesses % 5000, guesses / 5000);
        let from = networks[guesses as usize % networks.len()];
        match world.reserve(now, &name, &from, "guess") {
            Ok(ticket) => {
                world.settle(now, ticket, AttemptOutcome::Failure);
                guesses += 1;
            }
            Err((wait, _)) => now += wait.max(1e-3),
        }
    }
    guesses
}
