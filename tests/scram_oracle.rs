//! Compares SCRAM with `rsasl`, an implementation by others: its client against this server, and this client against its
//! server. `rsasl` knows the messages and not HTTP, so the test carries them.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use rsasl::callback::{Context, Request as Question, SessionCallback, SessionData};
use rsasl::mechanisms::scram::properties::ScramStoredPassword;
use rsasl::mechname::Mechname;
use rsasl::prelude::{SASLClient, SASLConfig, SASLServer, Session, SessionError, State};
use rsasl::property::AuthId;
use rsasl::validate::{NoValidation, Validate, ValidationError};
use tower_challenge::header::Challenge;
use tower_challenge::scheme::scram::message::escaped_name;
use tower_challenge::scheme::scram::proof::ScramKey;
use tower_challenge::scheme::scram::{
    ScramAccount, ScramAccounts, ScramClient, ScramMechanism, ScramSecret,
};
use tower_challenge::scheme::{Attempt, Scheme, Scram, ServerRole, Verdict};
use tower_challenge::{Principal, RequestHead, Secret};

const SALT: &[u8; 16] = b"sixteen byte sal";

/// Names and passwords with the characters that need an escape.
const ACCOUNTS: [(&str, &str); 3] = [
    ("user", "pencil"),
    ("a,b=c", "=2C,"),
    ("Ada Lovelace", "!\"#$%&'()*+-./:;<>?@[\\]^_`{|}~"),
];

fn server(mechanism: ScramMechanism) -> Scram<ScramAccounts> {
    let accounts = ACCOUNTS.map(|(name, password)| {
        let secret = ScramSecret::derive(mechanism, Secret::new(password), SALT, 4096).unwrap();
        let account = ScramAccount::new(secret, Principal::new(name));
        (name.to_owned(), account)
    });
    let builder = Scram::builder("r", ScramAccounts::from_accounts(accounts).unwrap());
    match mechanism {
        ScramMechanism::Sha1 => builder.legacy_sha1().build().unwrap(),
        _ => builder.build().unwrap(),
    }
}

/// Sends credentials to a scheme, and returns its verdict.
fn send(scram: &Scram<ScramAccounts>, credentials: &str) -> Verdict<Principal> {
    let request = Request::get("/").header(AUTHORIZATION, credentials);
    let request = request.body(()).unwrap();
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    let verdict = scram.authenticate(&attempt).unwrap();
    verdict.try_now().unwrap().unwrap()
}

/// The message in the parameter `data` of a field.
fn message(field: &HeaderValue) -> Vec<u8> {
    let (_, data) = field.to_str().unwrap().split_once("data=\"").unwrap();
    STANDARD.decode(data.trim_end_matches('"')).unwrap()
}

/// A step of a session of `rsasl`. Returns its message and whether it goes on.
fn step(
    session: &mut Session<NoValidation>,
    input: Option<&[u8]>,
) -> Result<(Vec<u8>, bool), SessionError> {
    let mut written = Cursor::new(Vec::new());
    let state = session.step(input, &mut written)?;
    Ok((written.into_inner(), matches!(state, State::Running)))
}

fn name(mechanism: ScramMechanism) -> &'static Mechname {
    match mechanism {
        ScramMechanism::Sha1 => Mechname::parse(b"SCRAM-SHA-1").unwrap(),
        _ => Mechname::parse(b"SCRAM-SHA-256").unwrap(),
    }
}

