//~ the schemes of a tuple differ in what they read of a request
//~ wrap the schemes that do not: `(signed, BesideSignedBody(other))`

use tower_challenge::scheme::{Basic, BoxScheme, SignedBody};
use tower_challenge::{ConfigError, Principal, RequireAuth};

fn layer(signed: BoxScheme<Principal, SignedBody>) -> Result<(), ConfigError> {
    let people = Basic::new("files", [("ada", "lovelace")])?;
    let _ = RequireAuth::new((signed, people))?;
    Ok(())
}

fn main() {}
