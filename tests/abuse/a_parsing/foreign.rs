//! Tests credentials fields that belong to other applications.

use tower::{Layer as _, ServiceExt};
use tower_challenge::client::Client;
use tower_challenge::scheme::Bearer;
use tower_challenge::throttle::{AttemptOutcome, Reservation, Throttle, ThrottleTicket};
use tower_challenge::{
    ClaimedAccount, NowOrLater, Principal, RequestHead, RequireAuth, Secret, Unavailable,
};

use super::own_grammar::{ApiKey, KEY, PveToken};
use crate::support::run::later;
use crate::support::{
    Boxed, Kind, Layer, Probe, Schemes, TestRequest, TestServer, TestWorld, USER, get, run,
};

/// Fields that name no scheme of a stand: of Azure, AWS, Proxmox and cargo, and other texts.
pub(super) const FOREIGN: [&str; 17] = [
    "SharedKey ada:fb9mT5ZaNgBkEWlAqsyp0LHTVzGqzs+3fWw=",
    "SharedKeyLite ada:fb9mT5Za==",
    "AWS AKIDADA:frJIUN8DYpKDtOLCwo//yllqDzg=",
    "AWS ada:x==",
    "PVEAPIToken=u@pam!x=3b241101-e2bb-4255-8caf-4136c566a962",
    "PVEAPIToken = u@pam!x",
    "cioA1b2C3d4",
    "cio/A1b2+C3d4==",
    "5|kq8Zr0",
    "ghp_16C7e42F:x",
    "=x",
    "\"x\"",
    "{\"token\":\"x\"}",
    "token=\"x",
    ", x",
    "eyJhbGciOiJI.eyJzdWIi.c2ln",
    "Unheard-Of a b c",
];

fn with_key(ask: TestRequest) -> TestRequest {
    ask.field("x-api-key", KEY)
}

/// Every order of an API key and Basic, as a layer offers them.
fn with_basic_and_key() -> Vec<TestServer> {
    let lists: [fn(&TestWorld) -> Schemes; 2] = [
        |world| vec![world.basic(), Box::new(ApiKey)],
        |world| vec![Box::new(ApiKey), world.basic()],
    ];
    let stands = lists.into_iter();
    let stands = stands.flat_map(|list| {
        [
            TestServer::build(list, |layer| layer),
            TestServer::build(list, Layer::optional),
        ]
    });
    stands.collect()
}

/// A field that names no scheme of the layer gets the challenges, in any grammar.
#[test]
fn a171_a_client_with_credentials_of_another_application_is_challenged() {
    for (_, stand) in TestServer::every() {
        for foreign in FOREIGN {
            let answer = stand.ask(get("/").authorization(foreign)).is_challenged();
            assert_eq!(
                answer.heard[0].scheme, None,
                "{foreign}: the log names no foreign scheme"
            );
            assert_eq!(
                answer.challenges().len(),
                stand.challenges().len(),
                "{foreign}"
            );
        }
    }
}

/// A valid key in a field of its own counts beside a field of another application.
#[test]
fn a171_a_key_counts_beside_credentials_of_another_application() {
    for stand in with_basic_and_key() {
        for foreign in FOREIGN {
            let ask = get("/").authorization(foreign);
            stand.ask(with_key(ask.clone())).is_admitted_as(USER);
            stand
                .ask(ask.clone().field("x-api-key", "wrong"))
                .is_refused();
            stand.ask(ask).is_challenged();
        }
    }
}

/// The key does not count beside a field that names an offered scheme and breaks its grammar, beside two fields, or
/// beside a field with bytes that credentials may not have.
#[test]
fn a171_a_key_does_not_count_beside_a_malformed_field() {
    for stand in with_basic_and_key() {
        for broken in [
            "Basic a b c",
            "Basic\tQQ==",
            "Basic=QQ==",
            "basic:x",
            "Basic,",
            "Basic\"x\"",
        ] {
            stand
                .ask(with_key(get("/").authorization(broken)))
                .is_malformed();
        }
        for foreign in FOREIGN {
            let two = get("/").authorization(foreign).authorization(foreign);
            stand.ask(with_key(two)).is_malformed();
        }
    }
}

