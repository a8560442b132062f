//! What several policies come to, and what depends on the method.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use http::{Method, Request};
use tower_challenge::ErrorParams;
use tower_challenge::policy::{
    Policy, PolicyDecision, PolicyExt, all_of, any_of, by_method, role, scopes,
};
use tower_challenge::{NowOrLater, Principal, RequestHead, Unavailable};

use self::Says::{Allow, CannotTell, Forbid, Lacks, StepUp};

/// What a policy answers. The number says which of two that say the same it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Allow,
    Forbid,
    Lacks(u8),
    StepUp(u8),
    CannotTell(u8),
}

impl Says {
    const fn all(number: u8) -> [Self; 5] {
        [
            Allow,
            Forbid,
            Lacks(number),
            StepUp(number),
            CannotTell(number),
        ]
    }

    fn decided(self) -> Result<PolicyDecision, Unavailable> {
        match self {
            Allow => Ok(PolicyDecision::Allow),
            Forbid => Ok(PolicyDecision::Forbid),
            Lacks(number) => Ok(PolicyDecision::Lacks(
                ErrorParams::insufficient_scope(&number.to_string()).unwrap(),
            )),
            StepUp(number) => Ok(PolicyDecision::StepUp(
                ErrorParams::insufficient_user_authentication(None, Some(number.into())).unwrap(),
            )),
            CannotTell(number) => Err(Unavailable::new(number.to_string())),
        }
    }

    fn of(decided: &Result<PolicyDecision, Unavailable>) -> Self {
        let numbers = 0..=u8::MAX;
        let all = numbers.flat_map(Self::all);
        let shown = format!("{decided:?}");
        let mut found = all.filter(|it| format!("{:?}", it.decided()) == shown);
        found.next().unwrap()
    }

    const fn is_refusal(self) -> bool {
        matches!(self, Forbid | Lacks(_) | StepUp(_))
    }
}

/// A policy that says the same to everybody, at once or later, and counts how often it was asked and waited for.
#[derive(Clone, Debug)]
struct Fixed {
    says: Says,
    later: bool,
    asked: Arc<AtomicUsize>,
    waited_for: Arc<AtomicUsize>,
}

