//! The priority of a hashing thread on systems other than Linux: unchanged, because a niceness there belongs to the
//! whole process.

pub(super) const fn lower_priority(_: u8) {}
