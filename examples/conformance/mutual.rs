//! Makes the routes for Mutual.

use axum::routing::get;
use tower_challenge::ConfigError;
use tower_challenge::password::HashingPool;
use tower_challenge::scheme::Mutual;
use tower_challenge::scheme::mutual::{HostValidation, MutualAlgorithm, MutualSpace};

use crate::accounts::{self, REALM};
use crate::index::{Index, Try};
use crate::schemes::members;

const LIST: Try = Try {
    curl: "curl -i URL",
    answer: "200: the algorithms",
};
const BEGINNING: Try = Try {
    curl: "curl -i URL",
    answer: "401: the challenge, with `reason=initial`; then the keys of both sides, and 200: hello mufasa",
};

/// Adds a route for each algorithm, and a route that lists them.
pub(crate) fn routes(index: &mut Index, origin: &str) -> Result<(), ConfigError> {
    let host = HostValidation::host(origin)?;
    let pool = HashingPool::new()?;
    for algorithm in MutualAlgorithm::ALL {
        let space = MutualSpace::new(algorithm, origin, REALM)?;
        let accounts = accounts::mutual_secrets(space.clone());
        let mutual = Mutual::builder(&space, host.clone(), accounts).pool(pool.clone());
        let what = format!("Mutual with {algorithm}, for the auth-scope {origin}");
        let path = format!("/mutual/{algorithm}");
        index.guard(&path, &what, BEGINNING, &members(mutual.build()?)?);
    }
    let all = MutualAlgorithm::ALL.map(MutualAlgorithm::name).join("\n") + "\n";
    let what = "a list of the routes `/mutual/ALGORITHM`";
    index.add_exact("/mutual", what, LIST, get(async || all));
    Ok(())
}
