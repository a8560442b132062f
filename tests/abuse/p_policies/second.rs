//! Several policies on one layer: every one of them is asked, in order, and counts.

use std::sync::{Arc, Mutex};

use http::{Request, StatusCode};
use http_body_util::Full;
use tower::ServiceExt;
use tower_challenge::policy::PolicyDecision;
use tower_challenge::{NowOrLater, Principal, RequestHead, RequireAuth, Unavailable};
use tower_layer::Layer as _;

use crate::support::run::later;
use crate::support::{Ask, Kind, Layer, PASSWORD, Probe, Stand, USER, World, get, run};
use crate::wire::whole_body;

/// What a policy does when it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Allow,
    AllowLater,
    Forbid,
    ForbidLater,
    Fail,
    FailLater,
    Panic,
    PanicLater,
}

const ALLOWING: [Does; 2] = [Does::Allow, Does::AllowLater];

const REFUSING: [(Does, u16); 6] = [
    (Does::Forbid, 403),
    (Does::ForbidLater, 403),
    (Does::Fail, 503),
    (Does::FailLater, 503),
    (Does::Panic, 503),
    (Does::PanicLater, 503),
];

type Asked = Arc<Mutex<Vec<usize>>>;
type Decided = NowOrLater<Result<PolicyDecision, Unavailable>>;

impl Does {
    fn answer(self) -> Decided {
        let after = |wanted: Self| {
            NowOrLater::later(async move {
                later().await;
                wanted.answer().await
            })
        };
        match self {
            Self::Allow => NowOrLater::now(Ok(PolicyDecision::Allow)),
            Self::Forbid => NowOrLater::now(Ok(PolicyDecision::Forbid)),
            Self::Fail => NowOrLater::now(Err(Unavailable::new("down"))),
            Self::Panic => panic!("as it is meant to"),
            Self::AllowLater => after(Self::Allow),
            Self::ForbidLater => after(Self::Forbid),
            Self::FailLater => after(Self::Fail),
            Self::PanicLater => after(Self::Panic),
        }
    }

    /// The policy in this place of a list, which notes that it was asked.
    fn policy(
        self,
        place: usize,
        asked: &Asked,
    ) -> impl Fn(&Principal, &RequestHead<'_>) -> Decided + use<> {
        let asked = Arc::clone(asked);
        move |_: &Principal, _: &RequestHead<'_>| {
            asked.lock().unwrap().push(place);
            self.answer()
        }
    }
}

/// Every list of two to four policies in which the last refuses, with the status that comes of it.
fn lists() -> Vec<(Vec<Does>, u16)> {
    let mut lists = Vec::new();
    for (refuses, status) in REFUSING {
        for first in ALLOWING {
            lists.push((vec![first, refuses], status));
            for second in ALLOWING {
                lists.push((vec![first, second, refuses], status));
                lists.push((vec![first, second, Does::Allow, refuses], status));
            }
        }
    }
    lists
}

/// All of the policies up to the one that refuses were asked once, and none after it.
fn check(list: &[Does], asked: &Asked, context: &str) {
    let asked = std::mem::take(&mut *asked.lock().unwrap());
    let expected: Vec<_> = (0..list.len()).collect();
    assert_eq!(asked, expected, "{list:?} {context}");
}

/// `list`, and behind it one more that forbids and must not be asked.
fn bound(mut layer: Layer, list: &[Does], asked: &Asked) -> Layer {
    for (place, does) in list.iter().enumerate() {
        layer = layer.policy(does.policy(place, asked));
    }
    layer
}

/// With a throttle, whose settlement comes in between.
#[test]
fn a156_the_second_of_two_policies_refuses_and_so_does_every_other() {
    for (list, status) in lists() {
        let asked = Asked::default();
        let stand = Stand::tuned(&Kind::ALL, |layer| bound(layer, &list, &asked));
        for kind in Kind::ALL {
            let good = kind.good(&stand, &get("/"));
            let answer = stand.ask(get("/").authorization(good));
            assert_eq!(answer.status, status, "{list:?}");
            check(&list, &asked, "throttled");
        }
    }
}

/// Without one, and in the middle of a list.
#[test]
fn a156_what_refuses_in_the_middle_ends_the_list() {
    for (mut list, status) in lists() {
        let asked = Asked::default();
        let layer = RequireAuth::new(vec![World::new().basic()]).unwrap();
        let refusing = list.len();
        list.extend([Does::Allow, Does::AllowLater]);
        let probe = Probe::new();
        let service = bound(layer, &list, &asked).layer(probe.clone());
        let ask = get("/").basic(USER, PASSWORD).into_request();
        let Ok(response) = run(service.oneshot(ask));
        assert_eq!(response.status().as_u16(), status, "{list:?}");
        assert_eq!(probe.calls(), 0, "{list:?}");
        check(&list[..refusing], &asked, "alone");
    }
}

/// Where all allow, all were asked.
#[test]
fn a156_where_all_allow_all_were_asked() {
    for first in ALLOWING {
        for second in ALLOWING {
            for third in ALLOWING {
                let list = [first, second, third];
                let asked = Asked::default();
                let stand = Stand::tuned(&[Kind::Basic], |layer| bound(layer, &list, &asked));
                let ask = Ask::new("GET", "/").basic(USER, PASSWORD);
                stand.ask(ask).is_admitted_as(USER);
                check(&list, &asked, "admitted");
            }
        }
    }
}

/// The same after a body that had to verify first.
#[test]
fn a156_after_a_body() {
    for (list, status) in lists() {
        let asked = Asked::default();
        let mut layer = RequireAuth::new(whole_body::Sum).unwrap();
        for (place, does) in list.iter().enumerate() {
            layer = layer.policy(does.policy(place, &asked));
        }
        let probe = Probe::new();
        let request = Request::post("/").header("authorization", "Sum 4");
        let body = Full::new(bytes::Bytes::from_static(b"four"));
        let service = layer.layer(probe.clone());
        let Ok(response) = run(service.oneshot(request.body(body).unwrap()));
        assert_eq!(response.status(), StatusCode::from_u16(status).unwrap());
        assert_eq!(probe.calls(), 0, "{list:?}");
        check(&list, &asked, "after a body");
    }
}
