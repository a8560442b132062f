//! What the inner service is handed of the credentials.

use crate::support::{Kind, Layer, Stand, get};

/// Where they are to be removed they are, by whichever scheme and in whichever way the request comes through, and for a
/// proxy always. The field for the other role is somebody else's.
#[test]
fn a119_credential_leak_upstream() {
    let tunes: [fn(Layer) -> Layer; 3] = [
        |layer| layer,
        Layer::optional,
        |layer| layer.public(|_| true),
    ];
    for tune in tunes {
        for kind in [Kind::Basic, Kind::Bearer] {
            let origin = Stand::tuned(&Kind::ALL, |layer| tune(layer).strip_credentials());
            let good = kind.good(&origin, &get("/"));
            let ask = get("/").field("proxy-authorization", "for another");
            let answer = origin.ask(ask.authorization(good));
            let headers = &answer.seen[0].head.headers;
            assert!(!headers.contains_key("authorization"), "{kind:?}");
            assert_eq!(headers["proxy-authorization"], "for another");

            let proxy = Stand::proxy(&Kind::ALL, tune);
            let good = kind.good(&proxy, &get("/"));
            let ask = get("/").field("authorization", "for the origin");
            let ask = ask.field("proxy-authorization", good);
            let answer = proxy.send(ask.into_request());
            let headers = &answer.seen[0].head.headers;
            assert!(!headers.contains_key("proxy-authorization"), "{kind:?}");
            assert_eq!(headers["authorization"], "for the origin");
        }
    }
}
