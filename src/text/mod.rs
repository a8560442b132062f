//! How are digits, dates and encoded octets written? What several rooms read and write, and no header field alone.

pub(crate) mod calendar;
pub(crate) mod decimal;
pub(crate) mod hex;
pub(crate) mod percent;
pub(crate) mod unquoted;
