//! smoke
pub mod support;
use support::*;
#[test]
fn smoke() {
    let stand = Stand::of(&[Kind::Basic]);
    stand
        .ask(get("/").basic(USER, PASSWORD))
        .is_admitted_as(USER);
    stand.ask(get("/").basic(USER, WRONG)).is_refused();
    stand.ask(get("/")).is_challenged();
    for (kinds, stand) in Stand::every() {
        for kind in kinds {
            let ask = get("/a?b=c");
            let good = kind.good(&stand, &ask);
            stand
                .ask(ask.clone().authorization(good))
                .is_admitted_as(USER);
            let wrong = kind.wrong(&stand, &ask);
            stand.ask(ask.authorization(wrong)).is_refused();
        }
    }
}
