//! Puts a layer under test together with its dependencies, and sends requests to it.

use http::{Request, Response};
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower_challenge::audit::Audit as _;
use tower_challenge::header::{Challenge, WwwAuthenticate};
use tower_challenge::scheme::{BodyUnread, Scheme, ServerRole};
use tower_challenge::{Principal, RequireAuth, RequireAuthService};
use tower_layer::Layer as _;
use tower_service::Service;

use super::answer::Answer;
use super::canary::{PASSWORD, TOKEN, USER, WRONG, WRONG_TOKEN, assert_free};
use super::digest_client::Login;
use super::probe::Probe;
use super::request::{Body, TestRequest, get};
use super::run::run;
use super::sinks;
use super::world::TestWorld;

/// A scheme behind a pointer, so that a layer can hold schemes of several types.
pub type Boxed = Box<dyn Scheme<Identity = Principal, BodyAccess = BodyUnread>>;

/// The schemes of a layer, in the order in which it offers them.
pub type Schemes = Vec<Boxed>;

/// The layer under test.
pub type Layer = RequireAuth<Schemes>;

/// A test bench for a layer: the layer around a [`Probe`] as inner service, with recording dependencies (a [`TestWorld`]).
///
/// A test makes a stand, sends requests with [`ask`](Self::ask), and makes assertions about the [`Answer`].
#[derive(Debug)]
pub struct TestServer {
    /// The dependencies of the layer.
    pub world: TestWorld,
    /// The inner service.
    pub probe: Probe,
    /// Whether the layer is an origin server or a proxy.
    pub role: ServerRole,
    service: RequireAuthService<Probe, Schemes>,
}

impl TestServer {
    /// Makes an origin server that offers `kinds`, with an audit and a throttle, and the defaults otherwise.
    #[must_use]
    pub fn of(kinds: &[Kind]) -> Self {
        Self::tuned(kinds, |layer| layer)
    }

    /// Makes the same server, and changes the layer with `tune`.
    pub fn tuned(kinds: &[Kind], tune: impl FnOnce(Layer) -> Layer) -> Self {
        let build = |world: &TestWorld| kinds.iter().map(|kind| kind.build(world)).collect();
        Self::build(build, tune)
    }

    /// Makes a server with the schemes that `schemes` returns.
    pub fn build(
        schemes: impl FnOnce(&TestWorld) -> Schemes,
        tune: impl FnOnce(Layer) -> Layer,
    ) -> Self {
        Self::over(Probe::new(), schemes, tune)
    }

    /// Makes a server with the schemes that `schemes` returns, around `probe`.
    pub fn over(
        probe: Probe,
        schemes: impl FnOnce(&TestWorld) -> Schemes,
        tune: impl FnOnce(Layer) -> Layer,
    ) -> Self {
        let world = TestWorld::new();
        let layer = RequireAuth::new(schemes(&world)).unwrap();
        let layer = layer.audit(world.ear.clone().and(sinks::all()));
        let layer = layer.clock(world.clock.clone());
        let layer = tune(layer.throttle(world.tally.clone()));
        Self {
            service: layer.layer(probe.clone()),
            role: ServerRole::Origin,
            world,
            probe,
        }
    }

    /// Makes a proxy that offers `kinds`, and changes the layer with `tune`.
    pub fn proxy(kinds: &[Kind], tune: impl FnOnce(Layer) -> Layer) -> Self {
        let mut stand = Self::tuned(kinds, |layer| tune(layer.proxy()));
        stand.role = ServerRole::Proxy;
        stand
    }

    /// Makes 60 stands: every order of every set of schemes, as an origin server and as a proxy, with authentication
    /// required and optional. Returns each with its schemes.
    #[must_use]
    pub fn every() -> Vec<(Vec<Kind>, Self)> {
        let four = |kinds: Vec<Kind>| {
            let stands = [
                Self::of(&kinds),
                Self::tuned(&kinds, Layer::optional),
                Self::proxy(&kinds, |layer| layer),
                Self::proxy(&kinds, Layer::optional),
            ];
            stands.map(|stand| (kinds.clone(), stand))
        };
        Kind::orders().into_iter().flat_map(four).collect()
    }

    /// Returns the service, for tests that call it themselves.
    pub fn service(&self) -> RequireAuthService<Probe, Schemes> {
        self.service.clone()
    }

    /// Sends a request, and asserts the rules that hold for every answer. If the stand is a proxy, the credentials are
    /// moved to `Proxy-Authorization`.
    pub fn ask(&self, ask: TestRequest) -> Answer {
        let ask = match self.role {
            ServerRole::Origin => ask,
            ServerRole::Proxy => ask.to_proxy(),
        };
        self.send(ask.into_request())
    }

