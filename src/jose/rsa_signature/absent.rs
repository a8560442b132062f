//! Stands for a backend whose feature is not enabled. Its key cannot exist.

use crate::jose::key_material::KeyMaterial;

#[derive(Clone, Copy)]
pub(super) enum Sha1Key {}

impl Sha1Key {
    pub(super) const fn new(_: &KeyMaterial) -> Option<Self> {
        None
    }

    pub(super) const fn verify(&self, _: &[u8], _: &[u8]) -> bool {
        match *self {}
    }
}