/// Plays an exchange of the client of `rsasl` with this server. Returns whether the server admits it. The client then
/// verifies the proof of the server.
fn foreign_client(mechanism: ScramMechanism, user: &str, password: &str) -> bool {
    let scram = server(mechanism);
    let config = SASLConfig::with_credentials(None, user.to_owned(), password.to_owned());
    let client = SASLClient::new(config.unwrap());
    let mut session = client.start_suggested(&[name(mechanism)]).unwrap();
    let (first, _) = step(&mut session, None).unwrap();
    let first = format!("{mechanism} realm=\"r\", data={}", STANDARD.encode(first));
    let Verdict::Continue(challenge) = send(&scram, &first) else {
        panic!("the server does not continue")
    };
    let (last, goes_on) = step(&mut session, Some(&message(challenge.as_value()))).unwrap();
    assert!(goes_on, "the client waits for the proof of the server");
    let sid = challenge.param("sid").unwrap().to_str().unwrap();
    let last = format!("{mechanism} sid={sid}, data={}", STANDARD.encode(last));
    let Verdict::Admit(admission) = send(&scram, &last) else {
        return false;
    };
    assert_eq!(admission.identity().name(), user);
    let mut fields = HeaderMap::new();
    let (_, reply) = admission.into_parts();
    reply.apply(ServerRole::Origin, StatusCode::OK, &mut fields);
    let proof = message(&fields["authentication-info"]);
    let (_, goes_on) = step(&mut session, Some(&proof)).unwrap();
    assert!(!goes_on, "the server has proved itself");
    true
}

#[test]
fn the_client_of_others_logs_in_and_accepts_the_proof_of_this_server() {
    for mechanism in ScramMechanism::ALL {
        for (user, password) in ACCOUNTS {
            // Its nonces are random, so a few runs use many characters.
            for _ in 0..4 {
                assert!(
                    foreign_client(mechanism, user, password),
                    "{mechanism} {user}"
                );
            }
            assert!(!foreign_client(mechanism, user, "wrong"));
        }
        assert!(!foreign_client(mechanism, "unknown", "pencil"));
    }
}

/// The accounts for the server of `rsasl`.
struct StoredAccounts(ScramMechanism);

impl SessionCallback for StoredAccounts {
    fn callback(
        &self,
        _: &SessionData,
        context: &Context,
        question: &mut Question,
    ) -> Result<(), SessionError> {
        let user = context.get_ref::<AuthId>();
        // Its server gives the name as it is on the wire, with the escapes.
        let mut accounts = ACCOUNTS.iter();
        let account = accounts.find(|(name, _)| Some(&*escaped_name(name)) == user);
        if let Some((_, password)) = account {
            let salted = ScramKey::salted_password(self.0, Secret::new(password), SALT, 4096);
            let (stored, server) = (salted.client_key().stored_key(), salted.server_key());
            let keys = (stored.as_bytes(), server.as_bytes());
            let secret = ScramStoredPassword::new(4096, SALT, keys.0, keys.1);
            question.satisfy::<ScramStoredPassword>(&secret)?;
        }
        Ok(())
    }

    fn validate(
        &self,
        _: &SessionData,
        _: &Context,
        _: &mut Validate<'_>,
    ) -> Result<(), ValidationError> {
        Ok(())
    }
}

/// Plays an exchange of this client with the server of `rsasl`. Returns whether the server sends its proof. The client
/// then verifies it.
fn foreign_server(mechanism: ScramMechanism, user: &str, password: &str) -> bool {
    let config = SASLConfig::builder().with_defaults();
    let config = config.with_callback(StoredAccounts(mechanism)).unwrap();
    let server = SASLServer::<NoValidation>::new(config);
    let mut session = server.start_suggested(name(mechanism)).unwrap();
    let client = ScramClient::new(mechanism, user, Secret::new(password)).unwrap();
    let realm = Challenge::builder(mechanism.scheme_name()).quoted("realm", "r");
    let first = client.first(Some(&realm.build().unwrap())).unwrap();
    let (challenge, _) = step(&mut session, Some(&message(first.credentials()))).unwrap();
    let challenge = format!("{mechanism} sid=s, data={}", STANDARD.encode(challenge));
    let last = first.answer(&challenge.parse().unwrap()).unwrap();
    let Ok((proof, _)) = step(&mut session, Some(&message(last.credentials()))) else {
        return false;
    };
    let info = format!("sid=s, data={}", STANDARD.encode(&proof));
    last.verify(&info.parse().unwrap()).is_ok()
}

#[test]
fn this_client_logs_in_and_accepts_the_proof_of_the_server_of_others() {
    for mechanism in ScramMechanism::ALL {
        for (user, password) in ACCOUNTS {
            assert!(
                foreign_server(mechanism, user, password),
                "{mechanism} {user}"
            );
            assert!(!foreign_server(mechanism, user, "wrong"));
        }
    }
}
