//! Tests what `RequireAuth::basic`, `bearer`, `digest` and `scram` accept, and what they refuse when the layer is built.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::sync::Arc;

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response};
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::header::SchemeName;
use tower_challenge::password::hash::{HashFormats, PasswordHash};
use tower_challenge::password::{
    self, HashedAccount, HashedAccounts, HashedPasswords, IntoPasswordVerifier, OneAccount,
    PlaintextAccounts, VerifyPassword, from_lookup, htpasswd,
};
use tower_challenge::policy::role;
use tower_challenge::scheme::bearer::{
    self, IntoTokenVerifier, ListedToken, StaticTokens, VerifyToken,
};
use tower_challenge::scheme::digest::{DigestAccount, DigestAccounts, IntoDigestLookup, htdigest};
use tower_challenge::scheme::scram::{
    IntoScramLookup, ScramAccount, ScramAccounts, ScramMechanism, ScramSecret,
};
use tower_challenge::scheme::{Basic, Bearer, BoxScheme, Digest, SchemeExt};
use tower_challenge::{
    Authenticated, ConfigError, PlainScheme, Principal, RequireAuth, Secret, SecretString,
    Unavailable,
};

use self::support::{Login, ScramLogin};

const RIGHT: &str = "Basic YWRhOmxvdmVsYWNl";
const WRONG: &str = "Basic YWRhOndyb25n";
const HASH: &str = "$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy";

/// Sends a request with these credentials through a layer. Returns the status, and the name of the caller or the
/// challenge.
async fn send<A: PlainScheme>(auth: &RequireAuth<A>, credentials: &str) -> (u16, String) {
    let inner = service_fn(async |request: Request<()>| {
        let caller = request.extensions().get::<Authenticated<Principal>>();
        let name = caller.map_or(String::new(), |caller| caller.name().to_owned());
        Ok::<_, Infallible>(Response::new(name))
    });
    let request = Request::builder().header(AUTHORIZATION, credentials);
    let answer = auth.layer(inner).oneshot(request.body(()).unwrap());
    let answer = answer.await.unwrap();
    let challenge = answer.headers().get(WWW_AUTHENTICATE);
    let challenge = challenge.map(|value| value.to_str().unwrap().to_owned());
    (
        answer.status().as_u16(),
        challenge.unwrap_or_else(|| answer.into_body()),
    )
}

async fn admits_ada(
    accounts: impl IntoPasswordVerifier<Verifier: VerifyPassword<Identity = Principal>>,
) {
    let auth = RequireAuth::basic("files", accounts).unwrap();
    assert_eq!(send(&auth, RIGHT).await, (200, "ada".to_owned()));
    let challenge = r#"Basic realm="files", charset="UTF-8""#;
    assert_eq!(send(&auth, WRONG).await, (401, challenge.to_owned()));
}

#[tokio::test]
async fn basic_takes_lists_of_names_and_passwords() {
    let array = [("ada", "lovelace"), ("grace", "hopper")];
    admits_ada(array).await;
    admits_ada(&array).await;
    admits_ada(&array[..1]).await;
    admits_ada(vec![("ada".to_owned(), "lovelace".to_owned())]).await;
    admits_ada(&vec![("ada".to_owned(), SecretString::new("lovelace"))]).await;
    admits_ada([("ada", SecretString::new("lovelace"))]).await;
    admits_ada(
        "ada:lovelace\n"
            .lines()
            .filter_map(|line| line.split_once(':'))
            .collect::<Vec<_>>(),
    )
    .await;
    admits_ada(BTreeMap::from(array)).await;
    admits_ada(HashMap::from(array)).await;
}

