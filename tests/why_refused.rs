//! Tests of the guide `why_refused`: it has an entry for every reason and every configuration error of the source, and
//! no response holds a code.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "why_refused/source.rs"]
mod source;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::mpsc;

use axum::body::Body;
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::{Layer, ServiceExt};
use tower_challenge::audit::{AuditEvent, RefusalReason};
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::password::OneAccount;
use tower_challenge::respond::{
    AwsErrors, EmptyBody, GrpcErrors, HtmlPage, LoginRedirect, NegotiatedBody, PlainText,
    ProblemJson, Respond,
};
use tower_challenge::scheme::digest::DigestAccounts;
use tower_challenge::scheme::{Basic, Bearer, BodyUnread, Digest, Scheme};
use tower_challenge::testing::TestIssuer;
use tower_challenge::{Principal, RequireAuth, Secret, Verified, VerifyFailure};

const GUIDE: &str = include_str!("../src/guide/why_refused.md");

/// The rows of all tables of a part of the guide, which begins with `heading`: the cells as plain text.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let (_, part) = GUIDE.split_once(&format!("\n## {heading}\n")).unwrap();
    let part = part.split("\n## ").next().unwrap();
    let lines = part.lines().filter_map(|line| line.strip_prefix("| "));
    let lines = lines.filter(|line| {
        !["code |", "message |", "cause |"]
            .iter()
            .any(|head| line.starts_with(head))
    });
    let plain = |cell: &str| cell.replace('\\', "");
    lines
        .map(|line| {
            line.trim_end_matches(" |")
                .split(" | ")
                .map(plain)
                .collect()
        })
        .collect()
}

#[test]
fn each_reason_has_an_entry_and_each_entry_has_a_reason() {
    let mut entries = BTreeMap::new();
    for row in rows("Codes") {
        let [code, text, answer, fix] = <[String; 4]>::try_from(row).unwrap();
        let code = code.trim_matches('`').to_owned();
        assert!(!fix.is_empty(), "{code}");
        let known = [
            "`400`", "`401`", "`403`", "`408`", "`413`", "`429`", "`500`", "`503`", "-",
        ];
        assert!(known.contains(&&*answer), "{code}: {answer}");
        assert_eq!(
            entries.insert(code.clone(), text),
            None,
            "{code} has two entries"
        );
    }
    let mut reasons = BTreeMap::new();
    for (code, text) in source::reasons() {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(code.chars().all(is_plain), "{code}");
        assert_eq!(
            reasons.insert(code.clone(), text),
            None,
            "{code} has two texts"
        );
    }
    assert!(
        reasons.len() > 150,
        "the search of the source finds nothing"
    );
    for (code, text) in &reasons {
        assert_eq!(
            entries.get(code),
            Some(text),
            "the entry of {code} in `src/guide/why_refused.md`"
        );
    }
    for code in entries.keys() {
        assert!(reasons.contains_key(code), "no reason has the code {code}");
    }
    let of_the_layer = [RefusalReason::NoCredentials, RefusalReason::MissingLayer];
    assert!(
        of_the_layer
            .iter()
            .all(|reason| reasons[reason.code()] == reason.text())
    );
}

#[test]
fn the_crate_refuses_with_no_text_that_has_no_code() {
    let public = [
        "Refusal::wrong",
        "Refusal::rejected",
        "Refusal::malformed",
        "Refusal::stale",
        "VerifyFailure::because",
    ];
    for constructor in public {
        let texts = source::messages(constructor);
        assert!(
            texts.is_empty(),
            "add to the `reasons` of the room: {texts:?}"
        );
    }
}

#[test]
fn each_configuration_error_has_an_entry_and_each_entry_is_in_the_source() {
    let entries = rows("Configuration errors");
    let messages = source::messages("ConfigError::new");
    assert!(
        messages.len() > 90,
        "the search of the source finds nothing"
    );
    for message in messages {
        let has_entry = entries.iter().any(|row| row[0] == message);
        assert!(
            has_entry,
            "no entry in `src/guide/why_refused.md`: {message}"
        );
    }
    let texts = source::all_texts();
    for row in entries {
        let is_used = texts.iter().any(|text| text.contains(&row[0]));
        assert!(is_used, "no message of the source: {}", row[0]);
    }
}

#[test]
fn each_cause_has_an_entry_and_each_entry_is_in_the_source() {
    let entries = rows("Causes of `unavailable`");
    let causes = source::messages("Unavailable::new");
    assert!(causes.len() > 8, "the search of the source finds nothing");
    for cause in causes {
        let has_entry = entries.iter().any(|row| row[0] == cause);
        assert!(has_entry, "no entry in `src/guide/why_refused.md`: {cause}");
    }
    let texts = source::all_texts();
    for row in entries {
        let is_used = texts.iter().any(|text| text.contains(&row[0]));
        assert!(is_used, "no cause of the source: {}", row[0]);
    }
}

type Heard = (Option<&'static str>, &'static str, String);

