//! Looks keys up in a store, for the scheme.

use super::key_store::HobaKeyStore;
use crate::derives::shows;
use crate::lookup::Lookup;
use crate::now_or_later::NowOrLater;
use crate::principal::Principal;
use crate::scheme::hoba::HobaKey;
use crate::unavailable::Unavailable;

/// The [`Lookup`] of the keys in a [`HobaKeyStore`], for [`Hoba::builder`](crate::scheme::Hoba::builder). The identity is a
/// [`Principal`] with the name of the account.
#[derive(Clone)]
pub struct RegisteredKeys<S>(S);

impl<S: HobaKeyStore> RegisteredKeys<S> {
    /// Looks keys up in `store`.
    pub const fn of(store: S) -> Self {
        Self(store)
    }
}

impl<S: HobaKeyStore> Lookup<str> for RegisteredKeys<S> {
    type Record = HobaKey;

    fn lookup(&self, kid: &str) -> NowOrLater<Result<Option<HobaKey>, Unavailable>> {
        self.0.find(kid).map(|found| {
            let device = found?;
            Ok(device.map(|device| {
                HobaKey::new(device.public_key, Principal::new(&device.account))
                    .with_account(&device.account)
                    .with_generation(device.generation)
            }))
        })
    }
}

shows! { impl[S] RegisteredKeys[S] as self {} }
