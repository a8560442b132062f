//! Tests a scheme whose clients send no scheme name, beside schemes that have one.

use proptest::{prop_assert_eq, proptest};

use super::foreign::FOREIGN;
use super::own_grammar::{BareToken, Greedy, KEY};
use crate::support::{Answer, Boxed, Kind, Schemes, TestServer, TestWorld, USER, get};

/// Every order of a scheme for bare tokens, an API key and every built-in scheme.
fn with_bare_token() -> Vec<(Vec<Kind>, TestServer)> {
    let orders = Kind::orders().into_iter();
    let stands = orders.flat_map(|kinds| {
        (0..=kinds.len()).map(move |place| {
            let stand =
                TestServer::build(|world| bare_token_at(place, &kinds, world), |layer| layer);
            (kinds.clone(), stand)
        })
    });
    stands.collect()
}

fn bare_token_at(place: usize, kinds: &[Kind], world: &TestWorld) -> Schemes {
    let mut schemes: Vec<Boxed> = kinds.iter().map(|kind| kind.build(world)).collect();
    schemes.insert(place, Box::new(BareToken));
    schemes
}

/// A scheme that takes the whole field gets a bare token of any characters, and no field that names an offered scheme.
#[test]
fn a171_a_scheme_takes_the_whole_field_unless_it_names_an_offered_scheme() {
    for (kinds, stand) in with_bare_token() {
        let ask = |field: &str| stand.ask(get("/").authorization(field));
        ask(KEY).is_admitted_as(USER);
        ask(&format!(" \t{KEY} ")).is_admitted_as(USER);
        for wrong in [
            "cio",
            "cio/A1b2+C3d4==",
            "cioA1 b2",
            "cio|x",
            "cio=\"x\"",
            &format!("{KEY}="),
            &format!("{KEY} x"),
        ] {
            ask(wrong).is_refused();
        }
        for foreign in FOREIGN.iter().filter(|field| !field.starts_with("cio")) {
            ask(foreign).is_challenged();
        }
        ask(&format!("Cargo {KEY}")).is_challenged();
        for kind in kinds {
            let good = kind.good(&stand, &get("/"));
            ask(&good).is_admitted_as(USER);
            for broken in [" a b c", "\tQQ==", "=x", ":x", "/x=", "\"x\""] {
                ask(&format!("{}{broken}", kind.name())).is_malformed();
            }
        }
    }
}

/// Sends `field` to Basic and to a scheme that takes whole fields, in both orders.
fn in_both_orders(field: &str) -> Vec<Answer> {
    let lists: [fn(&TestWorld) -> Schemes; 2] = [
        |world| vec![world.basic(), Box::new(Greedy)],
        |world| vec![Box::new(Greedy), world.basic()],
    ];
    let ask = get("/").try_field("authorization", field);
    let answers = lists
        .iter()
        .filter_map(|list| Some(TestServer::build(list, |layer| layer).ask(ask.clone()?)));
    answers.collect()
}

proptest! {
    /// The answer does not depend on the order of the schemes, and no field that names Basic is read as a bare token.
    #[test]
    fn a171_the_order_of_the_schemes_does_not_matter(name in "[bB][aA][sS][iI][cC]|[!-~]{0,8}", rest in "[ \t!-~]{0,20}") {
        let field = format!("{name}{rest}");
        for answers in in_both_orders(&field).chunks_exact(2) {
            prop_assert_eq!(answers[0].status, answers[1].status, "{}", field);
        }
    }

    /// A field that names Basic, in any case, never reaches the scheme that takes whole fields.
    #[test]
    fn a171_a_name_of_an_offered_scheme_is_never_a_bare_token(name in "[bB][aA][sS][iI][cC]", end in "[=:/,\"]", rest in "[ -~]{0,20}") {
        let field = format!("{name}{end}{rest}");
        for answer in in_both_orders(&field) {
            prop_assert_eq!(answer.heard[0].scheme.as_deref(), Some("Basic"));
            prop_assert_eq!(answer.is_malformed().reserved, [None]);
        }
    }
}
