//! Tests that the server compares no more passwords than there are attempts, however many guesses are under way at
//! once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use http::Request;
use tower::{Layer as _, Service, ServiceExt};
use tower_challenge::RequireAuth;
use tower_challenge::throttle::FailureThrottle;

use crate::support::{Body, Boxed, Probe, USER, WRONG, get, run};
use crate::{counting, from, unfamiliar_address};

fn throttled(verified: &Arc<AtomicUsize>, wait: bool) -> RequireAuth<Boxed> {
    let layer = RequireAuth::new(counting(verified, wait)).unwrap();
    layer.throttle(FailureThrottle::new().unwrap())
}

#[test]
fn a122_of_a_thousand_guesses_under_way_at_once_the_verifier_sees_twenty() {
    let verified = Arc::default();
    let layer = throttled(&verified, true).layer(Probe::new());
    let guess = |number: u32| {
        let ask = get("/").basic(USER, &format!("guess-{number}"));
        let request = from(ask, &unfamiliar_address(number)).into_request();
        let mut service = layer.clone();
        let Ok(ready) = run(ServiceExt::<Request<Body>>::ready(&mut service));
        Box::pin(ready.call(request))
    };
    let mut guesses: Vec<_> = (0..1000).map(guess).collect();
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let mut statuses = Vec::new();
    while !guesses.is_empty() {
        guesses.retain_mut(|guess| match guess.as_mut().poll(&mut cx) {
            std::task::Poll::Ready(Ok(response)) => {
                statuses.push(response.status().as_u16());
                false
            }
            _ => true,
        });
    }
    let count = |status| {
        statuses
            .iter()
            .filter(|answered| **answered == status)
            .count()
    };
    assert_eq!(verified.load(Ordering::SeqCst), 20);
    assert_eq!((count(401), count(429)), (20, 980));
}

#[test]
fn a122_of_a_thousand_guesses_on_many_threads_the_verifier_sees_twenty() {
    let verified = Arc::default();
    let layer = throttled(&verified, false).layer(Probe::new());
    let start = Barrier::new(100);
    let refused = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..100 {
            let (layer, start, refused) = (layer.clone(), &start, &refused);
            scope.spawn(move || {
                start.wait();
                for number in 0..10 {
                    let guess = thread * 10 + number;
                    let ask = get("/").basic(USER, &format!("{WRONG}{guess}"));
                    let request = from(ask, &unfamiliar_address(guess)).into_request();
                    let Ok(response) = run(layer.clone().oneshot(request));
                    refused.fetch_add(usize::from(response.status() == 429), Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(verified.load(Ordering::SeqCst), 20);
    assert_eq!(refused.load(Ordering::SeqCst), 980);
}
