//! Accounts whose passwords are stored as slow hashes, and the verifier for them.

mod account;
mod accounts;
mod builder;
mod from_lookup;
mod into_verifier;
mod store;
mod verifier;

pub use self::account::HashedAccount;
pub use self::accounts::HashedAccounts;
pub use self::builder::HashedPasswordsBuilder;
pub use self::from_lookup::{LookupStore, from_lookup};
pub use self::store::HashStore;
pub use self::verifier::HashedPasswords;