/// Sends a request with this credentials field to a layer. Returns the response as text, and what the audit heard.
async fn ask<A, R>(scheme: A, respond: R, field: Option<&str>) -> (String, Heard)
where
    A: Scheme<BodyAccess = BodyUnread> + 'static,
    R: Respond<Body> + Clone + 'static,
{
    let (sender, heard) = mpsc::channel();
    let audit = move |event: &AuditEvent<'_>| {
        let _ = sender.send((event.code, event.text, event.line().to_string()));
    };
    let layer = RequireAuth::new(scheme)
        .unwrap()
        .respond_with(respond)
        .audit(audit);
    let service = layer.layer(tower::service_fn(async |_: Request<Body>| {
        Ok::<_, Infallible>(Response::new(Body::from("inside")))
    }));
    let mut request = Request::get("/notes")
        .header("host", "files.example")
        .header("content-type", "application/grpc");
    if let Some(field) = field {
        request = request.header("authorization", field);
    }
    let request = request.body(Body::empty()).unwrap();
    let Ok(response) = service.oneshot(request).await;
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (format!("{head:?} {body:?}"), heard.recv().unwrap())
}

fn basic() -> Basic<OneAccount> {
    Basic::new("notes", OneAccount::new("Aladdin", "open sesame").unwrap()).unwrap()
}

fn digest() -> impl Scheme<Identity = Principal, BodyAccess = BodyUnread> {
    let accounts = DigestAccounts::new("notes", [("ada", "lovelace")]).unwrap();
    Digest::builder("notes", accounts).build().unwrap()
}

/// Each renderer of the crate, with each kind of refusal.
#[tokio::test]
async fn no_response_holds_a_code() {
    let codes = source::reasons().into_iter().map(|(code, _)| code);
    // A code of one word, such as `stale`, is also a word of the protocol.
    let codes: Vec<_> = codes.filter(|code| code.contains('_')).collect();
    let fields = [
        (None, "no_credentials"),
        (Some("Bearer x"), "unknown_scheme"),
        (Some("Basic QWxhZGRpbjpzZXNhbWU="), "basic_wrong"),
        (Some("Basic QWxhZGRpbg=="), "basic_no_colon"),
        (Some("Basic Og=="), "basic_empty"),
        (Some("Digest username=\"ada\""), "digest_qop_missing"),
    ];
    for (field, code) in fields {
        macro_rules! with {
            ($($renderer:expr),* $(,)?) => {
                [$(ask((digest(), basic()), $renderer, field).await),*]
            };
        }
        let answers = with![
            PlainText,
            ProblemJson,
            EmptyBody::default(),
            HtmlPage::default(),
            NegotiatedBody::default(),
            GrpcErrors::new(),
            AwsErrors::s3(),
            AwsErrors::json(),
            LoginRedirect::to("/login").unwrap(),
        ];
        for (response, (heard, _, line)) in answers {
            assert_eq!(heard, Some(code), "{line}");
            assert!(line.contains(&format!(" code={code} ")), "{line}");
            for code in &codes {
                assert!(!response.contains(code.as_str()), "{code}: {response}");
            }
        }
    }
}

#[tokio::test]
async fn a_token_is_refused_with_the_code_of_its_claim() {
    let issuer = TestIssuer::new("https://as.example").unwrap();
    let verifier = JwtVerifier::builder("https://as.example", issuer.keys())
        .audience("https://api.example")
        .build()
        .unwrap();
    let bearer = || Bearer::new("notes", verifier.clone()).unwrap();
    let token = issuer.token("ada").audience("https://other.example").sign();
    let (_, heard) = ask(bearer(), PlainText, Some(&format!("Bearer {token}"))).await;
    assert_eq!(heard.0, Some("jwt_another_audience"));
    let (_, heard) = ask(bearer(), PlainText, Some("Bearer a.b")).await;
    assert_eq!(
        (heard.0, heard.1),
        (Some("jws_parts"), "the token has not three parts")
    );
}

#[tokio::test]
async fn a_refusal_of_a_verifier_outside_of_the_crate_has_a_text_and_no_code() {
    let verifier = |token: Secret<'_>| -> Verified<Principal> {
        Err(match token.matches("last-years") {
            true => VerifyFailure::because("the token is of last year"),
            false => VerifyFailure::default(),
        })
    };
    let bearer = || Bearer::new("notes", verifier).unwrap();
    let (_, heard) = ask(bearer(), PlainText, Some("Bearer last-years")).await;
    assert_eq!((heard.0, heard.1), (None, "the token is of last year"));
    assert!(heard.2.contains(" code=- reason="), "{}", heard.2);
    // The scheme of the crate has a reason for a verifier that says nothing.
    let (_, heard) = ask(bearer(), PlainText, Some("Bearer other")).await;
    assert_eq!(heard.0, Some("bearer_unknown_token"));
}

/// Each table of the guide has a head, so that it is shown as a table.
#[test]
fn each_table_has_a_head_and_blank_lines_around_it() {
    let lines: Vec<&str> = GUIDE.lines().collect();
    let is_row = |line: &str| line.starts_with('|');
    for triple in lines.windows(3) {
        let [before, first, second] = triple else {
            unreachable!()
        };
        if is_row(first) && !is_row(before) {
            assert_eq!(*before, "", "{first}");
            assert!(second.starts_with("|---"), "{first}");
        }
        if is_row(before) && !is_row(first) {
            assert_eq!(*first, "", "{before}");
        }
    }
}