/// A key in a field of its own counts beside right credentials of a scheme with a grammar of its own. The answer depends
/// neither on the order of the schemes, nor on a throttle, an audit, or polls.
#[test]
fn a171_a_right_key_beside_right_credentials_of_an_own_grammar_has_one_answer() {
    let visible = || -> Boxed {
        let verifier = |token: Secret<'_>| token.matches("5|kq8Zr0").then(|| Principal::new(USER));
        Box::new(Bearer::new("api", verifier).unwrap().allow_visible_ascii())
    };
    let lists: [&dyn Fn() -> Schemes; 6] = [
        &|| vec![Box::new(ApiKey), visible()],
        &|| vec![visible(), Box::new(ApiKey)],
        &|| vec![Box::new((ApiKey, PveToken))],
        &|| vec![Box::new((PveToken, ApiKey))],
        &|| vec![Box::new(ApiKey), Box::new(PveToken), visible()],
        &|| vec![visible(), Box::new(PveToken), Box::new(ApiKey)],
    ];
    let pve = format!("PVEAPIToken=u@pam!x={KEY}");
    for list in lists {
        let bare = RequireAuth::new(list()).unwrap().layer(Probe::new());
        let stand = TestServer::build(|_| list(), |layer| layer);
        let waiting = TestServer::build(|_| list(), |layer| layer.throttle(LateThrottle));
        let names = stand.challenges().into_iter();
        let names = Vec::from_iter(names.map(|offer| offer.scheme().to_string()));
        for (scheme, field, status) in [
            ("Bearer", "Bearer 5|kq8Zr0", 200),
            ("Bearer", "Bearer a b", 400),
            ("PVEAPIToken", &*pve, 200),
            ("PVEAPIToken", "PVEAPIToken=", 400),
        ] {
            let is_offered = names.iter().any(|name| name == scheme);
            let status = if is_offered { status } else { 200 };
            let ask = || with_key(get("/").authorization(field));
            let Ok(alone) = run(bare.clone().oneshot(ask().into_request()));
            let answers = [
                alone.status().as_u16(),
                stand.ask(ask()).status.as_u16(),
                waiting.ask(ask()).status.as_u16(),
            ];
            assert_eq!(answers, [status; 3], "{names:?}: {field}");
        }
    }
}

/// Answers later, so that the flow waits after the throttle and reads the field again.
struct LateThrottle;

