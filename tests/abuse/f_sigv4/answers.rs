//! Tests that a refused client of AWS gets the error by which it recovers, and nothing about keys.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::RequireAuth;
use tower_challenge::clock::ManualClock;
use tower_challenge::respond::AwsErrors;
use tower_challenge::scheme::SigV4;
use tower_challenge::scheme::sigv4::{AccessKeys, CredentialScope};

use crate::support::run;
use crate::support::sigv4::{KEY_ID, SECRET, Signer, ask, instead, with};
use crate::support::watch::Recording;

/// The answer of the server, and the access keys that it looked up.
#[derive(Debug, PartialEq)]
struct AwsAnswer {
    status: u16,
    headers: HeaderMap,
    body: String,
    asked: usize,
}

impl AwsAnswer {
    /// Returns the text of an element of the body, or an empty text if there is none.
    fn element(&self, name: &str) -> &str {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let rest = self.body.split_once(&open).map(|(_, rest)| rest);
        let text = rest.and_then(|rest| rest.split_once(&close));
        text.map_or("", |(text, _)| text)
    }

    fn code_and_status(&self) -> (&str, u16) {
        (self.element("Code"), self.status)
    }
}

/// Sends a request to a server of S3 in the region `eu-central-1`, at `after` the time of [`Signer`].
fn send(errors: AwsErrors, request: Request<Bytes>, after: Duration) -> AwsAnswer {
    let scope = CredentialScope {
        region: "eu-central-1",
        service: "s3",
    };
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_720_000_000);
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let keys = Recording::new(AccessKeys::new([(KEY_ID, SECRET)]).unwrap(), &asked);
    let sigv4 = SigV4::new("files", scope, keys, ManualClock::new(start + after)).unwrap();
    let layer = RequireAuth::new(sigv4).unwrap().respond_with(errors);
    let inner = service_fn(async |_| Ok::<_, Infallible>(Response::new("inside".to_owned())));
    let response = run(layer.layer(inner).oneshot(request.map(Full::new)));
    let (head, body) = response.unwrap().into_parts();
    let asked = asked.lock().unwrap().len();
    AwsAnswer {
        status: head.status.as_u16(),
        headers: head.headers,
        body,
        asked,
    }
}

fn s3(request: Request<Bytes>) -> AwsAnswer {
    send(AwsErrors::s3(), request, Duration::ZERO)
}

fn get() -> Request<Bytes> {
    ask("GET", "/a", "")
}

fn home() -> Signer {
    Signer {
        region: "eu-central-1".to_owned(),
        ..Signer::of("s3")
    }
}

#[test]
fn a173_a_client_with_another_region_learns_the_region() {
    for region in ["us-east-1", "", "EU-CENTRAL-1"] {
        let region = region.to_owned();
        let away = Signer { region, ..home() };
        for (request, code) in [
            (away.sign(get()), "AuthorizationHeaderMalformed"),
            (
                away.presign(get(), "60"),
                "AuthorizationQueryParametersError",
            ),
        ] {
            let answer = s3(request);
            assert_eq!(answer.code_and_status(), (code, 400));
            assert_eq!(answer.element("Region"), "eu-central-1");
            assert_eq!(
                answer.element("Message"),
                "The region is wrong; expecting 'eu-central-1'"
            );
            assert_eq!(answer.headers["x-amz-bucket-region"], "eu-central-1");
            assert_eq!(answer.asked, 0);
        }
        // The answer to HEAD has no body, so the client reads the region from the field.
        let answer = s3(away.sign(ask("HEAD", "/a", "")));
        assert_eq!((answer.status, &*answer.body), (400, ""));
        assert_eq!(answer.headers["x-amz-bucket-region"], "eu-central-1");
    }
    assert_eq!(s3(home().sign(get())).body, "inside");
}

#[test]
fn a173_another_service_or_day_is_a_malformed_header_without_a_region() {
    let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let another_service = Signer {
        service: "iam".to_owned(),
        ..home().payload(hash)
    };
    let another_day = Signer {
        day: Some("20240702".to_owned()),
        ..home()
    };
    for client in [another_service, another_day] {
        let answer = s3(client.sign(get()));
        assert_eq!(
            answer.code_and_status(),
            ("AuthorizationHeaderMalformed", 400)
        );
        assert_eq!((answer.element("Region"), answer.asked), ("", 0));
        assert!(!answer.headers.contains_key("x-amz-bucket-region"));
    }
}

