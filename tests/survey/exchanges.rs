//! Tests that a survey logs in with SCRAM, Mutual and HOBA, and finds what it finds with other schemes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use axum::Router;
use axum::routing::get;
use http::{Request, Response};
use tower::{ServiceBuilder, service_fn};
use tower_challenge::header::Challenge;
use tower_challenge::scheme::hoba::{HobaKey, HobaPublicKey};
use tower_challenge::scheme::mutual::{
    HostValidation, MutualAccounts, MutualAlgorithm, MutualSpace,
};
use tower_challenge::scheme::scram::{ScramAccounts, StringPreparation};
use tower_challenge::scheme::{
    Admission, Attempt, BodyUnread, Hoba, Mutual, Scheme, Scram, Verdict, VerdictNowOrLater,
};
use tower_challenge::testing::{AccessSurvey, CredentialsSent, SurveyReport, TestLogin};
use tower_challenge::throttle::FailureThrottle;
use tower_challenge::{
    ClaimedAccount, ErrorParams, NowOrLater, PlainScheme, Principal, RequireAuth, Secret,
};

use crate::apps::{ADA, REALM, basic, delete_is_forbidden, expected, routes};
use crate::{findings, report};

const ORIGIN: &str = "https://notes.example";

fn app(scheme: impl PlainScheme) -> Router {
    let auth = RequireAuth::new(scheme).unwrap();
    let guarded = routes().layer(auth.policy(delete_is_forbidden));
    guarded.route("/health", get(|| async { "fine" }))
}

fn scram() -> TestLogin {
    TestLogin::scram(ADA.0, ADA.1).unwrap()
}

/// The statuses of right credentials on the four routes of the application.
fn right(report: &SurveyReport) -> Vec<Option<u16>> {
    let answers = report.routes().iter();
    let answers = answers.map(|route| route.answer(CredentialsSent::Right));
    let statuses = answers.map(|answer| answer.map(|answer| answer.status().unwrap().as_u16()));
    statuses.collect()
}

#[tokio::test]
async fn a_closed_application_passes_with_scram() {
    let builder = || Scram::builder(REALM, ScramAccounts::new([ADA]).unwrap());
    let again = builder().reauthentication(Duration::from_secs(60));
    for scram in [builder().build().unwrap(), again.build().unwrap()] {
        let report = report(&expected(self::scram()), &app(scram)).await;
        report.assert_closed();
        assert_eq!(right(&report), [Some(200), Some(200), Some(403), None]);
        let row = "| GET | /notes | guarded | 401 SCRAM-SHA-256 | 400 | 401 SCRAM-SHA-256 | 200 |";
        assert!(report.to_markdown().contains(row), "{report}");
    }
}

/// The exchange works beside other schemes, for a proxy, and with names that are not ASCII.
#[tokio::test]
async fn scram_is_found_among_other_schemes_and_at_a_proxy() {
    let accounts = || ScramAccounts::new([ADA]).unwrap();
    let schemes = (basic(), Scram::new(REALM, accounts()).unwrap());
    report(&expected(scram()), &app(schemes))
        .await
        .assert_closed();

    let reached = |_: Request<String>| async { Ok::<_, Infallible>(Response::new(7)) };
    let auth = RequireAuth::new(Scram::new(REALM, accounts()).unwrap());
    let proxy = ServiceBuilder::new().layer(auth.unwrap().proxy());
    let proxy = proxy.service(service_fn(reached));
    let survey = || AccessSurvey::new(scram()).guarded("GET", "/x?y=z");
    survey().proxy().run(&proxy).await.unwrap().assert_closed();
    assert!(!survey().run(&proxy).await.unwrap().is_closed());
}

#[tokio::test]
async fn a_survey_prepares_the_name_and_the_password_as_the_application_does() {
    use tower_challenge::scheme::scram::{ScramAccount, ScramMechanism, ScramSecret};
    let prepare = StringPreparation::opaque_string();
    let (user, password) = ("caf\u{e9}", "\u{fc}ber");
    let sha_1 = ScramMechanism::Sha1;
    let secret = ScramSecret::from_password(sha_1, Secret::new(password), prepare).unwrap();
    let account = ScramAccount::new(secret, Principal::new(user));
    let accounts = ScramAccounts::from_accounts([(user.to_owned(), account)]).unwrap();
    let scram = Scram::builder(REALM, accounts)
        .legacy_sha1()
        .opaque_string();
    let login = TestLogin::scram_prepared_by(prepare, user, password).unwrap();
    let report = report(&expected(login), &app(scram.build().unwrap())).await;
    report.assert_closed();
    for (user, password) in [(user, password), ("", "x"), ("x", "")] {
        assert!(TestLogin::scram(user, password).is_err(), "{user:?}");
    }
}

/// The survey finds a password that it does not know, and an application without the layer.
#[tokio::test]
async fn a_login_that_fails_is_a_finding() {
    let accounts = ScramAccounts::new([(ADA.0, "another password")]).unwrap();
    let report = report(
        &expected(scram()),
        &app(Scram::new(REALM, accounts).unwrap()),
    )
    .await;
    let refused = "GET /notes, with right credentials: 401 SCRAM-SHA-256: the request is refused";
    assert!(findings(&report).contains(&refused.to_owned()), "{report}");
    let open = crate::report(&expected(scram()), &routes()).await;
    let wrong = "GET /notes, with wrong credentials: 200: the route is open";
    assert!(findings(&open).contains(&wrong.to_owned()), "{open}");
}

/// A scheme that sends the challenges of SCRAM, and compares no proof.
#[derive(Clone, Debug)]
struct Credulous<S>(S);

