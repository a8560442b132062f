//! The parts of the instruction bench.

pub(crate) mod cases;
pub(crate) mod contender;
pub(crate) mod floors;
pub(crate) mod inner;
pub(crate) mod issuer;
pub(crate) mod measures;
pub(crate) mod peers;
pub(crate) mod requests;
pub(crate) mod schemes;
pub(crate) mod table;
