//! Tests several policies on one layer: the layer asks them in order, and all must allow.

use std::sync::{Arc, Mutex};

use http::{Request, StatusCode};
use http_body_util::Full;
use tower::ServiceExt;
use tower_challenge::policy::PolicyDecision;
use tower_challenge::{NowOrLater, Principal, RequestHead, RequireAuth, Unavailable};
use tower_layer::Layer as _;

use crate::support::run::later;
use crate::support::{
    Kind, Layer, PASSWORD, Probe, TestRequest, TestServer, TestWorld, USER, get, run,
};
use crate::wire::whole_body;

/// The behaviour of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behaviour {
    Allow,
    AllowLater,
    Forbid,
    ForbidLater,
    Fail,
    FailLater,
    Panic,
    PanicLater,
}

const ALLOWING: [Behaviour; 2] = [Behaviour::Allow, Behaviour::AllowLater];

const REFUSING: [(Behaviour, u16); 6] = [
    (Behaviour::Forbid, 403),
    (Behaviour::ForbidLater, 403),
    (Behaviour::Fail, 503),
    (Behaviour::FailLater, 503),
    (Behaviour::Panic, 503),
    (Behaviour::PanicLater, 503),
];

type Asked = Arc<Mutex<Vec<usize>>>;
type Decided = NowOrLater<Result<PolicyDecision, Unavailable>>;

impl Behaviour {
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
            Self::Panic => panic!("a panic of the test"),
            Self::AllowLater => after(Self::Allow),
            Self::ForbidLater => after(Self::Forbid),
            Self::FailLater => after(Self::Fail),
            Self::PanicLater => after(Self::Panic),
        }
    }

    /// Returns the policy for this place of a list. It records that it was asked.
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

/// Returns every list of two to four policies of which the last refuses, with the expected status.
fn lists() -> Vec<(Vec<Behaviour>, u16)> {
    let mut lists = Vec::new();
    for (refusing, status) in REFUSING {
        for first in ALLOWING {
            lists.push((vec![first, refusing], status));
            for second in ALLOWING {
                lists.push((vec![first, second, refusing], status));
                lists.push((vec![first, second, Behaviour::Allow, refusing], status));
            }
        }
    }
    lists
}

/// Asserts that the layer asked each policy of the list once, in order, and no other.
fn assert_asked(list: &[Behaviour], asked: &Asked, context: &str) {
    let asked = std::mem::take(&mut *asked.lock().unwrap());
    let expected: Vec<_> = (0..list.len()).collect();
    assert_eq!(asked, expected, "{list:?} {context}");
}

/// Adds the policies of `list` to a layer.
fn with_policies(mut layer: Layer, list: &[Behaviour], asked: &Asked) -> Layer {
    for (place, behaviour) in list.iter().enumerate() {
        layer = layer.policy(behaviour.policy(place, asked));
    }
    layer
}

/// With a throttle, the layer settles the attempt before it asks the policies.
#[test]
fn a156_the_last_policy_of_a_list_can_refuse() {
    for (list, status) in lists() {
        let asked = Asked::default();
        let stand = TestServer::tuned(&Kind::ALL, |layer| with_policies(layer, &list, &asked));
        for kind in Kind::ALL {
            let good = kind.good(&stand, &get("/"));
            let answer = stand.ask(get("/").authorization(good));
            assert_eq!(answer.status, status, "{list:?}");
            assert_asked(&list, &asked, "throttled");
        }
    }
}

/// Without a throttle, a policy in the middle of the list refuses, and the layer does not ask the ones after it.
#[test]
fn a156_the_layer_asks_no_policy_after_one_that_refuses() {
    for (mut list, status) in lists() {
        let asked = Asked::default();
        let layer = RequireAuth::new(vec![TestWorld::new().basic()]).unwrap();
        let refusing = list.len();
        list.extend([Behaviour::Allow, Behaviour::AllowLater]);
        let probe = Probe::new();
        let service = with_policies(layer, &list, &asked).layer(probe.clone());
        let ask = get("/").basic(USER, PASSWORD).into_request();
        let Ok(response) = run(service.oneshot(ask));
        assert_eq!(response.status().as_u16(), status, "{list:?}");
        assert_eq!(probe.calls(), 0, "{list:?}");
        assert_asked(&list[..refusing], &asked, "alone");
    }
}

/// If all policies allow, the layer has asked all of them.
#[test]
fn a156_the_layer_asks_every_policy_before_it_admits() {
    for first in ALLOWING {
        for second in ALLOWING {
            for third in ALLOWING {
                let list = [first, second, third];
                let asked = Asked::default();
                let stand =
                    TestServer::tuned(&[Kind::Basic], |layer| with_policies(layer, &list, &asked));
                let ask = TestRequest::new("GET", "/").basic(USER, PASSWORD);
                stand.ask(ask).is_admitted_as(USER);
                assert_asked(&list, &asked, "admitted");
            }
        }
    }
}

/// The layer asks the policies in the same way after a body that had to verify first.
#[test]
fn a156_the_layer_asks_every_policy_after_a_body() {
    for (list, status) in lists() {
        let asked = Asked::default();
        let mut layer = RequireAuth::new(whole_body::Sum).unwrap();
        for (place, behaviour) in list.iter().enumerate() {
            layer = layer.policy(behaviour.policy(place, &asked));
        }
        let probe = Probe::new();
        let request = Request::post("/").header("authorization", "Sum 4");
        let body = Full::new(bytes::Bytes::from_static(b"four"));
        let service = layer.layer(probe.clone());
        let Ok(response) = run(service.oneshot(request.body(body).unwrap()));
        assert_eq!(response.status(), StatusCode::from_u16(status).unwrap());
        assert_eq!(probe.calls(), 0, "{list:?}");
        assert_asked(&list, &asked, "after a body");
    }
}
