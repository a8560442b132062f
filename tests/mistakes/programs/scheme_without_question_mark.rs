//~ is not an authentication scheme
//~ if it is a `Result`, put `?` behind the call that returned it

use tower_challenge::scheme::Basic;
use tower_challenge::{ConfigError, RequireAuth};

fn layer() -> Result<(), ConfigError> {
    let _ = RequireAuth::new(Basic::new("files", [("ada", "lovelace")]))?;
    Ok(())
}

fn main() {}
