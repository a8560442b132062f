//! P. Policies, and attempts to bypass them.

mod preflights;
mod second;
mod strangers;
mod wrappers;