#[tokio::test]
async fn basic_takes_verifiers_and_results_of_them() {
    let one = || OneAccount::new("ada", "lovelace");
    admits_ada(one().unwrap()).await;
    admits_ada(one()).await;
    admits_ada(PlaintextAccounts::new([("ada", "lovelace")])).await;
    let shared: Arc<dyn VerifyPassword<Identity = Principal>> = Arc::new(one().unwrap());
    admits_ada(shared).await;
    admits_ada(|user: &str, password: Secret<'_>| {
        ((user == "ada") & password.matches("lovelace")).then(|| Principal::new("ada"))
    })
    .await;
    admits_ada(password::verify_async(
        async |user: String, password: SecretString| {
            let is_right = (user == "ada") & password.as_secret().matches("lovelace");
            Ok::<_, Unavailable>(is_right.then(|| Principal::new("ada")))
        },
    ))
    .await;
}

#[tokio::test]
async fn basic_takes_hashes() {
    admits_ada(HashedAccounts::new([("ada", HASH)])).await;
    admits_ada(HashedAccounts::new([("ada", HASH)]).unwrap()).await;
    admits_ada(HashedAccounts::new([("ada", HASH)]).and_then(HashedPasswords::new)).await;
    let hash = PasswordHash::parse(HASH).unwrap();
    let row = {
        let hash = hash.clone();
        move |name: &str| {
            (name == "ada").then(|| HashedAccount::new(hash.clone(), Principal::new("ada")))
        }
    };
    admits_ada(from_lookup(row, &hash)).await;
}

#[tokio::test]
async fn basic_and_digest_take_files() {
    let users = std::env::temp_dir().join(format!("front_door.{}", std::process::id()));
    std::fs::write(&users, format!("ada:{HASH}\n")).unwrap();
    admits_ada(htpasswd(&users, HashFormats::new())).await;
    admits_ada(htpasswd(&users, HashFormats::new()).unwrap()).await;
    let digits = support::digest_client::ha1("SHA-256", "ada", "files", "lovelace");
    std::fs::write(&users, format!("ada:files:{digits}\n")).unwrap();
    proves_ada(htdigest(&users, "files")).await;
    std::fs::remove_file(&users).unwrap();
    let missing = RequireAuth::basic("files", htpasswd(&users, HashFormats::new()));
    assert!(
        missing.unwrap_err().to_string().contains("front_door"),
        "the error names the file"
    );
}

#[test]
fn a_list_of_accounts_with_a_fault_is_refused() {
    let fault = |accounts: &[(&str, &str)]| {
        let basic = RequireAuth::basic("files", accounts)
            .unwrap_err()
            .to_string();
        let digest = RequireAuth::digest("files", accounts)
            .unwrap_err()
            .to_string();
        [basic, digest]
    };
    let [basic, digest] = fault(&[]);
    assert_eq!(basic, "no account is configured: add at least one");
    assert_eq!(digest, basic);
    let [basic, digest] = fault(&[("ada", "lovelace"), ("ada", "byron")]);
    assert_eq!(
        basic,
        r#"duplicate account name "ada": give each account its own name"#
    );
    assert_eq!(digest, basic);
    for incomplete in [("ada", ""), ("", "lovelace")] {
        let [basic, digest] = fault(&[incomplete]);
        assert_eq!(
            basic,
            "the name and the password of an account must not be empty"
        );
        assert_eq!(digest, "an account needs a name and a password");
    }
    let [basic, digest] = fault(&[("ada", HASH)]);
    assert_eq!(
        basic,
        r#"the password of "ada" looks like a hash: use `HashedAccounts` for hashes (feature `hashes`)"#
    );
    assert_eq!(
        digest,
        r#"the password of "ada" looks like a hash: Digest needs the password, or its HA1"#
    );
    for error in [basic, digest] {
        assert!(!error.contains("minCJPNM"), "no error shows a secret");
    }
}

