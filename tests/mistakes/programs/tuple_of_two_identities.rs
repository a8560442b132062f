//~ the schemes of a tuple have different identities
//~ convert them to one type: `(first.map_identity(..), second.map_identity(..))`

use tower_challenge::scheme::{Basic, Bearer};
use tower_challenge::{ConfigError, RequireAuth, Secret};

fn layer() -> Result<(), ConfigError> {
    let programs = |token: Secret<'_>| token.matches("t0ken").then_some(7_u64);
    let programs = Bearer::new("files", programs)?;
    let people = Basic::new("files", [("ada", "lovelace")])?;
    let _ = RequireAuth::new((programs, people))?;
    Ok(())
}

fn main() {}
