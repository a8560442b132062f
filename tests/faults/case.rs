//! Builds a layer with one faulty dependency, and says which answer each request must get.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::Boxed;
use tower_challenge::Principal;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::scheme::digest::DigestAccounts;
use tower_challenge::scheme::{Basic, Bearer, Digest};
use tower_challenge::store::MemoryStore;

use crate::broken::{Broken, BrokenStore, BrokenThrottle, FAULTS, Fault, PARTS, Part, Switch};
use crate::support::{Kind, Layer, REALM, TOKEN, TestServer, TestWorld, USER};

/// A `TestServer` in which `part` fails.
pub(crate) struct Case {
    pub(crate) stand: TestServer,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) optional: bool,
    pub(crate) part: Part,
    pub(crate) switch: Switch,
}

impl Case {
    pub(crate) fn new(
        kinds: &[Kind],
        proxy: bool,
        optional: bool,
        part: Part,
        fault: Fault,
    ) -> Self {
        let on = Arc::new(AtomicBool::new(false));
        let switch = Switch { fault, on };
        let due = |other: Part| (part == other).then(|| switch.clone());
        let schemes = |_: &TestWorld| kinds.iter().map(|kind| scheme(*kind, &due)).collect();
        let policy = Broken {
            inside: (),
            switch: due(Part::Policy),
        };
        let throttle = BrokenThrottle {
            reserve: due(Part::Reserve),
            settle: due(Part::Settle),
        };
        let tune = |layer: Layer| {
            let layer = layer.throttle(throttle);
            let layer = if proxy { layer.proxy() } else { layer };
            // A layer with a policy refuses requests without credentials even if authentication is optional.
            let is_open = optional && part != Part::Policy;
            let layer = if is_open { layer } else { layer.policy(policy) };
            if optional { layer.optional() } else { layer }
        };
        let mut stand = TestServer::build(schemes, tune);
        if proxy {
            stand.role = tower_challenge::scheme::ServerRole::Proxy;
        }
        Self {
            stand,
            kinds: kinds.to_vec(),
            optional,
            part,
            switch,
        }
    }

    /// Calls `each` with every case, and returns the number of cases.
    pub(crate) fn every(mut each: impl FnMut(&Self)) -> usize {
        let mut count = 0;
        for kinds in Kind::orders() {
            for (proxy, optional) in [(false, false), (false, true), (true, false), (true, true)] {
                for part in PARTS {
                    for fault in FAULTS {
                        each(&Self::new(&kinds, proxy, optional, part, fault));
                        count += 1;
                    }
                }
            }
        }
        count
    }

    pub(crate) fn switch(&self, on: bool) {
        self.switch.on.store(on, Ordering::SeqCst);
    }

    /// Returns the answer that these credentials must get while the part fails.
    pub(crate) fn expected(&self, kind: Kind, sent: Sent) -> Expected {
        let unauthenticated = self.stand.role.unauthenticated().as_u16();
        let otherwise = match sent {
            Sent::Good => Expected::Status(200),
            Sent::Wrong => Expected::Status(unauthenticated),
            Sent::Nothing if self.optional && self.part != Part::Policy => Expected::Status(200),
            Sent::Nothing => Expected::Status(unauthenticated),
        };
        let garbage = match self.part {
            Part::Reserve => Expected::Status(429),
            // `settle` returns no value, so there is no wrong answer.
            Part::Settle => otherwise,
            Part::Verifier | Part::Claim | Part::Epoch | Part::Policy => {
                Expected::Status(unauthenticated)
            }
        };
        if !self.is_asked(kind, sent) {
            return otherwise;
        }
        match self.switch.fault {
            Fault::Never => Expected::Waits,
            // `settle` returns no error, so it can fail only by a panic.
            Fault::Fails | Fault::FailsLater if self.part == Part::Settle => otherwise,
            Fault::Fails | Fault::FailsLater | Fault::Panics | Fault::PanicsLater => {
                Expected::Status(503)
            }
            Fault::Garbage => garbage,
        }
    }

    /// Returns whether the fault can influence this request.
    fn is_asked(&self, kind: Kind, sent: Sent) -> bool {
        match (self.part, sent) {
            (Part::Reserve | Part::Settle | Part::Verifier, _) => sent != Sent::Nothing,
            (Part::Claim, _) => kind == Kind::Digest && sent == Sent::Good,
            // For a challenge, Digest asks for the epoch, and works without it if the call fails. A panic becomes a
            // 503.
            (Part::Epoch, Sent::Nothing) => {
                self.challenges_with_digest()
                    && self.switch.fault == Fault::Panics
                    && !self.optional
            }
            (Part::Epoch, Sent::Wrong) if kind != Kind::Digest => {
                self.challenges_with_digest() && self.switch.fault == Fault::Panics
            }
            (Part::Epoch, _) => kind == Kind::Digest,
            (Part::Policy, _) => sent == Sent::Good,
        }
    }

    fn challenges_with_digest(&self) -> bool {
        self.kinds.contains(&Kind::Digest)
    }
}

/// The credentials of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Good,
    Wrong,
    Nothing,
}

/// The answer that a request must get: a status, or none because the layer waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Status(u16),
    Waits,
}

pub(crate) fn scheme(kind: Kind, due: &dyn Fn(Part) -> Option<Switch>) -> Boxed {
    let switch = due(Part::Verifier);
    match kind {
        Kind::Basic => {
            let inside = PlaintextAccounts::new(TestWorld::accounts()).unwrap();
            Box::new(Basic::new(REALM, Broken { inside, switch }).unwrap())
        }
        Kind::Bearer => {
            let tokens = StaticTokens::new().unwrap();
            let inside = tokens.token(TOKEN, Principal::new(USER)).unwrap();
            Box::new(Bearer::new(REALM, Broken { inside, switch }).unwrap())
        }
        Kind::Digest => {
            let inside = DigestAccounts::new(REALM, TestWorld::accounts()).unwrap();
            let store = BrokenStore {
                inside: MemoryStore::new(),
                claim: due(Part::Claim),
                epoch: due(Part::Epoch),
            };
            let digest = Digest::builder(REALM, Broken { inside, switch }).store(store);
            Box::new(digest.build().unwrap())
        }
    }
}
