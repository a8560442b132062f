//! Stands for a backend whose feature is not enabled. Its key cannot exist.

use crate::jose::algorithm::SignatureAlgorithm;
use crate::jose::key_material::KeyMaterial;

pub(super) const IS_PRESENT: bool = false;

#[derive(Clone, Copy)]
pub(in crate::jose) enum PublicKey {}

impl PublicKey {
    pub(super) const fn new(_: &KeyMaterial, _: SignatureAlgorithm) -> Option<Self> {
        None
    }

    pub(super) const fn verify(&self, _: &[u8], _: &[u8]) -> bool {
        match *self {}
    }
}
