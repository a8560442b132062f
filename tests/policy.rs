//! Tests of combined policies, and of policies that depend on the method.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use http::{Method, Request};
use tower_challenge::ErrorParams;
use tower_challenge::policy::{
    Policy, PolicyDecision, PolicyExt, all_of, any_of, by_method, by_path, role, scopes,
};
use tower_challenge::{NowOrLater, Principal, RequestHead, Unavailable};

use self::Says::{Allow, CannotTell, Forbid, Lacks, StepUp};

/// The answer of a policy. The number tells which policy gave it, if two policies give the same answer.
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
        let mut found = all.filter(|answer| format!("{:?}", answer.decided()) == shown);
        found.next().unwrap()
    }

    const fn is_refusal(self) -> bool {
        matches!(self, Forbid | Lacks(_) | StepUp(_))
    }
}

/// A policy that gives every caller the same answer, now or later, and counts how often it was asked and awaited.
#[derive(Clone, Debug)]
struct Fixed {
    answer: Says,
    later: bool,
    asked: Arc<AtomicUsize>,
    waited_for: Arc<AtomicUsize>,
}

impl Fixed {
    fn new(answer: Says, later: bool) -> Self {
        let (asked, waited_for) = (Arc::default(), Arc::default());
        Self {
            answer,
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
            return NowOrLater::now(self.answer.decided());
        }
        let (answer, waited_for) = (self.answer, Arc::clone(&self.waited_for));
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
            answer.decided()
        })
    }
}

/// Returns the answer of `policy`, and whether it was ready at once.
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
    panic!("the policy never answers")
}

fn answer_of(policy: &impl Policy<Principal>) -> Says {
    ask(policy, &Request::new(())).0
}

const BOTH: [bool; 2] = [false, true];

