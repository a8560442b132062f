//! Counts the memory of exchanges that are left half-finished, and of wrong proofs.

use std::sync::Arc;

use allocation_counter::measure;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};

use super::message::KeyExchange;
use super::proof::{ClientKey, ServerKey, Verifier};
use super::work::{ExchangeResult, ExchangeRunner, ExchangeWork};
use super::{HostValidation, Mutual, MutualAccount, MutualAlgorithm, MutualSpace};
use crate::client::IpNetwork;
use crate::now_or_later::NowOrLater;
use crate::principal::Principal;
use crate::request_head::RequestHead;
use crate::scheme::{Attempt, Scheme, ServerRole, Verdict};
use crate::store::MemoryStore;
use crate::unavailable::Unavailable;

type NoAccounts = fn(&str) -> Option<MutualAccount>;

/// Answers every exchange with the same key, because the arithmetic is slow without optimisation.
struct SameKey(ExchangeResult);

impl ExchangeRunner for SameKey {
    fn run(
        &self,
        work: ExchangeWork,
        _: Option<IpNetwork>,
    ) -> NowOrLater<Result<(ExchangeWork, ExchangeResult), Unavailable>> {
        NowOrLater::now(Ok((work, self.0.clone())))
    }
}

/// A scheme whose answers cost no arithmetic, and a key of a client.
fn scheme(store: MemoryStore, marks: usize) -> (Mutual<NoAccounts>, Vec<u8>) {
    let algorithm = MutualAlgorithm::P256;
    let key = ClientKey::new(algorithm, &[7; 32]).expect("an exponent");
    let j = Verifier::from_bytes(algorithm, key.element()).expect("an element");
    let server = ServerKey::new(&j, key.element(), &[9; 32]).expect("an exponent");
    let result = (server.element().to_vec(), server.agree().expect("a point"));
    let space = MutualSpace::new(algorithm, "https://a.example", "notes").expect("a space");
    let host = HostValidation::https_without_certificate("https://a.example").expect("an origin");
    let mut builder = Mutual::builder(&space, host, (|_| None) as NoAccounts);
    builder.runner = Some(Arc::new(SameKey(Some(result))));
    let builder = builder.store(store).session_marks(marks);
    (builder.build().expect("a scheme"), key.element().to_vec())
}

fn begin(mutual: &Mutual<NoAccounts>, k_c1: &[u8], number: u32) -> String {
    let message = KeyExchange {
        user: format!("stranger{number:06}"),
        k_c1: k_c1.to_vec(),
    };
    let verdict = mutual.0.begin(message, None).try_now().expect("at once");
    match verdict {
        Ok(Verdict::Continue(challenge)) => {
            let sid = challenge.param("sid").expect("a sid").to_bytes();
            String::from_utf8_lossy(&sid).into_owned()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn memory_stays_the_same_under_100_000_half_finished_exchanges() {
    let store = MemoryStore::new();
    let (mutual, k_c1) = scheme(store.clone(), 1024);
    begin(&mutual, &k_c1, 0);
    let grown = measure(|| {
        for number in 0..100_000 {
            begin(&mutual, &k_c1, number);
        }
    });
    assert_eq!(grown.bytes_current, 0);
    assert!(grown.bytes_max < 16_384, "{} at once", grown.bytes_max);
    assert_eq!((store.entry_count(), mutual.marked_sessions()), (0, 0));
}

#[test]
fn wrong_proofs_use_no_more_marks_than_the_table_has() {
    let store = MemoryStore::new();
    let (mutual, k_c1) = scheme(store.clone(), 64);
    for number in 0..300 {
        let sid = begin(&mutual, &k_c1, number);
        let zeros = "0".repeat(64);
        let credentials = format!(
            "Mutual version=1, algorithm=iso-kam3-ec-p256-sha256, validation=host, \
             auth-scope=\"https://a.example\", realm=notes, sid={sid}, nc=1, vkc={zeros}"
        );
        let credentials = HeaderValue::try_from(credentials).expect("ASCII");
        let request = Request::get("/").header(AUTHORIZATION, credentials);
        let request = request.body(()).expect("a request");
        let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
        let verdict = mutual.authenticate(&attempt).expect("it claims it");
        let verdict: Result<Verdict<Principal>, Unavailable> = verdict.try_now().expect("at once");
        assert!(matches!(verdict, Ok(Verdict::Refuse(_))));
        assert!(mutual.marked_sessions() <= 64);
    }
    assert_eq!((store.entry_count(), mutual.marked_sessions()), (0, 64));
}
