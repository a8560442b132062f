//! The ways to log in, and a client that knows all of them.

use std::net::Ipv4Addr;
use std::sync::LazyLock;

use tower_challenge::testing::{DpopKey, TestIssuer};

use crate::node::{Node, NodeAnswer};
use crate::support::{Login, MutualLogin};

/// The issuer of the tokens for DPoP.
pub(crate) static ISSUER: LazyLock<TestIssuer> =
    LazyLock::new(|| TestIssuer::new("https://as.example").unwrap());

/// The origin of the nodes, and the audience of the tokens.
pub(crate) const ORIGIN: &str = "https://api.example";

/// A way to log in. Each way has a service of its own at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Digest with nonces that are good for 4,096 requests: the store claims a count of the nonce.
    Digest,
    /// Digest with nonces that are good for one request.
    DigestOnce,
    /// DPoP without a nonce of the server: the store claims the `jti` of the proof, which is of no epoch.
    Dpop,
    /// DPoP with a nonce of the server, which is of the epoch of the store.
    DpopNonce,
    /// Mutual: the store claims a count of the session.
    Mutual,
}

impl Way {
    pub(crate) const ALL: [Self; 5] = [
        Self::Digest,
        Self::DigestOnce,
        Self::Dpop,
        Self::DpopNonce,
        Self::Mutual,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Digest => "Digest",
            Self::DigestOnce => "Digest, one-time nonce",
            Self::Dpop => "DPoP",
            Self::DpopNonce => "DPoP, nonce",
            Self::Mutual => "Mutual",
        }
    }

    /// Whether the server has issued what the store claims. A loss of the store makes it stale. The documentation of
    /// `RedisStore` says that a proof of DPoP without a nonce may be accepted again after a loss.
    pub(crate) const fn is_fenced(self) -> bool {
        !matches!(self, Self::Dpop)
    }
}

/// The fields of a request that log it in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Credentials(pub(crate) Vec<(&'static str, String)>);

impl Credentials {
    pub(crate) fn authorization(value: impl Into<String>) -> Self {
        Self(vec![("authorization", value.into())])
    }
}

/// A client of one user.
pub(crate) struct Client {
    user: &'static str,
    password: String,
    pub(crate) from: Ipv4Addr,
    key: DpopKey,
    token: String,
}

impl Client {
    pub(crate) fn new(user: &'static str, password: &str, from: Ipv4Addr) -> Self {
        let key = DpopKey::generate().unwrap();
        let token = ISSUER.token(user).audience(ORIGIN).bound_to(&key);
        Self {
            user,
            password: password.to_owned(),
            from,
            token: token.sign(),
            key,
        }
    }

    /// Makes the credentials of up to three requests, which have one nonce, one session or one token. Asks `node` for
    /// what the client needs for them, and pushes the answer to `answers`. Returns `None` if the node did not help.
    pub(crate) async fn credentials(
        &self,
        way: Way,
        node: &Node,
        answers: &mut Vec<NodeAnswer>,
    ) -> Vec<Credentials> {
        let first = match way {
            Way::Digest | Way::DigestOnce => Credentials::default(),
            Way::Dpop => return (0..3).map(|_| self.proof(None)).collect(),
            Way::DpopNonce => self.proof(None),
            Way::Mutual => return self.begin(node, answers).await,
        };
        let answer = node.ask(way, self.from, &first).await;
        let login = |challenge| Login::to(challenge, self.user, &self.password);
        let made = match way {
            Way::DpopNonce => {
                let nonce = answer.dpop_nonce.as_deref();
                let proofs = nonce.map(|nonce| [(); 3].map(|()| self.proof(Some(nonce))));
                proofs.into_iter().flatten().collect()
            }
            _ => {
                let counts = if way == Way::Digest { 1..=3 } else { 1..=1 };
                let login = answer.challenge.as_ref().map(login);
                let headers = counts.filter_map(|nc| Some(login.clone()?.nc(nc).header()));
                headers.map(Credentials::authorization).collect()
            }
        };
        answers.push(answer);
        made
    }

    /// Whether the client gets in at the node with its first request.
    pub(crate) async fn gets_in(&self, way: Way, node: &Node) -> bool {
        let made = self.credentials(way, node, &mut Vec::new()).await;
        match made.first() {
            Some(first) => node.ask(way, self.from, first).await.status == 200,
            None => false,
        }
    }

    /// A new proof, with the token.
    fn proof(&self, nonce: Option<&str>) -> Credentials {
        let proof = self.key.proof("GET", &format!("{ORIGIN}/"));
        let proof = proof.token(&self.token);
        let proof = nonce.map_or_else(|| proof.clone(), |nonce| proof.clone().nonce(nonce));
        let mut credentials = Credentials::authorization(format!("DPoP {}", self.token));
        credentials.0.push(("dpop", proof.sign()));
        credentials
    }

    /// Begins a session of Mutual, and makes its first three requests.
    async fn begin(&self, node: &Node, answers: &mut Vec<NodeAnswer>) -> Vec<Credentials> {
        let begun = MutualLogin::of(self.user, &self.password).begin();
        let first = Credentials::authorization(begun.header());
        let answer = node.ask(Way::Mutual, self.from, &first).await;
        let challenge = answer.challenge.as_ref();
        let challenge = challenge.filter(|challenge| challenge.param("ks1").is_some());
        let turns = challenge.map(|challenge| begun.answer(challenge));
        let made = (1..=3).filter_map(|nc| Some(turns.as_ref()?.header(nc)));
        let made = made.map(Credentials::authorization).collect();
        answers.push(answer);
        made
    }
}