/// Every pair of a first and a second policy: each gives one of five answers, now or later.
fn pairs() -> impl Iterator<Item = (Fixed, Fixed)> {
    let firsts = Says::all(1)
        .into_iter()
        .flat_map(|answer| BOTH.map(|later| (answer, later)));
    firsts.flat_map(|(first, first_later)| {
        let seconds = Says::all(2)
            .into_iter()
            .flat_map(|answer| BOTH.map(|later| (answer, later)));
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
    let row = Says::all(1).iter().position(|answer| *answer == first);
    let column = Says::all(2).iter().position(|answer| *answer == second);
    let (row, column) = (row.unwrap(), column.unwrap());
    table[row][column]
}

#[test]
fn and_and_or_combine_answers_as_the_documented_tables_say() {
    let mut cells = 0;
    for (first, second) in pairs() {
        let context = format!("{first:?} {second:?}");
        let both = first.clone().and(second.clone());
        let either = first.clone().or(second.clone());
        assert_eq!(
            answer_of(&both),
            cell(&AND, first.answer, second.answer),
            "{context}"
        );
        assert_eq!(
            answer_of(&either),
            cell(&OR, first.answer, second.answer),
            "{context}"
        );
        cells += 2;
    }
    assert_eq!(cells, 200);
}

#[test]
fn not_inverts_decisions_and_keeps_unavailable() {
    for later in BOTH {
        for answer in Says::all(1) {
            let inverted = match answer {
                Allow => Forbid,
                CannotTell(number) => CannotTell(number),
                _ => Allow,
            };
            let policy = Fixed::new(answer, later).not();
            assert_eq!(answer_of(&policy), inverted, "{answer:?}");
        }
    }
}

/// The laws of Kleene's logic with three values: allowed, refused, unknown. The tables say which refusal the client
/// gets.
#[test]
fn combined_policies_obey_the_laws_of_three_valued_logic() {
    let value = |answer: Says| match answer {
        Allow => 1,
        CannotTell(_) => 0,
        _ => -1,
    };
    for (first, second) in pairs() {
        let (a, b) = (first.clone(), second.clone());
        let either = answer_of(&a.clone().or(b.clone()));
        assert_eq!(
            value(either),
            value(a.answer).max(value(b.answer)),
            "Kleene"
        );
        assert_eq!(value(answer_of(&a.clone().not())), -value(a.answer));
        assert_eq!(value(answer_of(&a.clone().not().not())), value(a.answer));
        let both = answer_of(&a.clone().and(b.clone()));
        assert_eq!(both == Allow, a.answer == Allow && b.answer == Allow);
        let swapped = answer_of(&b.clone().and(a.clone()));
        assert_eq!(both == Allow, swapped == Allow);
        // De Morgan's law, except that the first refusal or error of `and` is its result.
        let de_morgan = answer_of(&a.clone().not().or(b.clone().not()).not());
        assert_eq!(both == Allow, de_morgan == Allow);
        assert!(!both.is_refusal() || value(de_morgan) <= 0);
    }
}

/// Three policies give the same result in a list and in either grouping.
#[test]
fn a_list_of_policies_gives_the_same_result_as_a_chain() {
    let fixed = |number| {
        let all = Says::all(number).into_iter();
        all.flat_map(|answer| BOTH.map(|later| Fixed::new(answer, later)))
    };
    let mut seen = 0;
    for a in fixed(1) {
        for b in fixed(2) {
            for c in fixed(3) {
                let list = [a.clone(), b.clone(), c.clone()];
                let all = answer_of(&all_of(list.clone()).unwrap());
                let any = answer_of(&any_of(list).unwrap());
                let (x, y, z) = (a.clone(), b.clone(), c.clone());
                assert_eq!(all, answer_of(&x.clone().and(y.clone()).and(z.clone())));
                assert_eq!(all, answer_of(&x.clone().and(y.clone().and(z.clone()))));
                assert_eq!(any, answer_of(&x.clone().or(y.clone()).or(z.clone())));
                assert_eq!(any, answer_of(&x.or(y.or(z))));
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 1000);
    for policy in fixed(1) {
        assert_eq!(answer_of(&all_of([policy.clone()]).unwrap()), policy.answer);
        assert_eq!(answer_of(&any_of([policy.clone()]).unwrap()), policy.answer);
    }
}

/// A combination answers at once if its result is known at once. It neither asks nor awaits a policy that cannot change
/// the result.
#[test]
fn a_policy_that_cannot_change_the_result_is_not_awaited() {
    for (first, second) in pairs() {
        for any in BOTH {
            let (first, second) = (Fixed::new(first.answer, first.later), second.clone());
            let asked_before = second.asked();
            let waited_before = second.waited_for();
            let (_, at_once) = if any {
                ask(&first.clone().or(second.clone()), &Request::new(()))
            } else {
                ask(&first.clone().and(second.clone()), &Request::new(()))
            };
            let settled = (first.answer == Allow) == any;
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
fn policies_of_several_types_can_be_in_one_list() {
    type Any = Arc<dyn Policy<Principal>>;
    let closure = |caller: &Principal, _: &RequestHead<'_>| caller.name() == "ada";
    let list: [Any; 2] = [Arc::new(closure), Arc::new(scopes("read").unwrap())];
    assert_eq!(answer_of(&any_of(list.clone()).unwrap()), Allow);
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
fn an_empty_list_of_policies_is_a_config_error() {
    let none: [Fixed; 0] = [];
    let all = all_of(none.clone()).unwrap_err();
    assert_eq!(all.to_string(), "the list of policies is empty: name one");
    assert!(any_of(none).is_err());
}

#[test]
fn not_scopes_allows_a_caller_without_the_scope_and_forbids_one_with_it() {
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
fn role_allows_a_caller_with_the_role_and_forbids_one_without_it() {
    let admin = role("admin").unwrap();
    let decide = |caller: Principal| {
        let request = Request::new(());
        let answer = admin.decide(&caller, &RequestHead::of(&request));
        Says::of(&answer.try_now().unwrap())
    };
    assert_eq!(decide(Principal::new("ada").with_role("admin")), Allow);
    assert_eq!(decide(Principal::new("ada").with_role("user")), Forbid);
    assert_eq!(decide(Principal::new("ada")), Forbid);
}

#[test]
fn closures_can_be_combined_like_other_policies() {
    let ada = |caller: &Principal, _: &RequestHead<'_>| caller.name() == "ada";
    let forbid = |_: &Principal, _: &RequestHead<'_>| false;
    assert_eq!(answer_of(&ada.and(forbid)), Forbid);
    assert_eq!(
        answer_of(&forbid.or(ada).and(role("admin").unwrap().not())),
        Allow
    );
}

fn to(method: &str) -> Request<()> {
    Request::builder().method(method).uri("/").body(()).unwrap()
}

/// Registered methods, unregistered methods, and names that differ from a registered method only in case or by a
/// letter.
const METHODS: [&str; 18] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT", "QUERY",
    "PROPFIND", "FOO", "get", "Get", "head", "put", "GETX", "G",
];

/// A named method has its own policy, and `HEAD` has that of `GET` unless it is named. Every other method has the
/// policy of `otherwise`, or is forbidden.
#[test]
fn a_method_that_is_not_named_has_the_policy_of_otherwise_or_is_forbidden() {
    let fixed = |number| Fixed::new(Lacks(number), false);
    let named = [Method::GET, Method::PUT];
    for otherwise in BOTH {
        for head in BOTH {
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
fn otherwise_never_allows_a_head_that_get_forbids() {
    let allow = Fixed::new(Allow, false);
    let forbid = Fixed::new(Forbid, false);
    let policy = by_method()
        .on([Method::GET], forbid)
        .otherwise(allow.clone());
    assert_eq!(ask(&policy.build().unwrap(), &to("HEAD")).0, Forbid);
    let policy = by_method().on([Method::POST], allow);
    assert_eq!(ask(&policy.build().unwrap(), &to("HEAD")).0, Forbid);
}

#[test]
fn no_header_field_and_no_parameter_overrides_the_method() {
    let allow = Fixed::new(Allow, false);
    let policy = by_method().on([Method::GET], allow).build().unwrap();
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
fn a_policy_by_method_without_methods_or_with_a_repeated_method_is_a_config_error() {
    let allow = || Fixed::new(Allow, false);
    let wrong = [
        by_method().build(),
        by_method().otherwise(allow()).build(),
        by_method().on([], allow()).build(),
        by_method()
            .on([Method::GET], allow())
            .on([], allow())
            .build(),
        by_method().on([Method::GET, Method::GET], allow()).build(),
        by_method()
            .on([Method::GET], allow())
            .on([Method::PUT, Method::GET], allow())
            .build(),
    ];
    let texts = wrong.map(|built| built.unwrap_err().to_string());
    assert_eq!(texts[0], "no method is named: name one with `on`");
    assert_eq!(texts[1], texts[0]);
    assert_eq!(texts[2], "the list of methods is empty: name one");
    assert_eq!(texts[3], texts[2]);
    assert_eq!(texts[4], "GET is named twice: name it once");
    assert_eq!(texts[5], texts[4]);
}

#[test]
fn debug_of_a_policy_by_method_shows_its_methods() {
    let policy = by_method().on([Method::GET], Fixed::new(Allow, false));
    let shown = format!("{:?}", policy.build().unwrap().clone());
    assert_eq!(
        shown,
        "ByMethod { policies: PolicyTable { named: [GET], otherwise: false } }"
    );
}

/// Only the path as the application names it, byte for byte, has the policy of that path. Other spellings that a router
/// may take for the same path have the policy of `otherwise`, or are forbidden.
#[test]
fn a_path_that_is_not_named_has_the_policy_of_otherwise_or_is_forbidden() {
    let fixed = |number| Fixed::new(Lacks(number), false);
    for otherwise in BOTH {
        let mut policy = by_path().on(["/notes.Notes/List", "/"], fixed(1));
        policy = policy.on(["/notes.Notes/Delete"], Fixed::new(Lacks(2), true));
        if otherwise {
            policy = policy.otherwise(fixed(3));
        }
        let policy = policy.build().unwrap();
        for (target, named) in [
            ("/notes.Notes/List", Some(1)),
            ("/notes.Notes/List?page=2", Some(1)),
            ("https://notes.example/notes.Notes/List", Some(1)),
            ("/", Some(1)),
            ("https://notes.example", Some(1)),
            ("/notes.Notes/Delete", Some(2)),
            ("/notes.Notes/%44elete", None),
            ("/notes.Notes/delete", None),
            ("/notes.Notes/Delete/", None),
            ("//notes.Notes/Delete", None),
            ("/notes.Notes/./Delete", None),
            ("/notes.Notes/Delete;a=b", None),
            ("/notes.Notes", None),
        ] {
            let request = Request::post(target).body(()).unwrap();
            let expected = match (named, otherwise) {
                (Some(number), _) => Lacks(number),
                (None, true) => Lacks(3),
                (None, false) => Forbid,
            };
            assert_eq!(ask(&policy, &request).0, expected, "{target}");
        }
    }
}

#[test]
fn a_policy_by_path_names_its_mistakes() {
    let allow = || Fixed::new(Allow, false);
    let text = |built: Result<_, tower_challenge::ConfigError>| {
        built
            .map(|_: tower_challenge::policy::ByPath<_>| ())
            .unwrap_err()
            .to_string()
    };
    let none = "no path is named: name one with `on`";
    assert_eq!(text(by_path().build()), none);
    assert_eq!(text(by_path().otherwise(allow()).build()), none);
    let empty = by_path().on(<[&str; 0]>::default(), allow()).build();
    assert_eq!(text(empty), "the list of paths is empty: name one");
    let twice = by_path().on(["/a", "/b"], allow()).on(["/b"], allow());
    assert_eq!(text(twice.build()), "/b is named twice: name it once");
    for wrong in [
        "",
        "notes",
        "/notes?page=2",
        "/notes#top",
        "/users/{id}",
        "/a<b",
        "/users/{id}",
        "/a<b",
        "/a b",
        "/\u{e9}",
        "*",
    ] {
        let refused = text(by_path().on([wrong], allow()).build());
        assert!(
            refused.starts_with(&format!("`{wrong}` is not a path")),
            "{refused}"
        );
    }
}

#[test]
fn a_policy_by_path_needs_the_scopes_of_its_path_alone() {
    let policy = by_path()
        .on(["/list"], scopes("read").unwrap())
        .otherwise(scopes("write").unwrap())
        .build()
        .unwrap();
    for (target, needed) in [("/list", "read"), ("/delete", "write")] {
        let request = Request::get(target).body(()).unwrap();
        let scopes = Policy::<Principal>::required_scopes(&policy, &RequestHead::of(&request));
        assert_eq!(scopes.to_string(), needed);
    }
}