#[test]
fn a173_a_client_with_a_wrong_clock_learns_it() {
    for date in ["20240703T093139Z", "20240703T100141Z", "19700101T000000Z"] {
        let date = date.to_owned();
        let answer = s3(Signer { date, ..home() }.sign(get()));
        assert_eq!(answer.code_and_status(), ("RequestTimeTooSkewed", 403));
        assert_eq!((answer.element("Region"), answer.asked), ("", 0));
    }
}

#[test]
fn a173_a_url_out_of_its_time_is_access_denied() {
    let presigned = home().presign(get(), "60");
    let answer = send(AwsErrors::s3(), presigned, Duration::from_secs(61));
    assert_eq!(answer.code_and_status(), ("AccessDenied", 403));
    assert_eq!(
        (answer.element("Message"), answer.asked),
        ("Request has expired", 0)
    );
    let date = "20240703T100141Z".to_owned();
    let early = Signer { date, ..home() }.presign(get(), "60");
    let answer = s3(early);
    assert_eq!(answer.code_and_status(), ("AccessDenied", 403));
    assert_eq!(
        (answer.element("Message"), answer.asked),
        ("Request is not valid yet", 0)
    );
}

/// A client that has the secret of the key gets the same answer as a client with an invented key.
#[test]
fn a173_the_answers_say_nothing_about_the_key() {
    let away = || Signer::of("s3");
    let early = || Signer {
        date: "20240703T100141Z".to_owned(),
        ..home()
    };
    let clients: [&dyn Fn() -> Signer; 3] = [&away, &early, &home];
    for (index, client) in clients.into_iter().enumerate() {
        let unknown = Signer {
            id: "AKIDUNKNOWN".to_owned(),
            ..client()
        };
        let wrong = Signer {
            secret: "C4NARY/another".to_owned(),
            ..client()
        };
        for errors in [AwsErrors::s3(), AwsErrors::json()] {
            let send = |request| send(errors, request, Duration::ZERO);
            let answers = [&unknown, &wrong].map(|client| send(client.sign(get())));
            assert_eq!(answers[0], answers[1]);
            let urls = [&unknown, &wrong].map(|client| send(client.presign(get(), "60")));
            assert_eq!(urls[0], urls[1]);
            if index < 2 {
                assert_eq!(answers[0], send(client().sign(get())), "the key is right");
                assert_eq!(
                    urls[0],
                    send(client().presign(get(), "60")),
                    "the key is right"
                );
            } else {
                assert!(answers[0].body.contains("SignatureDoesNotMatch"));
                assert_eq!(answers[0].asked, 1);
            }
        }
    }
}

#[test]
fn a173_services_with_json_get_their_own_codes() {
    for (client, code, message) in [
        (
            Signer::of("s3"),
            "SignatureDoesNotMatch",
            "The region is wrong; expecting 'eu-central-1'",
        ),
        (
            Signer {
                date: "20240703T100141Z".to_owned(),
                ..home()
            },
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        ),
    ] {
        let answer = send(AwsErrors::json(), client.sign(get()), Duration::ZERO);
        assert_eq!(answer.status, 403);
        let read = serde_json::from_str::<serde_json::Value>(&answer.body).unwrap();
        assert_eq!(
            (read["__type"].as_str(), read["message"].as_str()),
            (Some(code), Some(message))
        );
        assert!(!answer.headers.contains_key("x-amz-bucket-region"));
    }
}

#[test]
fn a173_no_answer_repeats_a_part_of_the_credentials() {
    for bad in ["<b>", "\"x", "eu-central-1'", "&amp"] {
        let region = bad.to_owned();
        let away = Signer { region, ..home() };
        for errors in [AwsErrors::s3(), AwsErrors::json()] {
            let answer = send(errors, away.sign(get()), Duration::ZERO);
            let expecting = "'eu-central-1'";
            assert!(answer.body.contains(expecting));
            assert!(!answer.body.replace(expecting, "").contains(bad), "{bad}");
        }
    }
    let signed = home().sign(get());
    let field = signed.headers()["authorization"]
        .to_str()
        .unwrap()
        .to_owned();
    let twice = with(signed.clone(), "authorization", &field);
    assert_eq!(
        s3(twice).code_and_status(),
        ("AuthorizationHeaderMalformed", 400)
    );
    let cut = instead(signed, "authorization", &field[..field.len() - 1]);
    assert_eq!(
        s3(cut).code_and_status(),
        ("AuthorizationHeaderMalformed", 400)
    );
}
