//! Which passwords are kept as slow hashes, and how are they verified?

mod account;
mod accounts;
mod builder;
mod looked_up;
mod store;
mod verifier;

pub use self::account::HashedAccount;
pub use self::accounts::HashedAccounts;
pub use self::builder::HashedBuilder;
pub use self::looked_up::{LookedUp, looked_up};
pub use self::store::HashStore;
pub use self::verifier::Hashed;