#[test]
fn a_realm_or_an_account_that_the_wire_cannot_carry_is_refused() {
    assert!(RequireAuth::basic("line\nbreak", [("ada", "lovelace")]).is_err());
    assert!(RequireAuth::bearer("line\nbreak", ["t0ken"]).is_err());
    assert!(RequireAuth::digest("line\nbreak", [("ada", "lovelace")]).is_err());
    let colon = RequireAuth::basic("files", [("a:b", "lovelace")]).unwrap_err();
    assert_eq!(
        colon.to_string(),
        "an account name must not contain a colon (RFC 7617 section 2)"
    );
    for (name, password) in [
        ("ada", "lovelace\n"),
        ("ada\r\n", "lovelace"),
        ("ada", "love\u{7f}lace"),
    ] {
        for control in [
            RequireAuth::basic("files", [(name, password)]).map(drop),
            RequireAuth::digest("files", [(name, password)]).map(drop),
        ] {
            let control = control.unwrap_err().to_string();
            assert!(
                control.ends_with("trim the text that it comes from"),
                "{control}"
            );
        }
    }
}

#[test]
fn the_error_of_a_constructor_is_that_of_the_layer() {
    let error = ConfigError::new("no password");
    let failed = || Err::<OneAccount, _>(error.clone());
    assert_eq!(RequireAuth::basic("files", failed()).unwrap_err(), error);
    let failed = || Err::<StaticTokens, _>(error.clone());
    assert_eq!(RequireAuth::bearer("files", failed()).unwrap_err(), error);
    let failed = || Err::<DigestAccounts, _>(error.clone());
    assert_eq!(RequireAuth::digest("files", failed()).unwrap_err(), error);
    let hash = HashedAccounts::new([("ada", "lovelace")]);
    assert!(
        RequireAuth::basic("files", hash).is_err(),
        "a password is no hash"
    );
}

async fn admits_token(
    tokens: impl IntoTokenVerifier<Verifier: VerifyToken<Identity = Principal>>,
    owner: &str,
) {
    let auth = RequireAuth::bearer("api", tokens).unwrap();
    assert_eq!(send(&auth, "Bearer t0ken").await, (200, owner.to_owned()));
    let challenge = r#"Bearer realm="api", error="invalid_token""#;
    let (status, refused) = send(&auth, "Bearer stolen").await;
    assert_eq!(
        (status, refused.starts_with(challenge)),
        (401, true),
        "{refused}"
    );
}

/// A part of the configuration of an application.
struct Robot {
    number: u8,
    secret: String,
}

impl ListedToken for Robot {
    fn into_owner_and_token(self) -> (Principal, SecretString) {
        (
            Principal::new(&format!("robot {}", self.number)),
            self.secret.into(),
        )
    }
}

#[tokio::test]
async fn bearer_takes_lists_of_tokens() {
    admits_token(["t0ken"], "bearer").await;
    admits_token(&["t0ken", "an0ther"], "bearer").await;
    admits_token(&["t0ken", "an0ther"][..], "bearer").await;
    admits_token(vec!["t0ken".to_owned()], "bearer").await;
    admits_token(&vec![SecretString::new("t0ken")], "bearer").await;
    admits_token("t0ken,an0ther".split(',').collect::<Vec<_>>(), "bearer").await;
    admits_token([("ci", "0ld"), ("ci", "t0ken")], "ci").await;
    admits_token(BTreeMap::from([("ci", "t0ken")]), "ci").await;
    admits_token(HashMap::from([("ci".to_owned(), "t0ken".to_owned())]), "ci").await;
    admits_token([(Principal::new("ci"), "t0ken".to_owned())], "ci").await;
    let secret = "t0ken".to_owned();
    admits_token([Robot { number: 7, secret }], "robot 7").await;
}

#[tokio::test]
async fn bearer_takes_verifiers_and_results_of_them() {
    let tokens = || StaticTokens::new()?.token("t0ken", Principal::new("ci"));
    admits_token(tokens().unwrap(), "ci").await;
    admits_token(tokens(), "ci").await;
    let shared: Arc<dyn VerifyToken<Identity = Principal>> = Arc::new(tokens().unwrap());
    admits_token(shared, "ci").await;
    let is_known = |token: Secret<'_>| token.matches("t0ken").then(|| Principal::new("ci"));
    admits_token(is_known, "ci").await;
    admits_token(
        bearer::verify_async(async |token: SecretString| {
            let is_known = token.as_secret().matches("t0ken");
            Ok::<_, Unavailable>(is_known.then(|| Principal::new("ci")))
        }),
        "ci",
    )
    .await;
}

