//! G. The responses of the layer.

mod challenges;
mod injection;
mod refusals;

use crate::support::{Kind, Schemes, TestWorld};

pub(crate) fn schemes(kinds: &[Kind]) -> impl FnOnce(&TestWorld) -> Schemes {
    let kinds = kinds.to_vec();
    move |world| kinds.iter().map(|kind| kind.build(world)).collect()
}
