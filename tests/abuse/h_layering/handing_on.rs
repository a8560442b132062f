//! Tests whether the inner service receives the credentials.

use crate::support::{Kind, Layer, TestServer, get};

/// With `strip_credentials`, the layer removes the credentials field for every scheme, also from public requests and
/// with optional authentication. A proxy always removes its own field. The layer never touches the field of the other
/// role.
#[test]
fn a119_the_layer_strips_the_credentials_of_every_scheme() {
    let tunes: [fn(Layer) -> Layer; 3] = [
        |layer| layer,
        Layer::optional,
        |layer| layer.public(|_| true),
    ];
    for tune in tunes {
        for kind in [Kind::Basic, Kind::Bearer] {
            let origin = TestServer::tuned(&Kind::ALL, |layer| tune(layer).strip_credentials());
            let good = kind.good(&origin, &get("/"));
            let ask = get("/").field("proxy-authorization", "for another");
            let answer = origin.ask(ask.authorization(good));
            let headers = &answer.seen[0].head.headers;
            assert!(!headers.contains_key("authorization"), "{kind:?}");
            assert_eq!(headers["proxy-authorization"], "for another");

            let proxy = TestServer::proxy(&Kind::ALL, tune);
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