impl Throttle for LateThrottle {
    fn reserve(
        &self,
        _: Option<&ClaimedAccount<'_>>,
        _: &Client,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>> {
        NowOrLater::later(async {
            later().await;
            Ok(Reservation::Granted(ThrottleTicket::default()))
        })
    }

    fn settle(&self, _: ThrottleTicket, _: AttemptOutcome) -> NowOrLater<()> {
        NowOrLater::later(later())
    }
}

/// The grammar of credentials has places for a tab (in a list) and for bytes beyond ASCII (in a quoted-string). Anywhere
/// else they are malformed, for every scheme that the field may name.
#[test]
fn a008_a_foreign_field_with_a_tab_or_a_byte_beyond_ascii_gets_400() {
    let fields: [&[u8]; 11] = [
        b"Unheard-Of\tx",
        b"SharedKey ada:\tx",
        b"PVEAPIToken=\tx",
        b"PVEAPIToken=x y\xE9",
        b"tok\ten",
        b"\xE9",
        b"SharedKey ada:\xE9",
        b"PVEAPIToken=\xE9",
        b"c\xC3\xA9tok",
        b"Unheard-Of \xA0",
        b"Unheard-Of user=\"\xE9",
    ];
    for field in fields {
        for (_, stand) in TestServer::every() {
            stand.ask(get("/").authorization(field)).is_malformed();
        }
        for stand in with_basic_and_key() {
            stand
                .ask(with_key(get("/").authorization(field)))
                .is_malformed();
        }
    }
    for allowed in [
        &b"Unheard-Of user=\"J\xC3\xA4s\""[..],
        b"Unheard-Of a=b,\tc=d",
        b"\t5|x\t",
    ] {
        let stand = TestServer::of(&Kind::ALL);
        stand.ask(get("/").authorization(allowed)).is_challenged();
    }
}

/// A scheme of a user's own, with a grammar of its own: `PVEAPIToken=user!name=key`.
#[test]
fn a171_a_scheme_whose_name_ends_with_an_equals_sign_reads_its_field() {
    let right = format!("PVEAPIToken=u@pam!x={KEY}");
    let lists: [fn(&TestWorld) -> Schemes; 2] = [
        |world| vec![world.basic(), Box::new(PveToken)],
        |world| vec![Box::new(PveToken), world.basic()],
    ];
    for list in lists {
        let stand = TestServer::build(list, |layer| layer);
        stand
            .ask(get("/").authorization(&right))
            .is_admitted_as(USER);
        stand
            .ask(get("/").authorization("PVEAPIToken=u@pam!x=other"))
            .is_refused();
        for broken in [
            "PVEAPIToken",
            "PVEAPIToken=",
            "PVEAPIToken\tx",
            "PVEAPIToken x",
        ] {
            stand.ask(get("/").authorization(broken)).is_malformed();
        }
        let good = Kind::Basic.good(&stand, &get("/"));
        stand.ask(get("/").authorization(good)).is_admitted_as(USER);
        stand
            .ask(get("/").authorization(format!("X{right}")))
            .is_challenged();
    }
}

/// Every order of a key in a field of its own, and two schemes with grammars of their own.
fn with_own_grammars() -> Vec<TestServer> {
    let bearer = || {
        let known = |token: Secret<'_>| token.matches(KEY).then(|| Principal::new(USER));
        Bearer::new("api", known).unwrap().allow_visible_ascii()
    };
    let make = move |which: usize| -> Boxed {
        match which {
            0 => Box::new(ApiKey),
            1 => Box::new(PveToken),
            _ => Box::new(bearer()),
        }
    };
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    let stands = orders.map(|order| TestServer::build(|_| order.map(make).into(), |layer| layer));
    stands.into()
}

/// If the key claims the request first, no scheme has read the credentials field. The layer judges the field by the
/// grammar of the scheme that it names all the same.
#[test]
fn a171_a_key_beside_a_field_with_its_own_grammar_does_not_depend_on_the_order() {
    for stand in with_own_grammars() {
        let ask = |field: &str| stand.ask(with_key(get("/").authorization(field)));
        for right in ["PVEAPIToken=u@pam!x=", "Bearer "] {
            ask(&format!("{right}{KEY}")).is_admitted_as(USER);
        }
        for broken in [
            "PVEAPIToken",
            "PVEAPIToken x",
            "PVEAPIToken=u@pam!y=z",
            "Bearer",
            "Bearer a b",
            "Bearer \"x\"",
            "Bearer=x",
        ] {
            ask(broken).is_malformed();
        }
        ask("Unheard-Of a b").is_admitted_as(USER);
    }
}

/// A field above 16 KiB is not read. It is malformed only if it names a scheme of the layer, or has bytes that
/// credentials may not have.
#[test]
fn a171_a_key_counts_beside_a_long_field_of_another_application() {
    let long = "x".repeat(16 * 1024);
    for stand in with_basic_and_key() {
        for foreign in [
            format!("Bearer {long}"),
            long.clone(),
            format!("SharedKey a:{long}"),
        ] {
            let ask = get("/").authorization(&foreign);
            stand.ask(with_key(ask.clone())).is_admitted_as(USER);
            stand
                .ask(ask.clone().field("x-api-key", "wrong"))
                .is_refused();
            stand.ask(ask).is_challenged();
        }
        for broken in [
            format!("Basic {long}"),
            format!("basic=\"{long}"),
            format!("Bearer\t{long}"),
        ] {
            stand
                .ask(with_key(get("/").authorization(&broken)))
                .is_malformed();
        }
    }
}