    /// Sends exactly this request, and asserts the rules that hold for every answer.
    pub fn send(&self, request: Request<Body>) -> Answer {
        self.forget();
        let shown = format!(
            "{} {} {:?}",
            request.method(),
            request.uri(),
            request.headers()
        );
        let mut service = self.service();
        let Ok(ready) = run(ServiceExt::<Request<Body>>::ready(&mut service));
        let future = ready.call(request);
        assert_free("the future", format!("{future:?}").as_bytes());
        let Ok(response) = run(future);
        let answer = self.collect(shown, response);
        assert_free("the service", format!("{:?}", self.service).as_bytes());
        answer.check();
        answer
    }

    /// Clears all records, so that the next answer shows only its own request.
    fn forget(&self) {
        let _ = (self.probe.take(), self.world.ear.take());
        let _ = (self.world.take_asked(), self.world.tally.take_reserved());
        let _ = (self.world.tally.take_settled(), sinks::take());
    }

    fn collect(&self, asked: String, response: Response<Body>) -> Answer {
        let (head, body) = response.into_parts();
        let Ok(body) = run(body.collect());
        Answer {
            asked,
            role: self.role,
            status: head.status,
            headers: head.headers,
            body: body.to_bytes(),
            seen: self.probe.take(),
            heard: self.world.ear.take(),
            written: sinks::take().decisions(),
            verified: self.world.take_asked(),
            reserved: self.world.tally.take_reserved(),
            settled: self.world.tally.take_settled(),
            claims: self.world.store.claims(),
        }
    }

    /// Returns the challenges that a client with credentials of an unknown scheme gets.
    #[must_use]
    pub fn challenges(&self) -> Vec<Challenge> {
        let answer = self.ask(get("/").authorization("Unheard-Of"));
        answer.challenges()
    }

    /// Returns the first challenge of a scheme. A Digest challenge has a new nonce.
    #[must_use]
    pub fn challenge(&self, kind: Kind) -> Challenge {
        let challenges = self.challenges().into_iter();
        let mut challenges =
            challenges.filter(|challenge| challenge.scheme().as_str() == kind.name());
        challenges.next().unwrap()
    }

    /// Returns a Digest login of [`USER`] with a new nonce.
    #[must_use]
    pub fn login(&self) -> Login {
        Login::to(&self.challenge(Kind::Digest), USER, PASSWORD)
    }
}

/// The kinds of schemes that a stand can offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants have the names of their schemes")]
pub enum Kind {
    Digest,
    Bearer,
    Basic,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Digest, Self::Bearer, Self::Basic];

    /// Returns every order of every set of kinds that is not empty.
    #[must_use]
    pub fn orders() -> Vec<Vec<Self>> {
        let mut orders = Vec::new();
        for first in Self::ALL {
            orders.push(vec![first]);
            for second in Self::ALL.into_iter().filter(|kind| *kind != first) {
                orders.push(vec![first, second]);
                let third = Self::ALL.into_iter();
                let third = third.filter(|kind| ![first, second].contains(kind));
                orders.extend(third.map(|third| vec![first, second, third]));
            }
        }
        orders
    }

    /// Returns the name of the scheme.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Digest => "Digest",
            Self::Bearer => "Bearer",
            Self::Basic => "Basic",
        }
    }

    /// Makes the scheme, with the accounts of `world`.
    #[must_use]
    pub fn build(self, world: &TestWorld) -> Boxed {
        match self {
            Self::Digest => world.digest(),
            Self::Bearer => world.bearer(),
            Self::Basic => world.basic(),
        }
    }

    /// Returns right credentials of [`USER`] for `ask`.
    #[must_use]
    pub fn good(self, stand: &TestServer, ask: &TestRequest) -> String {
        self.credentials(stand, ask, PASSWORD, TOKEN)
    }

    /// Returns credentials for `ask` that are well-formed, and have a wrong password or token.
    #[must_use]
    pub fn wrong(self, stand: &TestServer, ask: &TestRequest) -> String {
        self.credentials(stand, ask, WRONG, WRONG_TOKEN)
    }

    fn credentials(
        self,
        stand: &TestServer,
        ask: &TestRequest,
        password: &str,
        token: &str,
    ) -> String {
        let request = ask.request();
        let (method, uri) = (request.method().as_str(), request.uri().to_string());
        match self {
            Self::Basic => super::request::basic(format!("{USER}:{password}")),
            Self::Bearer => format!("Bearer {token}"),
            Self::Digest => {
                let login = Login::to(&stand.challenge(self), USER, password);
                login.request(method, &uri).header()
            }
        }
    }
}

/// Parses the challenges in `lines`.
pub(super) fn parse<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Vec<Challenge> {
    WwwAuthenticate::parse(lines)
        .unwrap()
        .iter()
        .cloned()
        .collect()
}
