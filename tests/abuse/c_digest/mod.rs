//! C. Digest.

mod accounts;
mod bodies;
mod counts;
mod covered;
mod names;
mod nonces;
mod offers;
mod reply;
mod sessions;
mod targets;

use tower_challenge::scheme::digest::DigestAlgorithm;

use crate::support::{Answer, Login, PASSWORD, TestRequest, TestServer, USER};

/// A stand with one Digest scheme, configured by `tune`.
pub(crate) fn tuned(
    tune: impl FnOnce(crate::support::world::WatchedDigest) -> crate::support::world::WatchedDigest,
) -> TestServer {
    TestServer::build(|world| vec![world.digest_with(tune)], |layer| layer)
}

/// A stand that offers every algorithm.
pub(crate) fn all_algorithms() -> TestServer {
    tuned(|digest| digest.algorithms(DigestAlgorithm::ALL).legacy_md5())
}

/// Returns a login for each Digest challenge, each with a nonce of its own.
pub(crate) fn logins(stand: &TestServer) -> Vec<Login> {
    let login = |i: usize| {
        let challenges = stand.challenges().into_iter();
        let mut digests = challenges.filter(|challenge| challenge.scheme().as_str() == "Digest");
        digests
            .nth(i)
            .map(|challenge| Login::to(&challenge, USER, PASSWORD))
    };
    (0..).map_while(login).collect()
}

/// Sends the request for which the login was computed.
pub(crate) fn ask(stand: &TestServer, login: &Login) -> Answer {
    stand.ask(TestRequest::new(&login.method, &login.uri).authorization(login.header()))
}
