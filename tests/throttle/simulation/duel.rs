//! Simulates an attacker at an account and its owner. The owner logs in three times a day from home, and every third
//! day from a new network, and mistypes a twelfth of the logins.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tower_challenge::client::Client;
use tower_challenge::throttle::{AttemptOutcome, UnfamiliarLimit};

use super::attacker::Attacker;
use super::mersenne::Mersenne;
use super::time::{DAY, HOUR, MINUTE, Moment};
use super::world::{RIGHT, World, v4};

/// An event, to which the queue adds its time.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    Login(Login),
    Probe(u32),
    Guess,
    Poll(u32),
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Login {
    from: Client,
    is_trip: bool,
    tries: u32,
    mistakes: Option<u32>,
}

/// The kinds of addresses: see [`v4`].
const HOME: u8 = 20;
const TRIP: u8 = 21;
const PROBE: u8 = 22;
const STALE: u8 = 23;

pub(crate) fn home() -> Client {
    v4(HOME, 0)
}

/// Where the owner's device is that repeats an old password every 15 minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stale {
    AtHome,
    Away,
}

/// The habits of an owner.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    pub(crate) days: u32,
    /// The number of days between two logins from a new network.
    pub(crate) trips: u32,
    pub(crate) typos: f64,
    /// Whether the owner works at home, with a request each minute for eight hours.
    pub(crate) works: bool,
    pub(crate) stale: Option<Stale>,
}

impl Habits {
    pub(crate) const fn usual(days: u32) -> Self {
        Self {
            days,
            trips: 3,
            typos: 0.08,
            works: false,
            stale: None,
        }
    }
}

/// The result of a simulation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Score {
    pub(crate) judged: u32,
    /// How often the simulation probes whether the right password is refused.
    pub(crate) looks: u32,
    pub(crate) shut_away: u32,
    pub(crate) shut_at_home: u32,
    pub(crate) refused: u32,
    pub(crate) requests: u32,
    pub(crate) trips: u32,
    pub(crate) trips_given_up: u32,
}

pub(crate) fn duel(
    unfamiliar: UnfamiliarLimit,
    habits: Habits,
    attacker: Option<Attacker>,
) -> Score {
    let mut duel = Duel {
        world: World::new(unfamiliar),
        random: Mersenne::new(1),
        end: f64::from(habits.days) * DAY,
        queue: BinaryHeap::new(),
        events: Vec::new(),
        numbers: 0,
        mistyped: 0,
        habits,
        attacker,
        score: Score::default(),
    };
    duel.plan();
    while let Some(Reverse((now, _, event))) = duel.queue.pop() {
        let event = duel.events[event];
        duel.happen(now.0, event);
    }
    duel.score.judged = duel.attacker.as_ref().map_or(0, |attacker| attacker.judged);
    duel.score
}

struct Duel {
    world: World,
    random: Mersenne,
    end: f64,
    /// The time of each event, its order among events at the same time, and its index in `events`.
    queue: BinaryHeap<Reverse<(Moment, u32, usize)>>,
    events: Vec<Event>,
    numbers: u32,
    mistyped: u32,
    habits: Habits,
    attacker: Option<Attacker>,
    score: Score,
}

impl Duel {
    fn number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers - 1
    }

    fn at(&mut self, time: f64, event: Event) {
        if time < self.end {
            let number = self.number();
            self.queue
                .push(Reverse((Moment(time), number, self.events.len())));
            self.events.push(event);
        }
    }

    /// Plans the events of the owner. It draws random numbers in the order in which the model draws them.
    fn plan(&mut self) {
        let at_home = Login {
            from: home(),
            is_trip: false,
            tries: 0,
            mistakes: None,
        };
        for day in 0..self.habits.days {
            let morning = f64::from(day) * DAY;
            let mut hours = [(); 3].map(|()| self.random.uniform(8.0, 23.0));
            hours.sort_by(f64::total_cmp);
            for hour in hours {
                self.at(morning + hour * HOUR, Event::Login(at_home));
            }
            if day % self.habits.trips == self.habits.trips - 1 {
                let time = morning + self.random.uniform(8.0, 23.0) * HOUR;
                let trip = Login {
                    from: v4(TRIP, day),
                    is_trip: true,
                    ..at_home
                };
                self.at(time, Event::Login(trip));
            }
            for _ in 0..6 {
                let number = self.number();
                if day > 0 {
                    let time = morning + self.random.uniform(0.0, DAY);
                    self.at(time, Event::Probe(number));
                }
            }
            for minute in 0..if self.habits.works { 8 * 60 } else { 0 } {
                let time = morning + 9.0 * HOUR + f64::from(minute) * MINUTE + 0.5;
                let mistakes = Some(0);
                self.at(
                    time,
                    Event::Login(Login {
                        mistakes,
                        ..at_home
                    }),
                );
            }
        }
        if self.attacker.is_some() {
            self.at(DAY + 1.0, Event::Guess);
        }
        if self.habits.stale.is_some() {
            self.at(DAY + 7.0, Event::Poll(0));
        }
    }

    fn happen(&mut self, now: f64, event: Event) {
        match event {
            Event::Login(login) => self.log_in(now, login),
            Event::Probe(number) => {
                self.score.looks += 1;
                let away = self.world.is_open(now, "ada", &v4(PROBE, number));
                let at_home = self.world.is_open(now, "ada", &home());
                self.score.shut_away += u32::from(!away);
                self.score.shut_at_home += u32::from(!at_home);
            }
            Event::Guess => {
                let next = self
                    .attacker
                    .as_mut()
                    .and_then(|attacker| attacker.act(&self.world, now));
                if let Some(next) = next {
                    self.at(next.max(now + 1e-6), Event::Guess);
                }
            }
            Event::Poll(number) => {
                let from = match self.habits.stale {
                    Some(Stale::Away) => v4(STALE, number),
                    _ => home(),
                };
                if let Ok(ticket) = self.world.reserve(now, "ada", &from, "old") {
                    self.world.settle(now, ticket, AttemptOutcome::Failure);
                }
                self.at(now + 900.0, Event::Poll(number + 1));
            }
        }
    }

    fn log_in(&mut self, now: f64, login: Login) {
        let mistakes = login.mistakes.unwrap_or_else(|| {
            if self.random.random() > self.habits.typos {
                return 0;
            }
            self.random.mistakes()
        });
        let password = if mistakes > 0 {
            self.mistyped += 1;
            format!("mistyped {}", self.mistyped)
        } else {
            RIGHT.to_owned()
        };
        self.score.requests += 1;
        match self.world.reserve(now, "ada", &login.from, &password) {
            Err((wait, _)) => {
                self.score.refused += 1;
                if login.tries < 5 {
                    let again = Login {
                        tries: login.tries + 1,
                        mistakes: Some(mistakes),
                        ..login
                    };
                    self.at(now + wait.clamp(30.0, HOUR), Event::Login(again));
                } else if login.is_trip {
                    self.score.trips += 1;
                    self.score.trips_given_up += 1;
                }
            }
            Ok(ticket) if mistakes > 0 => {
                self.world.settle(now, ticket, AttemptOutcome::Failure);
                let mistakes = Some(mistakes - 1);
                self.at(now + 10.0, Event::Login(Login { mistakes, ..login }));
            }
            Ok(ticket) => {
                self.world
                    .settle(now + 0.2, ticket, AttemptOutcome::Success);
                self.score.trips += u32::from(login.is_trip);
            }
        }
    }
}
