//! Where an account was used before, its owner is let in, and nobody has more guesses for it.

use std::time::Duration;

use tower_challenge::store::Budget;

use crate::support::{Kind, OTHER_PASSWORD, OTHER_USER, PASSWORD, USER, WRONG, get};
use crate::{ELSEWHERE, Gate, HOME, SECOND, stranger};

#[test]
fn a123_no_stranger_locks_an_owner_out_who_was_there_before() {
    let gate = Gate::new(&[Kind::Basic]);
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
    for number in 0..500 {
        let guessed = gate.basic(USER, WRONG, &stranger(number));
        assert!([401, 429].contains(&guessed));
        assert_eq!(
            gate.basic(USER, PASSWORD, HOME),
            200,
            "the owner, after {number}"
        );
        gate.pass(Duration::from_secs(60));
    }
    assert_eq!(
        gate.basic(USER, PASSWORD, ELSEWHERE),
        429,
        "from anywhere else"
    );
    assert_eq!(
        gate.basic(OTHER_USER, OTHER_PASSWORD, ELSEWHERE),
        200,
        "and nobody else"
    );
}

#[test]
fn a123_the_allowance_of_a_known_source_is_small_and_its_own() {
    let gate = Gate::new(&[Kind::Basic]);
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
    let shared = gate.guess(USER, HOME);
    assert_eq!(shared, 25, "20 of the allowance, and 5 as everybody has");
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 429, "it is used up");
    gate.pass(SECOND);
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200, "a stranger's turn");
    assert_eq!(gate.guess(USER, HOME), 5, "it is too soon to renew it");
    gate.pass(SECOND * 60);
    assert_eq!(
        gate.guess(USER, HOME),
        21,
        "now it is not, and the account has one a wait"
    );

    let forgotten = Gate::new(&[Kind::Basic]);
    assert_eq!(forgotten.basic(USER, PASSWORD, HOME), 200);
    forgotten.pass(Duration::from_secs(31 * 24 * 60 * 60));
    assert_eq!(forgotten.guess(USER, HOME), 5);

    let none = Gate::tuned(&[Kind::Basic], |it| it.known_source(0, SECOND));
    assert_eq!(none.basic(USER, PASSWORD, HOME), 200);
    assert_eq!(none.guess(USER, HOME), 5);
}

#[test]
fn a126_a_login_of_ones_own_gives_no_more_guesses_at_others() {
    let gate = Gate::new(&[Kind::Basic]);
    let mut guesses = 0;
    for number in 0..1000 {
        assert_eq!(gate.basic(OTHER_USER, OTHER_PASSWORD, ELSEWHERE), 200);
        guesses += usize::from(gate.basic(&format!("victim{number}"), WRONG, ELSEWHERE) == 401);
    }
    assert_eq!(guesses, 50, "as many as the source has");
}

#[test]
fn a126_an_owner_who_comes_and_goes_gives_strangers_no_new_guesses() {
    let gate = Gate::new(&[Kind::Basic]);
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
    let mut guesses = 0;
    for number in 0..100 {
        assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
        guesses += usize::from(gate.basic(USER, WRONG, &stranger(number)) == 401);
    }
    assert_eq!(guesses, 5);
}

#[test]
fn a_success_clears_the_account_for_whoever_was_a_stranger() {
    let gate = Gate::tuned(&[Kind::Basic], |it| it.known_source(0, SECOND));
    for _ in 0..20 {
        for _ in 0..4 {
            assert_eq!(gate.basic(USER, WRONG, HOME), 401);
        }
        assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 200);
        gate.pass(SECOND * 120);
    }
}

#[test]
fn everybody_together_has_a_budget_which_a_known_source_does_not_need() {
    let gate = Gate::tuned(&[Kind::Basic], |it| it.everybody(Budget::failures(30)));
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
    let guess = |number: u32| gate.basic(&format!("user{number}"), WRONG, &stranger(number));
    assert!((0..30).all(|number| guess(number) == 401));
    assert_eq!(guess(31), 429);
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
}

/// A budget that all of them share would let anyone shut everyone out, with two guesses a minute.
#[test]
fn what_comes_from_nobody_knows_where_has_no_source_and_is_never_known() {
    let gate = Gate::tuned(&[Kind::Basic], |it| it.everybody(Budget::failures(1000)));
    let ask = |user: &str, password: &str| gate.stand.ask(get("/").basic(user, password)).status;
    assert_eq!(ask(USER, PASSWORD), 200);
    assert!((0..5).all(|_| ask(USER, WRONG) == 401));
    assert_eq!(ask(USER, PASSWORD), 429, "it would vouch for everybody");
    for number in 0..994 {
        assert_eq!(ask(&format!("user{number}"), WRONG), 401);
        assert_eq!(ask(OTHER_USER, OTHER_PASSWORD), 200, "after {number}");
    }
    assert_eq!(ask("user", WRONG), 401);
    assert_eq!(ask("user", WRONG), 429, "there is still the budget of all");
}

/// Whoever shares the address of an owner who is at work, behind one NAT.
#[test]
fn a126_an_owner_at_work_gives_whoever_shares_the_address_few_new_guesses() {
    let gate = Gate::new(&[Kind::Basic]);
    let mut guesses = 0;
    for _ in 0..3600 {
        // The owner may have to wait for the account, too; the guesser waits for nobody.
        let _either = gate.basic(USER, PASSWORD, HOME);
        for _ in 0..10 {
            guesses += usize::from(gate.basic(USER, WRONG, HOME) == 401);
        }
        gate.pass(SECOND);
    }
    let (allowances, source) = (61 * 20, 50 + 3600 / 30);
    assert!(guesses <= allowances + source, "{guesses} in an hour");
}