impl Fixed {
    fn new(says: Says, later: bool) -> Self {
        let (asked, waited_for) = (Arc::default(), Arc::default());
        Self {
            says,
            later,
            asked,
            waited_for,
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn waited_for(&self) -> usize {
        self.waited_for.load(Ordering::SeqCst)
    }
}

impl Policy<Principal> for Fixed {
    fn decide(
        &self,
        _: &Principal,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<PolicyDecision, Unavailable>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if !self.later {
            return NowOrLater::now(self.says.decided());
        }
        let (says, waited_for) = (self.says, Arc::clone(&self.waited_for));
        NowOrLater::later(async move {
            waited_for.fetch_add(1, Ordering::SeqCst);
            let mut polled = false;
            std::future::poll_fn(|_| {
                let before = std::mem::replace(&mut polled, true);
                if before {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
            says.decided()
        })
    }
}

/// What `policy` says, and whether it said so at once.
fn ask(policy: &impl Policy<Principal>, request: &Request<()>) -> (Says, bool) {
    let caller = Principal::new("ada");
    let answer = match policy.decide(&caller, &RequestHead::of(request)).try_now() {
        Ok(decided) => return (Says::of(&decided), true),
        Err(later) => later,
    };
    let mut answer = pin!(answer);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..20 {
        if let Poll::Ready(decided) = answer.as_mut().poll(&mut context) {
            return (Says::of(&decided), false);
        }
    }
    panic!("it never answers")
}

fn says(policy: &impl Policy<Principal>) -> Says {
    ask(policy, &Request::new(())).0
}

const AT: [bool; 2] = [false, true];

/// The first of the table, and the second: five answers of each, at once or later.
fn pairs() -> impl Iterator<Item = (Fixed, Fixed)> {
    let firsts = Says::all(1)
        .into_iter()
        .flat_map(|it| AT.map(|at| (it, at)));
    firsts.flat_map(|(first, first_later)| {
        let seconds = Says::all(2)
            .into_iter()
            .flat_map(|it| AT.map(|at| (it, at)));
        seconds.map(move |(second, second_later)| {
            let first = Fixed::new(first, first_later);
            (first, Fixed::new(second, second_later))
        })
    })
}

/// The tables of the documentation, cell by cell.
const AND: [[Says; 5]; 5] = [
    [Allow, Forbid, Lacks(2), StepUp(2), CannotTell(2)],
    [Forbid; 5],
    [Lacks(1); 5],
    [StepUp(1); 5],
    [CannotTell(1); 5],
];
const OR: [[Says; 5]; 5] = [
    [Allow; 5],
    [Allow, Forbid, Lacks(2), StepUp(2), CannotTell(2)],
    [Allow, Lacks(1), Lacks(1), Lacks(1), CannotTell(2)],
    [Allow, StepUp(1), StepUp(1), StepUp(1), CannotTell(2)],
    [
        Allow,
        CannotTell(1),
        CannotTell(1),
        CannotTell(1),
        CannotTell(1),
    ],
];

fn cell(table: &[[Says; 5]; 5], first: Says, second: Says) -> Says {
    let row = Says::all(1).iter().position(|it| *it == first).unwrap();
    let column = Says::all(2).iter().position(|it| *it == second).unwrap();
    table[row][column]
}

#[test]
fn two_answers_come_to_what_the_tables_say_at_once_or_later() {
    let mut cells = 0;
    for (first, second) in pairs() {
        let context = format!("{first:?} {second:?}");
        let both = first.clone().and(second.clone());
        let either = first.clone().or(second.clone());
        assert_eq!(
            says(&both),
            cell(&AND, first.says, second.says),
            "{context}"
        );
        assert_eq!(
            says(&either),
            cell(&OR, first.says, second.says),
            "{context}"
        );
        cells += 2;
    }
    assert_eq!(cells, 200);
}

#[test]
fn not_turns_what_is_known_and_nothing_else() {
    for later in AT {
        for it in Says::all(1) {
            let turned = match it {
                Allow => Forbid,
                CannotTell(number) => CannotTell(number),
                _ => Allow,
            };
            assert_eq!(says(&Fixed::new(it, later).not()), turned, "{it:?}");
        }
    }
}

/// The laws of a logic with three values: allowed, refused, unknown. What exactly a client is told is in the tables.
#[test]
fn the_laws_of_logic_hold_as_far_as_a_policy_that_cannot_tell_is_not_outvoted() {
    let value = |it: Says| match it {
        Allow => 1,
        CannotTell(_) => 0,
        _ => -1,
    };
    for (first, second) in pairs() {
        let (a, b) = (first.clone(), second.clone());
        let either = says(&a.clone().or(b.clone()));
        assert_eq!(value(either), value(a.says).max(value(b.says)), "Kleene");
        assert_eq!(value(says(&a.clone().not())), -value(a.says));
        assert_eq!(value(says(&a.clone().not().not())), value(a.says));
        let both = says(&a.clone().and(b.clone()));
        assert_eq!(both == Allow, a.says == Allow && b.says == Allow);
        let swapped = says(&b.clone().and(a.clone()));
        assert_eq!(both == Allow, swapped == Allow);
        // De Morgan, but that `and` takes the first answer for the whole.
        let de_morgan = says(&a.clone().not().or(b.clone().not()).not());
        assert_eq!(both == Allow, de_morgan == Allow);
        assert!(!both.is_refusal() || value(de_morgan) <= 0);
    }
}

/// Three policies in any grouping, and in a list, are asked and weighed alike.
#[test]
fn lists_and_groupings_come_to_the_same() {
    let fixed = |number| {
        let all = Says::all(number).into_iter();
        all.flat_map(|it| AT.map(|later| Fixed::new(it, later)))
    };
    let mut seen = 0;
    for a in fixed(1) {
        for b in fixed(2) {
            for c in fixed(3) {
                let list = [a.clone(), b.clone(), c.clone()];
                let all = says(&all_of(list.clone()).unwrap());
                let any = says(&any_of(list).unwrap());
                let (x, y, z) = (a.clone(), b.clone(), c.clone());
                assert_eq!(all, says(&x.clone().and(y.clone()).and(z.clone())));
                assert_eq!(all, says(&x.clone().and(y.clone().and(z.clone()))));
                assert_eq!(any, says(&x.clone().or(y.clone()).or(z.clone())));
                assert_eq!(any, says(&x.or(y.or(z))));
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 1000);
    for it in fixed(1) {
        assert_eq!(says(&all_of([it.clone()]).unwrap()), it.says);
        assert_eq!(says(&any_of([it.clone()]).unwrap()), it.says);
    }
}

/// What is known at once is answered at once, and nobody is asked, or waited for, who cannot change it.
#[test]
fn nobody_is_waited_for_in_vain() {
    for (first, second) in pairs() {
        for any in AT {
            let (first, second) = (Fixed::new(first.says, first.later), second.clone());
            let asked_before = second.asked();
            let waited_before = second.waited_for();
            let (_, at_once) = if any {
                ask(&first.clone().or(second.clone()), &Request::new(()))
            } else {
                ask(&first.clone().and(second.clone()), &Request::new(()))
            };
            let settled = (first.says == Allow) == any;
            let waited = second.waited_for() - waited_before;
            assert_eq!(waited, usize::from(!settled && second.later));
            assert_eq!(first.waited_for(), usize::from(first.later));
            assert_eq!(at_once, !first.later && (settled || !second.later));
            let asked = second.asked() - asked_before;
            assert_eq!(asked, usize::from(!settled || first.later));
        }
    }
}

#[test]
fn policies_of_several_types_are_a_list_too() {
    type Any = Arc<dyn Policy<Principal>>;
    let closure = |caller: &Principal, _: &RequestHead<'_>| caller.name() == "ada";
    let list: [Any; 2] = [Arc::new(closure), Arc::new(scopes("read").unwrap())];
    assert_eq!(says(&any_of(list.clone()).unwrap()), Allow);
    let all = all_of(list).unwrap();
    let read = Principal::new("ada").with_scopes("read");
    let decide = |caller: &Principal| {
        let answer = all.decide(caller, &RequestHead::of(&Request::new(())));
        answer.try_now().unwrap().unwrap()
    };
    assert!(matches!(decide(&read), PolicyDecision::Allow));
    assert!(matches!(
        decide(&Principal::new("ada")),
        PolicyDecision::Lacks(_)
    ));
}

#[test]
fn an_empty_list_is_no_policy() {
    let none: [Fixed; 0] = [];
    let all = all_of(none.clone()).unwrap_err();
    assert_eq!(all.to_string(), "the list of policies is empty: name one");
    assert!(any_of(none).is_err());
}

#[test]
fn a_caller_who_lacks_what_is_not_wanted_may() {
    let without = scopes("legacy").unwrap().not();
    let decide = |caller: Principal| {
        let request = Request::new(());
        let answer = without.decide(&caller, &RequestHead::of(&request));
        Says::of(&answer.try_now().unwrap())
    };
    assert_eq!(decide(Principal::new("ada")), Allow);
    assert_eq!(decide(Principal::new("ada").with_scopes("legacy")), Forbid);
}

#[test]
fn closures_are_combined_as_policies_are() {
    let ada = |caller: &Principal, _: &RequestHead<'_>| caller.name() == "ada";
    let nobody = |_: &Principal, _: &RequestHead<'_>| false;
    assert_eq!(says(&ada.and(nobody)), Forbid);
    assert_eq!(
        says(&nobody.or(ada).and(role("admin").unwrap().not())),
        Allow
    );
}

fn to(method: &str) -> Request<()> {
    Request::builder().method(method).uri("/").body(()).unwrap()
}

/// Methods that exist, that exist elsewhere, and that only look like one.
const METHODS: [&str; 18] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT", "QUERY",
    "PROPFIND", "FOO", "get", "Get", "head", "put", "GETX", "G",
];

/// Every method gets its own policy if it is named, that of `GET` if it is `HEAD`, and the strictest otherwise.
#[test]
fn a_method_that_is_not_named_gets_the_strictest_policy() {
    let fixed = |number| Fixed::new(Lacks(number), false);
    let named = [Method::GET, Method::PUT];
    for otherwise in AT {
        for head in AT {
            let mut policy = by_method().on(named.clone(), fixed(1));
            policy = policy.on([Method::DELETE], Fixed::new(Lacks(2), true));
            if head {
                policy = policy.on([Method::HEAD], fixed(3));
            }
            if otherwise {
                policy = policy.otherwise(fixed(4));
            }
            let policy = policy.build().unwrap();
            for method in METHODS {
                let expected = match method {
                    "HEAD" if head => Lacks(3),
                    "GET" | "PUT" | "HEAD" => Lacks(1),
                    "DELETE" => Lacks(2),
                    _ if otherwise => Lacks(4),
                    _ => Forbid,
                };
                assert_eq!(ask(&policy, &to(method)).0, expected, "{method}");
            }
        }
    }
}

#[test]
fn head_is_never_laxer_than_get_by_oversight() {
    let open = Fixed::new(Allow, false);
    let shut = Fixed::new(Forbid, false);
    let policy = by_method().on([Method::GET], shut).otherwise(open.clone());
    assert_eq!(ask(&policy.build().unwrap(), &to("HEAD")).0, Forbid);
    let policy = by_method().on([Method::POST], open);
    assert_eq!(ask(&policy.build().unwrap(), &to("HEAD")).0, Forbid);
}

#[test]
fn no_field_and_no_parameter_is_a_method() {
    let open = Fixed::new(Allow, false);
    let policy = by_method().on([Method::GET], open).build().unwrap();
    for name in [
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
        "x-original-method",
        ":method",
    ] {
        let target = "/?_method=GET&method=GET&httpMethod=GET";
        let request = Request::builder().method("DELETE").uri(target);
        let request = request.header(name.trim_start_matches(':'), "GET");
        let request = request.body(()).unwrap();
        assert_eq!(ask(&policy, &request).0, Forbid, "{name}");
    }
}

#[test]
fn a_policy_by_method_that_says_nothing_cannot_be_built() {
    let open = || Fixed::new(Allow, false);
    let wrong = [
        by_method().build(),
        by_method().otherwise(open()).build(),
        by_method().on([], open()).build(),
        by_method().on([Method::GET], open()).on([], open()).build(),
        by_method().on([Method::GET, Method::GET], open()).build(),
        by_method()
            .on([Method::GET], open())
            .on([Method::PUT, Method::GET], open())
            .build(),
    ];
    let texts = wrong.map(|it| it.unwrap_err().to_string());
    assert_eq!(texts[0], "no method is named: name one with `on`");
    assert_eq!(texts[1], texts[0]);
    assert_eq!(texts[2], "the list of methods is empty: name one");
    assert_eq!(texts[3], texts[2]);
    assert_eq!(texts[4], "GET is named twice: name it once");
    assert_eq!(texts[5], texts[4]);
}

#[test]
fn what_is_shown_of_a_policy_by_method_is_the_methods() {
    let policy = by_method().on([Method::GET], Fixed::new(Allow, false));
    let shown = format!("{:?}", policy.build().unwrap().clone());
    assert_eq!(shown, "ByMethod { named: [GET], otherwise: false }");
}