#[tokio::test]
async fn a_token_of_a_list_has_the_scopes_and_roles_of_its_owner() {
    let admin = (Principal::new("ada").with_role("admin"), "t0ken");
    let auth = RequireAuth::bearer("api", [admin, (Principal::new("grace"), "an0ther")]).unwrap();
    let auth = auth.policy(role("admin").unwrap());
    assert_eq!(send(&auth, "Bearer t0ken").await.0, 200);
    assert_eq!(send(&auth, "Bearer an0ther").await.0, 403);
}

#[test]
fn a_list_of_tokens_with_a_fault_is_refused() {
    let fault = |tokens: &[&str]| RequireAuth::bearer("api", tokens).unwrap_err().to_string();
    assert_eq!(fault(&[]), "no token is configured: add at least one");
    assert_eq!(
        fault(&["t0ken", "t0ken"]),
        "duplicate token: add each token once"
    );
    assert_eq!(
        fault(&[""]),
        "a token must not be empty: is the variable set that it comes from?"
    );
    assert!(fault(&["two tokens"]).starts_with("invalid token: use letters, digits"));
}

async fn proves_ada<L>(accounts: L)
where
    L: IntoDigestLookup<Lookup: password::Lookup<str, Record = DigestAccount>>,
{
    let auth = RequireAuth::digest("files", accounts).unwrap();
    for (password, status) in [("lovelace", 200), ("wrong", 401)] {
        let (_, challenge) = send(&auth, "").await;
        let challenge = tower_challenge::header::Challenge::parse(challenge.as_bytes()).unwrap();
        let login = Login::to(&challenge, "ada", password);
        assert_eq!(send(&auth, &login.header()).await.0, status, "{password}");
    }
}

/// The same with SCRAM.
async fn proves_ada_by_scram<L>(accounts: L)
where
    L: IntoScramLookup<Lookup: password::Lookup<str, Record = ScramAccount>>,
{
    let auth = RequireAuth::scram("files", accounts).unwrap();
    for (password, status) in [("lovelace", 200), ("wrong", 401)] {
        let login = ScramLogin::of("ada", password);
        let (_, challenge) = send(&auth, &login.header()).await;
        let challenge = tower_challenge::header::Challenge::parse(challenge.as_bytes()).unwrap();
        let last = login.answer(&challenge).header();
        assert_eq!(send(&auth, &last).await.0, status, "{password}");
    }
}

#[tokio::test]
async fn scram_takes_lists_and_look_ups() {
    let array = [("ada", "lovelace"), ("grace", "hopper")];
    proves_ada_by_scram(array).await;
    proves_ada_by_scram(&array).await;
    proves_ada_by_scram(&array[..1]).await;
    proves_ada_by_scram(vec![("ada".to_owned(), SecretString::new("lovelace"))]).await;
    proves_ada_by_scram(BTreeMap::from(array)).await;
    proves_ada_by_scram(HashMap::from(array)).await;
    proves_ada_by_scram(ScramAccounts::new(array)).await;
    proves_ada_by_scram(|name: &str| {
        let (mechanism, password) = (ScramMechanism::Sha256, Secret::new("lovelace"));
        let secret = ScramSecret::derive(mechanism, password, b"sixteen byte sal", 4096).unwrap();
        (name == "ada").then(|| ScramAccount::new(secret, Principal::new("ada")))
    })
    .await;
}

