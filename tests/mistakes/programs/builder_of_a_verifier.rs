//~ does not verify passwords, and is no list of accounts
//~ and call `build()` of a builder

use tower_challenge::password::{HashedAccounts, HashedPasswords};
use tower_challenge::{ConfigError, RequireAuth};

fn layer(accounts: HashedAccounts) -> Result<(), ConfigError> {
    let _ = RequireAuth::basic("files", HashedPasswords::builder(accounts))?;
    Ok(())
}

fn main() {}
