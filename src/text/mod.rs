//! Text formats that several rooms share: decimal and hexadecimal digits, dates, percent-encoding and quoted lists.

pub(crate) mod calendar;
pub(crate) mod decimal;
pub(crate) mod hex;
pub(crate) mod percent;
pub(crate) mod unquoted;