impl<S: Scheme<Identity = Principal, BodyAccess = BodyUnread>> Scheme for Credulous<S> {
    type Identity = Principal;
    type BodyAccess = BodyUnread;

    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        error: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    ) {
        self.0.challenge(attempt, error, challenges);
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        self.0.is_malformed(attempt)
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        self.0.may_claim(attempt)
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        self.0.account(attempt)
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal>> {
        let verdict = self.0.authenticate(attempt)?;
        Some(verdict.and_then(|verdict| match verdict {
            Ok(Verdict::Refuse(_)) => Admission::new(Principal::new("x")).at_once(),
            other => NowOrLater::now(other),
        }))
    }
}

#[tokio::test]
async fn a_proof_that_is_not_compared_is_found() {
    let scram = Scram::new(REALM, ScramAccounts::new([ADA]).unwrap()).unwrap();
    let report = report(&expected(self::scram()), &app(Credulous(scram))).await;
    let wrong = "GET /notes, with wrong credentials: 200: the route is open";
    assert!(findings(&report).contains(&wrong.to_owned()), "{report}");
}

/// The wrong password of a survey is one failure for each guarded route. The first requests are none.
#[tokio::test]
async fn a_throttle_lets_a_survey_with_scram_through() {
    let auth = RequireAuth::new(Scram::new(REALM, ScramAccounts::new([ADA]).unwrap()).unwrap());
    let auth = auth.unwrap().throttle(FailureThrottle::new().unwrap());
    let app = routes().layer(auth.policy(delete_is_forbidden));
    let app = app.route("/health", get(|| async { "fine" }));
    report(&expected(scram()), &app).await.assert_closed();
}

/// A server of Mutual, and the login of a survey with it.
fn mutual(password: &str) -> (impl PlainScheme + use<>, TestLogin) {
    let space = MutualSpace::new(MutualAlgorithm::P256, ORIGIN, REALM).unwrap();
    let host = HostValidation::https_without_certificate(ORIGIN).unwrap();
    let accounts = MutualAccounts::new(&space, [(ADA.0, password)]).unwrap();
    let login = TestLogin::mutual(&host, ADA.0, ADA.1).unwrap();
    (Mutual::new(&space, host, accounts).unwrap(), login)
}

#[tokio::test]
async fn a_closed_application_passes_with_mutual() {
    let (scheme, login) = mutual(ADA.1);
    let report = report(&expected(login), &app(scheme)).await;
    report.assert_closed();
    assert_eq!(right(&report), [Some(200), Some(200), Some(403), None]);
    let row = "| GET | /notes | guarded | 401 Mutual | 400 | 401 Mutual | 200 |";
    assert!(report.to_markdown().contains(row), "{report}");
}

#[tokio::test]
async fn mutual_is_found_after_another_scheme_and_its_failures_are_findings() {
    let (scheme, login) = mutual(ADA.1);
    let both = report(&expected(login), &app((basic(), scheme))).await;
    both.assert_closed();

    let refused = "GET /notes, with right credentials: 401 Mutual: the request is refused";
    let (scheme, login) = mutual("another password");
    let report = report(&expected(login), &app(scheme)).await;
    assert!(findings(&report).contains(&refused.to_owned()), "{report}");
    let host = HostValidation::https_without_certificate(ORIGIN).unwrap();
    for (user, password) in [("", "x"), ("x", ""), ("a\n", "x")] {
        assert!(
            TestLogin::mutual(&host, user, password).is_err(),
            "{user:?}"
        );
    }
}

/// A key pair, and the login of a survey with it.
struct TestKey(Arc<KeyPair>);

impl TestKey {
    fn generate() -> Self {
        Self(Arc::new(KeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    fn public(&self) -> HobaPublicKey {
        let der = self.0.public_key().as_der().unwrap();
        HobaPublicKey::from_spki_der(der.as_ref()).unwrap()
    }

    fn hoba(&self) -> impl PlainScheme {
        let key = HobaKey::new(self.public(), Principal::new("ada"));
        let kid = self.public().kid();
        let keys = move |asked: &str| (asked == kid).then(|| key.clone());
        Hoba::builder(ORIGIN, keys).realm(REALM).build().unwrap()
    }

    fn login(&self, origin: &str) -> TestLogin {
        let pair = Arc::clone(&self.0);
        let sign = move |text: &[u8]| {
            let mut signature = vec![0; pair.public_modulus_len()];
            let random = SystemRandom::new();
            pair.sign(&RSA_PKCS1_SHA256, &random, text, &mut signature)
                .unwrap();
            signature
        };
        TestLogin::hoba(origin, &self.public().kid(), sign).unwrap()
    }
}

#[tokio::test]
async fn a_closed_application_passes_with_hoba() {
    let key = TestKey::generate();
    let report = report(&expected(key.login(ORIGIN)), &app(key.hoba())).await;
    report.assert_closed();
    assert_eq!(right(&report), [Some(200), Some(200), Some(403), None]);
    let both = (basic(), key.hoba());
    let report = crate::report(&expected(key.login(ORIGIN)), &app(both)).await;
    report.assert_closed();
}

#[tokio::test]
async fn a_hoba_key_or_an_origin_that_is_not_known_is_a_finding() {
    let (key, other) = (TestKey::generate(), TestKey::generate());
    let refused = "GET /notes, with right credentials: 401 HOBA: the request is refused";
    for login in [other.login(ORIGIN), key.login("https://notes.example:444")] {
        let report = report(&expected(login), &app(key.hoba())).await;
        assert!(findings(&report).contains(&refused.to_owned()), "{report}");
    }
    assert!(TestLogin::hoba("notes.example", "kid", |_| Vec::new()).is_err());
}
