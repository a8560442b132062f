//~ the schemes of a tuple have different identities
//~ `(first.map_identity(..), second.map_identity(..))`, see `SchemeExt::map_identity`

use tower_challenge::scheme::{Basic, Bearer};
use tower_challenge::{ConfigError, RequireAuth, Secret};

#[derive(Clone)]
struct Machine;

fn layer() -> Result<(), ConfigError> {
    let people = Basic::new("files", [("ada", "lovelace")])?;
    let machines = Bearer::new("files", |_: Secret<'_>| Some(Machine))?;
    let _ = RequireAuth::new((people, machines))?;
    Ok(())
}

fn main() {}
