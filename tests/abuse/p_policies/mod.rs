//! P. Policies and ways past them.

mod preflights;
mod second;
mod strangers;
mod wrappers;