#[test]
fn a_list_of_accounts_of_scram_with_a_fault_is_refused() {
    let fault = |accounts: &[(&str, &str)]| {
        let error = RequireAuth::scram("files", accounts).unwrap_err();
        error.to_string()
    };
    assert_eq!(fault(&[]), "no account is configured: add at least one");
    let twice = fault(&[("ada", "lovelace"), ("ada", "byron")]);
    assert!(
        twice.starts_with("duplicate account name \"ada\""),
        "{twice}"
    );
    for incomplete in [("ada", ""), ("", "lovelace")] {
        let error = fault(&[incomplete]);
        assert_eq!(error, "an account needs a name and a password");
    }
    let stored = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$x:y";
    let error = fault(&[("ada", stored)]);
    assert!(
        error.contains("looks like a hash") && !error.contains("W22Z"),
        "{error}"
    );
    assert!(fault(&[("ada", "caf\u{e9}")]).contains("string preparation"));
    assert!(fault(&[("caf\u{e9}", "coffee")]).contains("printable ASCII"));
    assert!(RequireAuth::scram("line\nbreak", [("ada", "lovelace")]).is_err());
    for bad in [
        "",
        "pencil",
        "SCRAM-SHA-256",
        "SCRAM-SHA-256$4095:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        "SCRAM-SHA-256$4096:$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        "SCRAM-SHA-1$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=",
    ] {
        assert!(ScramSecret::parse(bad).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn digest_takes_lists_and_look_ups() {
    let array = [("ada", "lovelace"), ("grace", "hopper")];
    proves_ada(array).await;
    proves_ada(&array).await;
    proves_ada(&array[..1]).await;
    proves_ada(vec![("ada".to_owned(), SecretString::new("lovelace"))]).await;
    proves_ada(BTreeMap::from(array)).await;
    proves_ada(HashMap::from(array)).await;
    proves_ada(DigestAccounts::new("files", array)).await;
    proves_ada(DigestAccounts::new("files", array).unwrap()).await;
    proves_ada(|name: &str| {
        let account = |password| {
            DigestAccount::from_password("files", "ada", password, Principal::new("ada"))
        };
        (name == "ada").then(|| account(Secret::new("lovelace")))
    })
    .await;
}

/// The layers of an application. Each type has a short name.
struct Layers {
    basic: RequireAuth<Basic<PlaintextAccounts>>,
    hashed: RequireAuth<Basic<HashedPasswords<HashedAccounts>>>,
    bearer: RequireAuth<Bearer<StaticTokens>>,
    digest: RequireAuth<Digest<DigestAccounts>>,
    chosen: RequireAuth<BoxScheme>,
    several: RequireAuth<(Bearer<StaticTokens>, Basic<PlaintextAccounts>)>,
}

impl Layers {
    fn new() -> Result<Self, ConfigError> {
        let accounts = [("ada", "lovelace")];
        Ok(Self {
            basic: RequireAuth::basic("files", accounts)?,
            hashed: RequireAuth::basic("files", HashedAccounts::new([("ada", HASH)]))?,
            bearer: RequireAuth::bearer("files", ["t0ken"])?,
            digest: RequireAuth::digest("files", accounts)?,
            chosen: RequireAuth::new(Basic::new("files", accounts)?.boxed())?,
            several: RequireAuth::new((
                Bearer::new("files", ["t0ken"])?,
                Basic::new("files", accounts)?,
            ))?,
        })
    }
}

#[tokio::test]
async fn a_struct_can_hold_each_layer() {
    let layers = Layers::new().unwrap();
    assert_eq!(send(&layers.basic, RIGHT).await.0, 200);
    assert_eq!(send(&layers.hashed, RIGHT).await.0, 200);
    assert_eq!(send(&layers.bearer, RIGHT).await.0, 401);
    assert_eq!(send(&layers.digest, RIGHT).await.0, 401);
    assert_eq!(send(&layers.chosen, RIGHT).await.0, 200);
    assert_eq!(send(&layers.several, RIGHT).await.0, 200);
    assert_eq!(send(&layers.several, "Bearer t0ken").await.0, 200);
}

#[test]
fn a_name_of_a_scheme_is_read_where_a_configuration_is() {
    fn scheme_name(text: &str) -> Result<SchemeName<'_>, ConfigError> {
        Ok(SchemeName::parse(text)?)
    }
    assert_eq!(scheme_name("ApiKey").unwrap().as_str(), "ApiKey");
    assert_eq!(
        scheme_name("Api Key").unwrap_err().to_string(),
        "the text breaks the grammar of RFC 9110: expected a scheme name at byte 3 of line 1"
    );
}
